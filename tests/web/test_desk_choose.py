"""Choose: what there is beside what is in the issue, over HTTP, as a browser without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from publisher.store.tables import AuditRow
from publisher.web.desk.choose import View
from tests.web.choosing import (
    HOSTILE,
    NOW,
    SECTIONS,
    STORIES,
    acts,
    form_of,
    gives,
    item,
    open_choosing,
    order_of,
)
from tests.web.desks import KIM, LEE, Desk, words_of

CHOOSE = "/desk/issues/2/choose"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_choosing(tmp_path / "publication") as desk:
        yield desk.enters(KIM)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk at which nothing is done."""
    with open_choosing(tmp_path_factory.mktemp("seen") / "publication") as desk:
        yield desk.enters(KIM)


def left(desk: Desk, query: str = "") -> list[str]:
    """The headlines of the candidates."""
    page = desk.get(f"{CHOOSE}{query}").text
    part = page[page.index('id="candidates"') : page.index('id="issue"')]
    return [words_of(found) for found in re.findall(r'<p class="headline">(.*?)</p>', part, re.DOTALL)]


def headlines(desk: Desk) -> list[str]:
    return [pick["headline"] for pick in desk.room.issue(2)["picks"]]


# --- what is seen


def test_candidates_come_as_they_were_ranked_and_say_why_they_are_not_in(seen: Desk) -> None:
    told = seen.sees(CHOOSE)
    assert "Ranked 8th" not in told  # the first letter is made large by the style sheet
    assert "ranked 8th; the issue holds 6" in told
    assert "2 items of bakery already chosen" in told
    found = left(seen)
    assert set(found).isdisjoint(headlines(seen))
    ranks = [int(rank) for rank in re.findall(r"ranked (\d+)", told)]
    assert len(ranks) > 4
    assert ranks == sorted(ranks)


def test_who_tells_the_same_story_is_folded_under_its_lead(seen: Desk) -> None:
    page = seen.get(CHOOSE).text
    folded = re.search(r'<details class="others">.*?</details>', page, re.DOTALL)
    assert folded
    assert "1 other tells it too" in folded[0]
    assert STORIES["harbour"][0] in folded[0]
    assert STORIES["harbour"][0] not in left(seen)


def test_what_was_used_says_in_which_issue_and_is_not_offered(seen: Desk) -> None:
    page = seen.get(f"{CHOOSE}?back=14&show=used").text
    assert page.count("Used in No. 1") == 6
    assert "Used in No. 1" not in seen.get(f"{CHOOSE}?back=14&show=new").text
    assert 'value="add:' not in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?source=harbour", lambda found: set(found) == {STORIES["harbour"][0], *STORIES["harbour"][2:]}),
        ("?q=OVENS", lambda found: found == []),  # it is in the issue
        ("?q=pier", lambda found: found == [STORIES["harbour"][2]]),
        ("?q=council+harbour+sound", lambda found: found == [STORIES["harbour"][2]]),
        ("?q=심야버스", lambda found: found == [STORIES["hanguk"][1]]),
        ("?in=ko", lambda found: set(found) == set(STORIES["hanguk"][1:])),
        ("?pic=1", lambda found: set(found) == set(STORIES["bakery"][2:])),
        ("?q=100%25", lambda found: found == []),
        ("?q=_", lambda found: found == []),
        ("?source=nothing", lambda found: found == []),
        ("?page=9", lambda found: found == []),
        ("?page=x&show=everything&back=7&in=fr", lambda found: len(found) > 8),  # as if nothing was asked
    ],
)
def test_candidates_are_searched_and_filtered(seen: Desk, query: str, expected: object) -> None:
    assert callable(expected)
    found = [headline for headline in left(seen, query) if not headline.endswith("(1)")]
    assert expected(found), found


def test_what_came_after_the_draft_was_made_is_there_too(desk: Desk) -> None:
    gives(desk.room, "robots", [item("robots", "A robot folds its own boxes", NOW)], NOW)
    assert "A robot folds its own boxes" in left(desk)


def test_a_long_list_is_paged(desk: Desk) -> None:
    many = [item("robots", f"Robot {number} is counted", NOW - timedelta(minutes=number)) for number in range(90)]
    gives(desk.room, "robots", many, NOW)
    first, second = left(desk), left(desk, "?page=2")
    assert (len(first), len(second)) == (40, 40)
    assert not set(first) & set(second)
    assert 'rel="next"' in desk.get(CHOOSE).text


