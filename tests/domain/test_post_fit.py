"""One text per item, never over the limit, never blank, never cut where it would mean something else."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
import regex  # type: ignore[import-untyped]  # it ships no types
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from publisher.domain.message import Counting, Limits
from publisher.domain.post import due_times, fit, idempotency_key, length, normal, tags_of, whole

X = Limits(280, Counting.X_WEIGHTED)
LINK = "https://example.org/issues/43"
HEADLINE = "표를 읽는 작은 모델이 나왔다"
SENTENCES = [
    "연구진은 목요일 새 모델을 공개했다.",
    "이 모델은 영수증과 장부를 사람보다 빠르게 읽는다.",
    "값은 지난 모델의 절반이다.",
    "다음 달부터 누구나 쓸 수 있다.",
]


def x_limit(length: int) -> Limits:
    return Limits(length, Counting.X_WEIGHTED)


def test_a_short_text_is_laid_out_and_left_alone() -> None:
    assert fit("Headline", "One sentence.", LINK, X) == f"Headline\n\nOne sentence.\n{LINK}"
    assert fit("Headline", "One sentence.", None, X) == "Headline\n\nOne sentence."
    assert fit("Headline", "", LINK, X) == f"Headline\n{LINK}"
    assert fit("", "", LINK, X) == LINK


def test_a_long_blurb_ends_at_a_sentence() -> None:
    text = fit(HEADLINE, " ".join(SENTENCES), LINK, x_limit(160))
    assert text == f"{HEADLINE}\n\n{SENTENCES[0]} {SENTENCES[1]}\n{LINK}"
    assert length(text, Counting.X_WEIGHTED) <= 160


def test_a_long_first_sentence_ends_after_a_word() -> None:
    text = fit("Tables", "The model reads receipts, ledgers, and forms faster than people do.", LINK, x_limit(70))
    assert text == f"Tables\n\nThe model reads receipts, ledgers…\n{LINK}"
    text = fit(HEADLINE, SENTENCES[1], LINK, x_limit(90))
    assert text == f"{HEADLINE}\n\n이 모델은 영수증과 장부를 사람보다…\n{LINK}"


def test_a_short_exclamation_is_not_all_that_is_left() -> None:
    blurb = "Yes! The model reads receipts and ledgers and forms of every kind faster than people do."
    assert fit("", blurb, None, x_limit(60)) == "Yes! The model reads receipts and ledgers and forms of…"


def test_an_initial_a_title_and_a_decimal_end_no_sentence() -> None:
    blurb = (
        "It cost 3.5 million, said Dr. Lee and J. Smith of the U.S. team. They will publish it in May, at the latest."
    )
    assert fit("", blurb, None, x_limit(90)) == "It cost 3.5 million, said Dr. Lee and J. Smith of the U.S. team."


def test_a_headline_is_shortened_only_when_it_alone_is_too_long() -> None:
    words = "a headline that goes on and on and on"
    assert fit(words, "Blurb.", LINK, x_limit(len(words) + 1 + 23)) == f"{words}\n{LINK}"
    assert fit(words, "Blurb.", LINK, x_limit(len(words) + 23)) == f"a headline that goes on and on and…\n{LINK}"


def test_an_accidental_address_is_weighed_as_x_weighs_it() -> None:
    assert fit("", "x.ai", None, x_limit(23)) == "x.ai"
    with pytest.raises(ValueError, match="nothing fits into 22"):
        fit("", "x.ai", None, x_limit(22))


def test_an_address_in_the_blurb_is_kept_whole_or_left_out() -> None:
    blurb = f"Read https://example.org/{'a' * 400} and then the rest of this long story about it."
    assert "https://example.org/" + "a" * 400 in fit("", blurb, None, x_limit(50))
    assert fit("", blurb, None, x_limit(20)) == "Read…"
    assert fit("", "https://example.org/a and more of that", None, x_limit(27)) == "https://example.org/a …"


def test_a_text_without_spaces_ends_between_graphemes() -> None:
    family = "👨‍👩‍👧‍👦"
    assert fit("", family * 20, None, Limits(10, Counting.GRAPHEMES)) == family * 9 + "…"
    assert fit("", family * 20, None, Limits(34, Counting.UTF16)) == family * 3 + "…"


def test_a_full_stop_that_carries_a_mark_is_not_parted_from_it() -> None:
    blurb = "한두 마디만 더。\u0301 그리고 그다음 이야기"
    assert fit("", blurb, None, Limits(14, Counting.CHARACTERS)) == "한두 마디만 더。\u0301…"


def test_no_text_is_blank() -> None:
    for nothing in ("", "  \n\t", "\u200b\u2060"):
        with pytest.raises(ValueError, match="needs a headline"):
            fit(nothing, nothing, None, X)


def test_a_link_that_does_not_fit_is_an_error_and_never_cut() -> None:
    with pytest.raises(ValueError, match="the link alone"):
        fit("Headline", "", "https://example.org/" + "a" * 300, Limits(300, Counting.CHARACTERS))


# ---- for every text ---------------------------------------------------------------------------------------------

words = st.sampled_from(
    [
        *("한입", "뉴스가", "나왔다.", "끝!", "The", "end.", "“quoted.”", "(x", "…", "x.ai가", "node.js"),
        *("https://example.org/a_(b)", "a" * 90, "가" * 90),
        *("👨\u200d👩\u200d👧\u200d👦", "👍🏽", "e\u0301", "\u1112\u1161\u11ab"),
        *("\n", "\n\n\n", "\r\n", "\u3000"),
    ]
)
texts = st.one_of(st.lists(words, max_size=40).map(" ".join), st.lists(words, max_size=20).map("".join), st.text())
limits = st.builds(Limits, st.integers(30, 500), st.sampled_from(Counting))


def fitted(headline: str, blurb: str, link: str | None, limits: Limits) -> str:
    try:
        return fit(headline, blurb, link, limits)
    except ValueError as nothing:
        assume("needs a headline" not in str(nothing) and "nothing fits" not in str(nothing))
        raise


@settings(deadline=None)
@given(texts, texts, st.sampled_from([None, LINK]), limits)
def test_no_text_is_ever_over_blank_or_out_of_form(headline: str, blurb: str, link: str | None, limits: Limits) -> None:
    text = fitted(headline, blurb, link, limits)
    assert length(text, limits.counting) <= limits.max_length
    assert text.strip()
    assert text == normal(text) == unicodedata.normalize("NFC", text)
    assert len(text.splitlines()) == text.count("\n") + 1
    if link:
        assert text.splitlines()[-1] == link


@settings(deadline=None)
@given(texts, texts, limits)
def test_fitting_what_was_fitted_changes_nothing(headline: str, blurb: str, limits: Limits) -> None:
    text = fitted(headline, blurb, LINK, limits)
    words = text.removesuffix(LINK).removesuffix("\n")
    assume(words)
    assert fit("", words, LINK, limits) == text


@settings(deadline=None)
@given(texts, limits)
def test_no_grapheme_is_ever_cut(blurb: str, limits: Limits) -> None:
    whole = fitted("", blurb, None, Limits(10**6, Counting.CHARACTERS))
    text = fitted("", blurb, None, limits)
    kept = text if whole.startswith(text) else text.removesuffix("…").removesuffix(" ")
    assert whole.startswith(kept)
    graphemes: list[str] = regex.findall(r"\X", whole)
    assert regex.findall(r"\X", kept) == graphemes[: len(regex.findall(r"\X", kept))]


# ---- keys and times ---------------------------------------------------------------------------------------------


def test_a_post_has_one_key_for_every_attempt_and_shares_it_with_no_other() -> None:
    key = idempotency_key(43, "x", 1, "https://example.org")
    assert key == idempotency_key(43, "x", 1, "https://example.org")
    assert regex.fullmatch("[0-9a-f]{32}", key)
    others = {
        idempotency_key(44, "x", 1, "https://example.org"),
        idempotency_key(43, "y", 1, "https://example.org"),
        idempotency_key(43, "x", 2, "https://example.org"),
        idempotency_key(43, "x", 1, "https://example.net"),
        idempotency_key(4, "3x", 1, "https://example.org"),
    }
    assert key not in others
    assert len(others) == 5


def test_posts_leave_one_spacing_apart() -> None:
    first = datetime(2026, 5, 29, 7, 30, tzinfo=UTC)
    assert due_times(first, 3, timedelta(minutes=20)) == [
        first,
        first + timedelta(minutes=20),
        first + timedelta(minutes=40),
    ]
    assert due_times(first, 2, timedelta(0)) == [first, first]
    assert due_times(first, 0, timedelta(minutes=20)) == []


def test_tags_stand_before_the_link_and_are_never_cut() -> None:
    text = fit("Headline", "한 문장이 길게 이어진다. " * 40, "https://example.org/1", X, ("AI뉴스", "harbour"))
    assert text.endswith("\n#AI뉴스 #harbour\nhttps://example.org/1")
    assert length(text, X.counting) <= X.max_length


def test_tags_that_leave_no_room_are_an_error() -> None:
    with pytest.raises(ValueError, match="tags and link alone"):
        fit("Headline", "", None, X, ("가" * 200,))


def test_a_text_of_an_editors_own_is_never_cut() -> None:
    text = whole("한 문장. " * 100, "https://example.org/1", ("AI",))
    assert length(text, X.counting) > X.max_length
    assert text.endswith("\n#AI\nhttps://example.org/1")


@pytest.mark.parametrize(
    ("written", "tags"),
    [
        ("#AI뉴스 harbour", ("AI뉴스", "harbour")),
        ("AI, AI,  #AI", ("AI",)),
        ("2026 #2026년 c++ ## 한·입", ("2026년", "c", "한입")),
        ("", ()),
    ],
)
def test_tags_are_what_networks_take_for_one(written: str, tags: tuple[str, ...]) -> None:
    assert tags_of(written) == tags
