"""Add what no source gave: by its address, by hand, or a whole column; looked at first, and nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from publisher.config.settings import Fetching
from publisher.errors import FetchError
from publisher.fetch import Fetcher
from publisher.stages import add, edit
from publisher.store.tables import AuditRow, ItemRow
from tests.newsroom import THURSDAY
from tests.pictures import makers
from tests.served import Served, serving
from tests.web.choosing import HOSTILE, open_choosing, order_of
from tests.web.desks import KIM, LEE, Desk, words_of

ISSUE = "/desk/issues/2"
FETCH = {"private_addresses": True, "spacing": timedelta(0), "retries": 0, "timeout": timedelta(seconds=3)}
TEXT = "<p>The harbour of Inland has counted its ships since 1907, and it still does so by hand every morning.</p>" * 4
PAGE = f"""<!doctype html><html lang="en"><head><title>Ships are counted</title>
<meta property="og:image" content="{{picture}}"><meta property="article:published_time" content="2026-06-03T08:00:00Z">
</head><body><article><h1>Ships are counted by hand</h1>{TEXT}</article></body></html>"""
COLUMN = """# Small things that count

By Kim Jiwoo

## Ships are counted by hand

The harbour has counted its ships since 1907. Nobody knows why it began, and nobody wants to stop it.

## Bread is baked by forecast

A bakery asks the weather office how much bread it should bake. It has thrown away less since then.
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_choosing(tmp_path / "publication") as desk:
        yield desk.enters(KIM)


@pytest.fixture
def reaching(desk: Desk) -> Desk:
    """A desk whose machine may ask its own network."""
    may_ask(desk)
    return desk


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as server:
        picture = server.give("/ships.jpg", makers.photograph(800, 600))
        server.give("/ships", PAGE.replace("{picture}", picture).encode(), Content_Type="text/html; charset=utf-8")
        yield server


def may_ask(desk: Desk, **more: Any) -> None:
    publication = desk.room.publication
    publication.__dict__["fetcher"] = Fetcher(Fetching(**FETCH | more), publication.settings.root)


def filled(page: str) -> dict[str, str]:
    """The form on the page, as it would be sent."""
    form = page[page.index('<form class="adding"') :].partition("</form>")[0]
    found = dict(re.findall(r'<input type="(?:hidden|text|url)"[^>]*? name="([\w.]+)" value="([^"]*)"', form))
    found |= dict(re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL))
    found |= dict(re.findall(r'<input type="radio" name="(\w+)" id="[\w-]+" value="([\w-]+)" checked', form))
    return {name: unescape(value) for name, value in found.items()}


def last(desk: Desk) -> dict[str, Any]:
    pick: dict[str, Any] = desk.room.issue(2)["picks"][-1]
    return pick


def count(desk: Desk) -> int:
    with desk.room.database.read() as session:
        return len(session.exec(select(ItemRow.id)).all())


# --- by its address


def test_a_page_is_looked_at_first_and_added_by_one_more_press(reaching: Desk, served: Served) -> None:
    before = count(reaching)
    looked = reaching.post(f"{ISSUE}/add/looks", data={"url": served.url("/ships")})
    assert looked.status_code == 200
    assert "Ships are counted by hand" in looked.text
    assert re.search(r'<img class="found-picture" src="/pictures/[0-9a-f]{64}\.jpg"', looked.text)
    assert count(reaching) == before
    form = filled(looked.text)
    assert form["rights"] == "excerpt"
    answer = reaching.post(f"{ISSUE}/items", data=form, allow_redirects=False)
    item = last(reaching)["item"]
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ISSUE}/choose?at=pick-{item}#pick-{item}")
    pick = last(reaching)
    assert pick["headline"] == "Ships are counted by hand"
    assert pick["attribution"] == "127.0.0.1"
    assert pick["picture"] is None  # of an excerpt no picture may be shown
    assert 0 < len(pick["body"]) < 300
    with reaching.room.database.read() as session:
        row = session.get_one(ItemRow, item)
        assert (row.published_at or THURSDAY).isoformat() == "2026-06-03T08:00:00+00:00"
        told = [(one.by, one.detail) for one in session.exec(select(AuditRow).where(AuditRow.action == "item-added"))]
    assert told == [(KIM, f"item {item}")]


