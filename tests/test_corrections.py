"""What was wrong is put right on the page, in the open; what went out stays as it went out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from publisher.domain.correction import Correction
from publisher.domain.issue import Issue
from publisher.errors import ApprovalError, NotFound, RenderError, WrongUse
from publisher.stages import correct
from publisher.stages.correct import Corrected, Words
from publisher.store import corrections, editors, issues, proofs
from publisher.store.pages import public
from tests.cli.command import publisher
from tests.newsroom import FRIDAY, THURSDAY, Newsroom

HEADLINES = ("A harbour counts ships", "The bakery bakes by forecast", "Robots take the night shift")
LATER = FRIDAY + timedelta(hours=5)  # 12:30 in Seoul


@pytest.fixture(params=["en", "ko"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def room(tmp_path: Path, database_url: str) -> Iterator[Newsroom]:
    made = sent(tmp_path, database_url, "en")
    yield made
    made.database.close()


def sent(folder: Path, url: str, language: str) -> Newsroom:
    room = composed(folder, url, language)
    room.approves()
    room.releases()
    room.sends()
    return room


def composed(folder: Path, url: str, language: str = "en") -> Newsroom:
    room = Newsroom.open(folder, url, language=language)
    room.has_editors("kim@example.org", "lee@example.org")
    room.has_readers(2)
    room.writes(*HEADLINES)
    room.composes()
    return room


def corrects(
    room: Newsroom, words: Words, explanation: str = "It was Tuesday.", *, by: str = "kim@example.org", hours: int = 0
) -> Corrected:
    return correct.run(
        room.database,
        1,
        words,
        by=by,
        explanation=explanation,
        renderer=room.publication.renderer,
        now=LATER + timedelta(hours=hours),
    )


def page(room: Newsroom) -> str:
    """What the public reads."""
    with room.database.read() as session:
        found = public.page(session, 1)
    assert found is not None
    return found.content.decode()


def item(text: str, position: int) -> str:
    """One item's part of a page."""
    return text[text.index(f'<article class="item" id="item-{position}"') :].partition("</article>")[0]


def position_of(room: Newsroom, headline: str) -> int:
    return next(int(pick["position"]) for pick in room.issue()["picks"] if pick["headline"] == headline)


def test_a_correction_is_told_on_the_page_with_its_time_and_at_its_item(
    tmp_path: Path, database_url: str, language: str
) -> None:
    room = sent(tmp_path, database_url, language)
    at = position_of(room, "Robots take the night shift")
    corrects(room, Words(headlines={at: "Robots share the night shift"}, bodies={at: "They *share* it."}))
    text = page(room)
    told = {
        "en": ('<h2 id="corrections-headline">Corrections</h2>', "29 May 2026, 12:30", "Corrected 29 May 2026, 12:30"),
        "ko": (
            '<h2 id="corrections-headline">바로잡습니다</h2>',
            "2026년 5월 29일 12:30",
            "2026년 5월 29일 12:30에 바로잡았습니다",
        ),
    }[language]
    assert all(words in text for words in told)
    assert '<time datetime="2026-05-29T12:30+09:00">' in text
    assert "<p>It was Tuesday.</p>" in text
    assert "Robots share the night shift" in item(text, at)
    assert "<em>share</em>" in item(text, at)
    assert told[2] in item(text, at)
    others = {1, 2, 3} - {at}
    assert not any(told[2] in item(text, other) for other in others)
    assert "Robots take the night shift" not in text.replace("Robots take the night shift: what happened", "")
    room.database.close()


def test_letters_posts_and_what_was_sealed_stay(room: Newsroom) -> None:
    letters, before = room.letters(), room.issue()
    with room.database.read() as session:
        sealed = proofs.sealed(session, issues.by_number(session, 1))
    corrects(room, Words(title="Another title", headlines={1: "Another headline"}))
    after = room.issue()
    assert room.letters() == letters
    with room.database.read() as session:
        assert proofs.sealed(session, issues.by_number(session, 1)) == sealed
    assert after == before | {"corrections": after["corrections"]}
    assert [entry["by"] for entry in after["corrections"]] == ["kim@example.org"]


def test_several_corrections_stand_one_above_the_other_and_the_last_has_the_last_word(room: Newsroom) -> None:
    assert corrects(room, Words(headlines={1: "First attempt"}), "It was wrong.").count == 1
    assert corrects(room, Words(note="A note.", bodies={2: "Another text."}), "So was that.", hours=1).count == 2
    assert (
        corrects(room, Words(headlines={1: "Second attempt"}), "And again.", hours=2, by="lee@example.org").count == 3
    )
    text = page(room)
    assert "First attempt" not in text
    assert "Second attempt" in item(text, 1)
    assert "Another text." in item(text, 2)
    assert text.index("And again.") < text.index("So was that.") < text.index("It was wrong.")
    assert "Corrected 29 May 2026, 14:30" in item(text, 1)
    assert "Corrected 29 May 2026, 13:30" in item(text, 2)


