"""What a notice says: in both languages, of every kind, whatever stands in a headline and whatever a template lacks."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.notice import LINK, DraftReady, Held, Needed, News, Notice, ResetAsked, Sent
from publisher.mail.address import CONTROLS
from publisher.render.face import packaged_templates
from publisher.render.notice import LONGEST_SUBJECT, NoticeWriter
from tests.newsroom import FRIDAY, THURSDAY
from tests.notices.makers import READY, TITLE, a_publication, every_news

KINDS = [pytest.param(news, id=f"{news.kind}-{at}") for at, news in enumerate(every_news())]
HOSTILE = (
    "<script>alert(1)</script> {{first_name}} **bold** [x](javascript:alert(1)) {% raw %} &lt; \ue000email\ue002\ue001"
)


PACKAGED = NoticeWriter(a_publication(), packaged_templates(), packaged_templates())


def write(news: News, language: str = "en", templates: Path | None = None) -> Notice:
    writer = NoticeWriter(a_publication(), templates, packaged_templates()) if templates else PACKAGED
    return writer.write(news, language, THURSDAY)


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """Templates of the owner's own, as `publisher init` copies them."""
    return Path(shutil.copytree(packaged_templates(), tmp_path / "templates"))


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("news", KINDS)
def test_every_notice_says_what_happened_and_where_to_look(news: News, language: str) -> None:
    notice = write(news, language)
    assert notice.text.count(LINK) == 1 and notice.html.count(LINK) == 1
    assert f'href="{LINK}"' in notice.html
    assert ".invalid" not in notice.text + notice.html
    assert f'<html lang="{language}">' in notice.html
    assert f"<title>{html.escape(notice.subject)}</title>" in notice.html
    assert "template" not in notice.text and "템플릿" not in notice.text, "it is told in plain words only"
    hangul = re.search("[가-힣]", notice.subject + notice.text)
    assert bool(hangul) == (language == "ko")


def test_a_draft_shows_its_headlines_and_its_time_in_the_publications_zone() -> None:
    english, korean = write(READY), write(READY, "ko")
    assert english.subject == f"No. 43 is ready for you: {TITLE['en']}"
    assert "1. One\n2. Two\n3. Three" in english.text
    assert "Fri 29 May 2026, 07:30" in english.text
    assert korean.subject.startswith("43호 초안이 나왔습니다")
    assert "2026년 5월 29일 (금) 07:30에" in korean.text


def test_a_reason_is_told_in_the_editors_language() -> None:
    held = Held(43, "A title", "only 2 items, and an issue needs at least 3", FRIDAY)
    assert "> Only 2 items, and an issue needs at least 3.\n" in write(held).text
    assert "> 기사가 2건뿐입니다. 한 호에는 적어도 3건이 있어야 합니다.\n" in write(held, "ko").text
    down = Needed("channel letter", "127.0.0.1:25 refused it; correct host and port", FRIDAY)
    assert "> 127.0.0.1:25 refused it; correct host and port.\n" in write(down).text


def test_what_needs_somebody_is_named_as_people_name_it() -> None:
    for what, english, korean in (
        ("No. 43", "No. 43", "43호"),
        ("compose", "making the draft", "초안 만들기"),
        ("channel letter", "the channel letter", "letter 채널"),
    ):
        needed = Needed(what, "the issue is empty", FRIDAY, 43 if "43" in what else None)
        assert write(needed).subject == f"Needs you: {english}"
        assert write(needed, "ko").subject == f"확인이 필요합니다: {korean}"


def test_counts_that_are_zero_are_not_shown_and_what_is_unknown_is_explained() -> None:
    well = write(Sent(43, "A title", FRIDAY, 1, {"accepted": 1}, {}))
    assert "Refused" not in well.text and "Unknown" not in well.text and "Posts" not in well.text
    ill = write(Sent(43, "A title", FRIDAY, 2000, {"accepted": 1999, "unknown": 1}, {"accepted": 2}))
    assert ill.subject == "No. 43 has been sent: 1,999 of 2,000 letters accepted"
    assert "never sent again by itself" in ill.text and "Posts published: 2" in ill.text


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("at", range(len(every_news())))
def test_a_headline_or_a_reason_shows_as_it_is_and_does_nothing(at: int, language: str) -> None:
    news = every_news(HOSTILE, HOSTILE)[at]
    notice = write(news, language)
    assert "<script" not in notice.html and "javascript:" not in re.sub(">[^<]*<", "><", notice.html)
    assert "\ue002" not in notice.html + notice.text + notice.subject
    shown = html.unescape(re.sub("<[^>]*>", "", notice.html))
    plain = HOSTILE.replace("\ue000email\ue002\ue001", "email")
    if not isinstance(news, ResetAsked):  # which says nothing that anybody wrote
        assert plain in shown and plain in notice.text.replace("<Script", "<script")
    assert "<strong>bold" not in notice.html