def test_what_is_ours_comes_whole_with_its_picture(reaching: Desk, served: Served) -> None:
    form = filled(reaching.post(f"{ISSUE}/add/looks", data={"url": served.url("/ships")}).text)
    reaching.post(f"{ISSUE}/items", data=form | {"rights": "own", "headline": "Ships, counted"})
    pick = last(reaching)
    assert pick["headline"] == "Ships, counted"
    assert pick["picture"]["url"] == served.url("/ships.jpg")
    assert pick["body"].count("1907") == 4


def test_the_same_page_twice_is_one_item(reaching: Desk, served: Served) -> None:
    form = filled(reaching.post(f"{ISSUE}/add/looks", data={"url": served.url("/ships")}).text)
    for _ in range(2):
        reaching.post(f"{ISSUE}/items", data=form)
    order = order_of(reaching)
    assert len(order) == len(set(order)) == 7


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:9/secret", "private"),
        ("http://[::1]/", ""),
        ("http://localhost:5432/", ""),
        ("http://169.254.169.254/latest/meta-data", ""),
        ("file:///etc/passwd", "no address of a web page"),
        ("javascript:alert(1)", "no address of a web page"),
        ("ships", "no address of a web page"),
        ("", "no address of a web page"),
    ],
)
def test_what_may_not_be_asked_is_refused_and_the_address_stays(desk: Desk, url: str, says: str) -> None:
    before = count(desk)
    answer = desk.post(f"{ISSUE}/add/looks", data={"url": url})
    assert answer.status_code == 422
    assert filled(answer.text)["url"] == url
    error = re.search(r'<p class="error" id="url-wrong">(.*?)</p>', answer.text)
    assert error
    assert error[1]
    assert says in error[1] or "address" in error[1]
    assert "root:" not in answer.text
    assert count(desk) == before


def test_a_page_that_has_nothing_to_read_says_what_is_there_instead(reaching: Desk, served: Served) -> None:
    served.give("/feed", b"<rss version='2.0'><channel><title>x</title></channel></rss>", Content_Type="text/xml")
    answer = reaching.post(f"{ISSUE}/add/looks", data={"url": served.url("/feed")})
    assert answer.status_code == 422
    assert "is a feed, not a page" in words_of(answer.text)
    answer = reaching.post(f"{ISSUE}/add/looks?lang=ko", data={"url": served.url("/feed")})
    assert "페이지가 아니라 피드입니다" in words_of(answer.text)
    assert "answered 404" in words_of(reaching.post(f"{ISSUE}/add/looks", data={"url": served.url("/none")}).text)


def test_an_editor_does_not_wait_longer_than_an_editor_waits(served: Served, tmp_path: Path) -> None:
    fetcher = Fetcher(Fetching(private_addresses=True, spacing=timedelta(hours=1)), tmp_path)
    look = partial(add.look, fetcher, zone=ZoneInfo("Asia/Seoul"), language="en", now=THURSDAY)
    look(served.url("/ships"), patience=timedelta(seconds=5))
    with pytest.raises(FetchError, match="gave no answer in 1 s"):
        look(served.url("/ships"), patience=timedelta(seconds=1))


# --- by hand