def test_titles_that_repeat_a_headline_follow_it(room: Newsroom) -> None:
    first, second = room.issue()["title"], room.issue()["deks"][0]
    done = corrects(room, Words(headlines={position_of(room, first): "One", position_of(room, second): "Two"}))
    assert done.correction.words["title"] == "One"
    assert done.correction.words["dek:1"] == "Two"
    text = page(room).replace(f"{first}: what happened", "").replace(f"{second}: what happened", "")
    assert first not in text
    assert second not in text
    assert '<meta name="description" content="Two · ' in text
    with room.database.read() as session:
        [listed] = public.listed(session, 10)
    assert (listed.title, listed.deks[0], listed.corrected_at) == ("One", "Two", LATER)


def test_a_remark_without_new_words_is_told_too(room: Newsroom) -> None:
    corrects(room, Words(), "The letter said Monday.\n\nThe page has always said Tuesday.")
    assert "<p>The letter said Monday.</p>\n<p>The page has always said Tuesday.</p>" in page(room)


def test_an_issue_that_is_going_out_can_be_corrected(tmp_path: Path, database_url: str) -> None:
    room = composed(tmp_path, database_url)
    room.approves()
    room.releases()
    assert room.issue()["state"] == "sending"
    corrects(room, Words(title="Another title"))
    room.sends()
    assert "Another title" in page(room)
    assert not any("Another title" in letter for letter in room.letters())
    room.database.close()


@pytest.mark.parametrize("state", ["draft", "approved"])
def test_an_issue_that_has_not_gone_out_is_edited_instead(tmp_path: Path, database_url: str, state: str) -> None:
    room = composed(tmp_path, database_url)
    if state == "approved":
        room.approves()
    with pytest.raises(ApprovalError, match=rf"No\. 1 is {state}: .*issues edit 1"):
        corrects(room, Words(title="Another title"))
    assert room.issue()["corrections"] == []
    room.database.close()


def test_only_an_editor_of_the_publication_corrects(room: Newsroom) -> None:
    with pytest.raises(NotFound, match="not an editor"):
        corrects(room, Words(title="Another title"), by="stranger@example.org")
    assert room.issue()["corrections"] == []


@pytest.mark.parametrize(
    ("words", "explanation", "complaint"),
    [
        (Words(title="Another"), "  \n ", "tells its readers what was wrong"),
        (Words(title="Another"), "x" * 2_001, "2,001 characters"),
        (Words(headlines={9: "Another"}), "Why.", "has no item 9; it has 3"),
        (Words(headlines={1: "  "}), "Why.", "cannot be empty"),
        (Words(title=""), "Why.", "cannot be empty"),
        (Words(title="\ud800\u202e\x00"), "Why.", "cannot be empty"),
        (Words(title="x" * 301), "Why.", "301 characters is too long"),
        (Words(headlines={1: "x" * 301}), "Why.", "301 characters is too long"),
    ],
)
def test_what_cannot_be_a_correction_is_refused(room: Newsroom, words: Words, explanation: str, complaint: str) -> None:
    with pytest.raises(WrongUse, match=complaint):
        corrects(room, words, explanation)
    assert room.issue()["corrections"] == []


def test_what_it_says_already_is_no_correction(room: Newsroom) -> None:
    corrects(room, Words(title="Another title"))
    with pytest.raises(WrongUse, match="says already"):
        corrects(room, Words(title="Another title"), hours=1)


def test_what_no_page_can_show_is_no_correction_of_it(room: Newsroom) -> None:
    title = room.issue()["title"]
    with pytest.raises(WrongUse, match="says already"):
        corrects(room, Words(title=f"\u202e {title}\x00\n"))


def test_a_correction_is_stored_without_what_no_page_can_show(room: Newsroom) -> None:
    odd = "Caf\udce9\u202e\nre\x00opens\u2028today"
    done = corrects(room, Words(title=odd, note=odd, headlines={1: odd}, bodies={1: odd}))
    assert done.correction.words["title"] == done.correction.words["pick:1:headline"] == "Caf reopens today"
    assert all(text.encode() and not set(text) & {"\u202e", "\x00"} for text in done.correction.words.values())


def test_a_title_that_was_stored_with_what_no_page_can_show_breaks_no_list(room: Newsroom) -> None:
    with room.database.write() as session:
        issue, editor = issues.by_number(session, 1), editors.by_email(session, "kim@example.org")
        assert issue.id is not None and editor.id is not None
        odd = Correction(LATER, "Why.", {"title": "Caf\udce9 \u202eopens", "dek:1": "A\udce9 dek"})
        corrections.add(session, issue.id, editor.id, odd, "<p>The page</p>")
    with room.database.read() as session:
        [listed] = public.listed(session, 10)
    assert (listed.title, listed.deks[0]) == ("Caf opens", "A dek")