@settings(deadline=None, max_examples=60)
@given(title=st.text(max_size=300), reason=st.text(max_size=900))
def test_no_text_breaks_a_notice_or_its_subject(title: str, reason: str) -> None:
    for language in ("ko", "en"):
        for news in every_news(title, reason):
            notice = write(news, language)
            assert "because the template has a mistake" not in notice.text
            assert not CONTROLS.search(notice.subject)
            assert 0 < len(notice.subject) <= LONGEST_SUBJECT
            assert notice.text.count(LINK) == 1 and notice.html.count(f'href="{LINK}"') == 1


def test_a_headline_cannot_take_the_place_of_the_link() -> None:
    notice = write(Held(43, f"{LINK} https://x.invalid", f"({LINK})", FRIDAY))
    assert notice.text.count(LINK) == 1 and notice.html.count(LINK) == 1


MISTAKES = {
    "syntax": ("notices/en/draft-ready.md.j2", "{{ issue }}\n{% if %}\n", "draft-ready.md.j2, line 2"),
    "unknown name": ("notices/en/draft-ready.md.j2", "{{ issue }}\n\n{{ nobody }}\n", "draft-ready.md.j2, line 3"),
    "no subject": ("notices/en/draft-ready.md.j2", "{# nothing #}{{ '' }}\nbody\n", "the first line is the subject"),
    "no utf-8": ("notices/en/draft-ready.md.j2", b"\xff\xfe", "is not UTF-8"),
    "a program that fails": ("notices/en/draft-ready.md.j2", "{{ 1 / 0 }}\n", "ZeroDivisionError"),
    "the frame": ("notices/notice.html.j2", "{{ subjekt }}", "notice.html.j2, line 1"),
}


@pytest.mark.parametrize(("name", "content", "told"), list(MISTAKES.values()), ids=list(MISTAKES))
def test_news_survives_a_template_with_a_mistake_and_the_mistake_is_told(
    templates: Path, name: str, content: str | bytes, told: str
) -> None:
    (templates / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    notice = write(READY, "en", templates)
    assert "No. 43" in notice.subject and TITLE["en"] in notice.subject
    assert told in notice.text and "because the template has a mistake" in notice.text
    assert LINK in notice.text and f'href="{LINK}"' in notice.html
    assert told in html.unescape(notice.html)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("at", range(len(every_news())))
def test_every_kind_can_be_told_without_a_template(templates: Path, at: int, language: str) -> None:
    shutil.rmtree(templates / "notices")
    (templates / "notices" / language).mkdir(parents=True)
    news = every_news("<b>제목</b>", "held by an editor")[at]
    (templates / "notices" / language / f"{news.kind}.md.j2").write_text("{% oops %}")
    notice = write(news, language, templates)
    assert "oops" in notice.text and "<b>" not in notice.html
    assert bool(re.search("[가-힣]", notice.text.replace("제목", ""))) == (language == "ko")


def test_a_publication_from_before_there_were_notices_gets_them_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    assert write(READY, "en", tmp_path / "templates") == write(READY)


def test_the_owners_words_are_used_where_there_are_any(templates: Path) -> None:
    (templates / "notices" / "en" / "draft-ready.md.j2").write_text("Ready: {{ title }} (1. *)\n\nDear *colleagues*\n")
    notice = write(READY, "en", templates)
    assert notice.subject == f"Ready: {TITLE['en']} (1. *)"
    assert "Dear colleagues" in notice.text and "<em>colleagues</em>" in notice.html
    assert write(Held(43, "x", "y", FRIDAY), "en", templates) == write(Held(43, "x", "y", FRIDAY))


def test_a_notice_holds_no_text_of_the_issue_but_its_headlines() -> None:
    assert set(DraftReady.__dataclass_fields__) - {"may_approve"} == {
        "number",
        "title",
        "headlines",
        "send_at",
        "digest",
    }