def test_what_is_written_by_hand_is_in_the_issue(desk: Desk) -> None:
    words = {"how": "hand", "rights": "own", "headline": "Our own news", "body": "It **is** ours.", "byline": "Kim"}
    answer = desk.post(f"{ISSUE}/items", data=words, allow_redirects=False)
    assert answer.status_code == 303
    pick = last(desk)
    assert (pick["headline"], pick["body"], pick["url"]) == ("Our own news", "It **is** ours.", "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"headline": " "}, "an item needs a headline"),
        ({"headline": "x" * 501}, "it has 501 characters, and may have 500"),
        ({"body": "y" * 50_001}, "it has 50,001 characters, and may have 50,000"),
        ({"url": "javascript:alert(1)"}, "it is no address of a web page"),
        ({"picture": "data:image/png;base64,AAAA"}, "it is no address of a web page"),
        ({"picture": "https://pictures.example.org/1.png"}, "a picture needs words"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    desk: Desk, words: dict[str, str], says: str
) -> None:
    typed = {"how": "hand", "rights": "own", "headline": "Typed with care", "body": "한 줄도 잃지 않는다."} | words
    before = count(desk)
    answer = desk.post(f"{ISSUE}/items", data=typed)
    assert answer.status_code == 422
    assert says in words_of(answer.text)
    kept = filled(answer.text)
    assert {name: kept[name] for name in typed} == typed
    assert count(desk) == before


def test_hostile_words_are_text(desk: Desk) -> None:
    typed = {"how": "hand", "headline": HOSTILE, "body": HOSTILE, "url": "https://example.org/\"onload='x'"}
    answer = desk.post(f"{ISSUE}/items", data=typed | {"picture": "x"})
    assert answer.status_code == 422
    assert filled(answer.text)["headline"] == HOSTILE
    assert "<script>alert" not in answer.text
    desk.post(f"{ISSUE}/items", data=typed)
    for path in (f"{ISSUE}/choose", f"{ISSUE}/add"):
        assert "<script>alert" not in desk.get(path).text
    assert "{{ secret }}" in unescape(desk.get(f"{ISSUE}/choose").text)


def test_an_item_goes_to_the_end_of_an_order_that_somebody_else_changed(desk: Desk) -> None:
    lee = desk.enters(LEE)
    lee.get(f"{ISSUE}/add/by-hand")
    first, *others = order_of(desk)
    desk.post(f"{ISSUE}/orders", data={"act": f"drop:{first}", "order": " ".join(map(str, [first, *others]))})
    lee.post(f"{ISSUE}/items", data={"how": "hand", "headline": "Behind all"})
    assert order_of(desk)[:-1] == others


def test_nothing_is_added_to_an_issue_that_has_left(desk: Desk) -> None:
    before = count(desk)
    answer = desk.post("/desk/issues/1/items", data={"how": "hand", "headline": "Too late"}, allow_redirects=False)
    assert answer.status_code == 303
    assert count(desk) == before


def test_a_publication_without_a_source_for_it_says_what_to_add(desk: Desk) -> None:
    config = desk.room.publication.settings
    object.__setattr__(config, "sources", tuple(one for one in config.sources if one.kind != "editor"))
    page = desk.get(f"{ISSUE}/add/by-hand").text
    assert 'no source of kind "editor" in config.toml' in words_of(page)
    assert re.search(r'<button class="button" type="submit" disabled>', page)
    answer = desk.post(f"{ISSUE}/items", data={"how": "hand", "headline": "Kept"})
    assert answer.status_code == 409
    assert filled(answer.text)["headline"] == "Kept"


# --- a whole column


def test_a_column_shows_what_it_becomes_and_replaces_the_issue_by_one_press(desk: Desk) -> None:
    before = count(desk), order_of(desk)
    answer = desk.post(f"{ISSUE}/columns/looks", data={"text": COLUMN})
    said = words_of(answer.text)
    assert "This becomes 2 items" in said
    assert "Small things that count" in said
    assert (count(desk), order_of(desk)) == before
    mark = re.search(r'name="was.order" value="(\w+)"', answer.text)
    assert mark
    press = {"text": COLUMN, "was.order": mark[1], "mode": "replace"}
    assert desk.post(f"{ISSUE}/columns", data=press, allow_redirects=False).status_code == 303
    issue = desk.room.issue(2)
    assert (issue["title"], issue["subject"]) == ("Small things that count", "Small things that count")
    assert [pick["headline"] for pick in issue["picks"]] == ["Ships are counted by hand", "Bread is baked by forecast"]
    assert issue["picks"][1]["body"].endswith("less since then.")
    assert "6 were dropped" in desk.sees(f"{ISSUE}/choose")
    publication = desk.room.publication
    made = edit.Means(publication.renderer, publication.rule, publication.settings.sources, 3)
    edit.restore(desk.room.database, 2, 0, made, by=KIM, now=desk.now)
    assert order_of(desk) == before[1]


def test_a_column_is_put_behind_what_is_there(desk: Desk) -> None:
    before, title = order_of(desk), desk.room.issue(2)["title"]
    desk.post(f"{ISSUE}/columns", data={"text": COLUMN, "mode": "append"})
    assert order_of(desk)[:-2] == before
    assert desk.room.issue(2)["title"] == title


def test_a_column_as_html_has_its_pictures(desk: Desk) -> None:
    html = (
        COLUMN.replace("# Small", "<h1>Small").replace("count\n\nBy", "count</h1><p>By").replace("Jiwoo", "Jiwoo</p>")
    )
    html = re.sub(r"^## (.*)$", r"<h2>\1</h2>", html, flags=re.MULTILINE)
    html = re.sub(r"^(The|A) (.*)$", r"<p>\1 \2</p>", html, flags=re.MULTILINE)
    answer = desk.post(f"{ISSUE}/columns/looks", data={"text": f"<article>{html}</article>"})
    assert "This becomes 2 items" in words_of(answer.text)


def test_text_that_is_no_column_stays_in_the_form_with_the_reason(desk: Desk) -> None:
    text = "Only a line, and nothing below it."
    answer = desk.post(f"{ISSUE}/columns/looks", data={"text": text})
    assert answer.status_code == 422
    assert "This is not read as a column" in words_of(answer.text)
    assert filled(answer.text)["text"] == text
    answer = desk.post(f"{ISSUE}/columns", data={"text": text, "mode": "replace"})
    assert answer.status_code in (409, 422)
    assert len(order_of(desk)) == 6


def test_a_column_never_overwrites_an_order_that_was_not_seen(desk: Desk) -> None:
    looked = desk.post(f"{ISSUE}/columns/looks", data={"text": COLUMN})
    mark = re.search(r'name="was.order" value="(\w+)"', looked.text)
    assert mark
    lee, order = desk.enters(LEE), order_of(desk)
    lee.post(f"{ISSUE}/orders", data={"act": f"drop:{order[0]}", "order": " ".join(map(str, order))})
    press = {"text": COLUMN, "was.order": mark[1], "mode": "replace"}
    answer = desk.post(f"{ISSUE}/columns", data=press)
    assert answer.status_code == 409
    assert f"{LEE} changed it at 10:00" in words_of(answer.text)
    assert order_of(desk) == order[1:]
    assert desk.room.issue(2)["title"] != "Small things that count"


def test_a_large_column_is_read_and_a_larger_one_refused_in_words(desk: Desk) -> None:
    long = COLUMN + "\n\n" + "한글은 한 글자가 세 바이트입니다. " * 4_000
    assert desk.post(f"{ISSUE}/columns/looks", data={"text": long}).status_code == 200
    answer = desk.post(f"{ISSUE}/columns/looks", data={"text": "x" * 300_000})
    assert answer.status_code == 422
    assert "it has 300,000 characters, and may have 200,000" in words_of(answer.text)
    assert desk.post(f"{ISSUE}/columns/looks", data={"text": "x" * 1_100_000}).status_code == 413


@pytest.mark.parametrize("dated", ["9999-12-31T23:59+00:00", "0001-01-01T00:00+14:00"])
def test_a_date_that_no_calendar_has_is_none(desk: Desk, dated: str) -> None:
    form = {"how": "look", "headline": "Ships", "url": "https://example.org/ships", "rights": "own"}
    assert desk.post(f"{ISSUE}/items", data=form | {"published_at": dated}).status_code == 200
    assert desk.get(f"{ISSUE}/choose").status_code == 200