def test_words_of_a_correction_are_words_and_never_markup(room: Newsroom) -> None:
    hostile = '<script>alert(1)</script> "quoted" {{ 7 * 7 }} {% raw %}'
    corrects(room, Words(title=hostile, headlines={1: hostile}, bodies={2: hostile}), hostile)
    text = page(room)
    assert "<script" not in text
    assert "alert(1)" in text
    assert "{{ 7 * 7 }}" in text


def test_two_who_correct_at_once_do_not_overwrite_each_other(room: Newsroom) -> None:
    renderer = room.publication.renderer
    rendered = renderer.corrected_page

    def corrected_meanwhile(issue: Issue, corrections: Sequence[Correction], now: datetime) -> str:
        renderer.corrected_page = rendered  # type: ignore[method-assign]  # only once
        corrects(room, Words(title="The other one's title"), by="lee@example.org")
        return rendered(issue, corrections, now)

    renderer.corrected_page = corrected_meanwhile  # type: ignore[method-assign]  # where another process comes in between
    with pytest.raises(ApprovalError, match="corrected by somebody else meanwhile"):
        corrects(room, Words(title="My title"))
    assert "The other one&#39;s title" in page(room)
    assert len(room.issue()["corrections"]) == 1


def test_a_page_that_would_keep_a_correction_quiet_is_refused(room: Newsroom) -> None:
    template = room.root / "templates" / "page.html.j2"
    text = template.read_text(encoding="utf-8")
    start = text.index('<section class="corrections"')
    template.write_text(text[:start] + text[text.index("</section>", start) + 10 :], encoding="utf-8")
    with pytest.raises(RenderError, match=r"page\.html\.j2 does not show issue\.corrections"):
        corrects(room, Words(title="Another title"))
    assert room.issue()["corrections"] == []


def test_a_correction_from_the_command_line(room: Newsroom) -> None:
    room.database.close()
    said = publisher(
        room.root, "issues", "correct", "1", "--by", "kim@example.org", "--explain", "It was Tuesday.",
        *("--pick", "2", "--headline", "Another headline", "--body", "Another text."), "--now", LATER.isoformat(),
    )  # fmt: skip
    assert said.status == 0, said.err
    assert "No. 1, correction 1, Fri 2026-05-29 12:30 KST: " in said.out
    assert "pick:2:headline" in said.out
    shown = publisher(room.root, "issues", "show", "1").out
    assert "corrected Fri 2026-05-29 12:30 KST by kim@example.org: It was Tuesday." in shown


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--headline", "x"), "--pick POSITION"),
        (("--pick", "1"), "say what is new in it"),
        (("--pick", "1", "--body", "x", "--body-file", "-"), "write one of them"),
    ],
)
def test_wrong_use_from_the_command_line(tmp_path: Path, words: tuple[str, ...], complaint: str) -> None:
    said = publisher(tmp_path, "issues", "correct", "1", "--by", "kim@example.org", "--explain", "Why.", *words)
    assert said.status == 2
    assert complaint in said.complaint


# --- days without a letter


def skips(room: Newsroom, day: str, *, tells_readers: bool = True) -> None:
    from datetime import date

    from publisher.stages import skip

    settings = room.publication.settings
    skip.run(
        room.database,
        date.fromisoformat(day),
        line=settings.schedule.send,
        zone=settings.publication.timezone,
        now=THURSDAY,
        tells_readers=tells_readers,
        reason="a holiday of ours",
    )


def test_a_letter_says_when_the_next_ones_are_left_out(tmp_path: Path, database_url: str, language: str) -> None:
    room = composed(tmp_path, database_url, language)
    skips(room, "2026-06-05")
    skips(room, "2026-06-12")
    skips(room, "2026-06-26")  # after a letter that will say so itself
    proof = room.looks().proof
    told = {
        "en": ["There is no letter on Friday, 5 June 2026.", "There is no letter on Friday, 12 June 2026."],
        "ko": ["2026년 6월 5일 금요일에는 쉬어 갑니다.", "2026년 6월 12일 금요일에는 쉬어 갑니다."],
    }[language]
    for surface in ("html", "text"):
        assert all(words in proof[surface] for words in told)
        assert "6월 26일" not in proof[surface]
        assert "26 June" not in proof[surface]
        assert "a holiday of ours" not in proof[surface]
    room.database.close()


def test_a_day_that_readers_are_not_told_of_is_not_in_the_letter(tmp_path: Path, database_url: str) -> None:
    room = composed(tmp_path, database_url)
    skips(room, "2026-06-05", tells_readers=False)
    skips(room, "2026-06-12")
    proof = room.looks().proof
    assert "5 June" not in proof["html"] + proof["text"]
    assert "no letter on Friday, 12 June 2026" in proof["text"]
    room.database.close()


def test_a_letter_says_nothing_of_it_where_nothing_is_left_out(tmp_path: Path, database_url: str) -> None:
    room = composed(tmp_path, database_url)
    assert "no letter" not in room.looks().proof["text"]
    room.database.close()