def test_a_picture_is_shown_only_where_it_is_ours(seen: Desk) -> None:
    page = seen.get(CHOOSE).text
    assert len(re.findall(r'<img class="thumb" src="/pictures/[0-9a-f]{64}\.(?:png|jpg)"', page)) == 4
    assert "https://bakery.example.org" not in "".join(re.findall(r"<img [^>]*>", page))


def test_hostile_words_are_text(desk: Desk) -> None:
    gives(desk.room, "robots", [item("robots", HOSTILE, NOW)], NOW)
    page = desk.get(f"{CHOOSE}?q=%22%3E%3Cscript%3E").text
    assert "<script>alert" not in page
    page = desk.get(CHOOSE).text
    assert "&lt;img src=x onerror=" in page
    assert "<img src=x" not in page
    added = re.search(r'value="(add:\d+)"[^>]*aria-label="Add: &lt;img', page)
    assert added
    assert acts(desk, added[1]).status_code == 303
    page = desk.get(CHOOSE).text
    assert "<img src=x" not in page
    assert "<script>alert" not in page


def test_an_issue_that_has_left_has_nothing_to_choose(seen: Desk) -> None:
    answer = seen.get("/desk/issues/1/choose", allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/issues/1")
    assert seen.get("/desk/issues/99/choose").status_code == 404


# --- what is done


def test_moving_dropping_and_adding_are_each_one_press(desk: Desk) -> None:
    first, second, *others = order_of(desk)
    answer = acts(desk, f"down:{first}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{CHOOSE}?at=pick-{first}#pick-{first}")
    assert order_of(desk) == [second, first, *others]
    acts(desk, f"top:{others[-1]}")
    assert order_of(desk) == [others[-1], second, first, *others[:-1]]
    acts(desk, f"move:{first}:1")
    assert order_of(desk)[0] == first
    answer = acts(desk, f"drop:{first}")
    assert answer.headers["location"].endswith(f"#pick-{others[-1]}")
    assert first not in order_of(desk)
    acts(desk, f"add:{first}")
    assert order_of(desk)[-1] == first


def test_what_is_put_back_has_its_edited_words_and_its_heading(desk: Desk) -> None:
    dropped = order_of(desk)[2]
    word = f"word.pick:{dropped}:headline"
    desk.post("/desk/issues/2/edits", data={word: "An oven for sleepers"})
    acts(desk, f"section:{dropped}", **{f"section.{dropped}": "Work"})
    acts(desk, f"drop:{dropped}")
    assert "An oven for sleepers" not in headlines(desk)
    page = desk.get(CHOOSE).text
    gone = page[page.index('class="gone"') :]
    assert "1 was dropped" in gone
    assert "An oven for sleepers" in gone
    assert KIM in gone
    acts(desk, f"add:{dropped}")
    assert "An oven for sleepers" in headlines(desk)
    assert "<h3>Work</h3>" in desk.get(CHOOSE).text


def test_swapping_says_before_what_it_brings_in_and_never_goes_back_and_forth(desk: Desk) -> None:
    seen: set[int] = set()
    for _ in range(3):
        first = order_of(desk)[0]
        page = desk.get(CHOOSE).text
        swap = re.search(rf'value="swap:{first}:(\d+)"[^>]*title="Brings in: ([^"]+)"', page)
        assert swap
        assert acts(desk, f"swap:{first}:{swap[1]}").headers["location"].endswith(f"#pick-{swap[1]}")
        assert headlines(desk)[0] == swap[2]
        assert int(swap[1]) not in seen
        seen |= {first, int(swap[1])}


def test_who_tells_a_story_can_be_changed(desk: Desk) -> None:
    page = desk.get(CHOOSE).text
    other = re.search(r'value="(swap:\d+:\d+)">Take this one', page)
    assert other
    was, becomes = map(int, other[1].split(":")[1:])
    place = order_of(desk).index(was)
    acts(desk, other[1])
    assert order_of(desk)[place] == becomes


def test_headings_are_chosen_from_those_of_the_publication(desk: Desk) -> None:
    page = desk.get(CHOOSE).text
    for number, name in enumerate(SECTIONS, start=1):
        assert f">{number} {name}</option>" in page
    first, second, third = order_of(desk)[:3]
    acts(desk, f"section:{first}", **{f"section.{first}": "Work"})
    acts(desk, f"section:{third}", **{f"section.{third}": "Work"})
    assert order_of(desk)[:3] == [first, third, second]
    page = desk.get(CHOOSE).text
    assert re.search(r"<h3>Work</h3>.*<h3>Without a heading</h3>", page, re.DOTALL)


def test_where_somebody_was_looking_is_kept(desk: Desk) -> None:
    first = order_of(desk)[0]
    answer = acts(desk, f"down:{first}", f"{CHOOSE}?q=robot&back=30&lang=ko")
    assert answer.headers["location"] == f"{CHOOSE}?q=robot&back=30&at=pick-{first}#pick-{first}"


def test_dropping_the_last_leaves_a_page_that_says_what_to_do(desk: Desk) -> None:
    for one in order_of(desk):
        acts(desk, f"drop:{one}")
    assert "Nothing is in it yet" in desk.sees(CHOOSE)
    assert desk.room.issue(2)["state"] == "held"


# --- two at once, and what is wrong


def test_two_people_never_overwrite_each_other(desk: Desk) -> None:
    lee = desk.enters(LEE)
    first, second, third = order_of(desk)[:3]
    seen = form_of(lee)
    acts(desk, f"drop:{second}")
    answer = lee.post("/desk/issues/2/orders", data=seen | {"act": f"top:{third}"})
    assert answer.status_code == 409
    said = words_of(answer.text)
    assert "Somebody changed the order before you" in said
    assert f"{KIM} changed it at 10:00" in said
    assert "Gone: A forecast decides how much bread is baked" in said
    assert order_of(desk)[:2] == [first, third]  # as kim left it
    now = dict(re.findall(r'<input type="hidden" name="([\w.]+)" value="([^"]*)">', answer.text))
    assert (
        lee.post("/desk/issues/2/orders", data=now | {"act": f"top:{third}"}, allow_redirects=False).status_code == 303
    )
    assert order_of(desk)[0] == third


@pytest.mark.parametrize(
    ("act", "says"),
    [
        ("drop:999", "item 999 is not in the issue any more"),
        ("add:999999", "here is no item 999999"),
        ("swap:{first}:x", "names no item"),
        ("add:{first}", "is in the issue already"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(desk: Desk, act: str, says: str) -> None:
    before = order_of(desk)
    answer = acts(desk, act.format(first=before[0]))
    assert answer.status_code == 409
    assert says in words_of(answer.text)
    assert order_of(desk) == before


@pytest.mark.parametrize(
    "data", [{}, {"act": "burn:1"}, {"act": "drop:1", "order": "1 1"}, {"act": "drop:1", "order": "x"}]
)
def test_a_form_that_makes_no_sense_changes_nothing(desk: Desk, data: dict[str, str]) -> None:
    before = order_of(desk)
    assert desk.post("/desk/issues/2/orders", data=data, allow_redirects=False).status_code in (303, 409)
    assert order_of(desk) == before


def test_who_may_only_look_sees_no_buttons(desk: Desk) -> None:
    answer = desk.enters(LEE).get(CHOOSE, params={"lang": "ko"})
    assert "후보" in answer.text
    assert 'name="act" value="drop:' in answer.text
    desk.browser.cookies.clear()
    assert desk.get(CHOOSE).status_code == 401


def test_the_trail_tells_of_an_act(desk: Desk) -> None:
    acts(desk, f"drop:{order_of(desk)[0]}")
    with desk.room.database.read() as session:
        told = [(row.by, row.action, row.issue_number) for row in session.exec(select(AuditRow))]
    assert (KIM, "edited", 2) in told


@given(
    st.dictionaries(st.sampled_from(["q", "source", "in", "show", "pic", "back", "page", "at"]), st.text(max_size=30))
)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_a_view_is_read_from_any_query_and_comes_back_the_same(query: dict[str, str]) -> None:
    from urllib.parse import parse_qsl

    view = View.of(query)
    assert View.of(dict(parse_qsl(view.query()))) == view
