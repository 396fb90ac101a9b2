"""How much of a text a letter shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.item import Rights
from publisher.editorial.excerpts import LIMIT, excerpt, prose
from publisher.editorial.markup import plain

LONG = "The robot brews tea in Busan. " * 30


@pytest.mark.parametrize("rights", [Rights.OWN, Rights.LICENSED])
def test_own_and_licensed_text_stays_whole(rights: Rights) -> None:
    body = f"One.\n\n{LONG}\n\n```\ncode\n```\n\nFour."
    assert excerpt(body, rights) == body


def test_of_link_only_text_nothing_is_shown() -> None:
    assert excerpt(LONG, Rights.LINK_ONLY) == ""


def test_an_excerpt_is_the_first_two_paragraphs_with_their_links() -> None:
    body = "See [the tea](https://example.org/tea) **now**.\n\nIt is hot.\n\nThird."
    assert excerpt(body, Rights.EXCERPT) == "See [the tea](https://example.org/tea) **now**.\n\nIt is hot."


def test_a_long_paragraph_ends_after_a_whole_sentence() -> None:
    shown = excerpt(LONG, Rights.EXCERPT)
    assert shown.endswith("Busan.")
    assert LIMIT - 40 < len(shown) <= LIMIT


def test_a_long_second_paragraph_gets_what_is_left() -> None:
    shown = excerpt(f"{'Tea is hot. ' * 20}\n\n{LONG}", Rights.EXCERPT)
    assert shown.endswith("\n\nThe robot brews tea in Busan.")


def test_a_sentence_that_is_too_long_is_cut_at_a_word() -> None:
    shown = excerpt("tea " * 200, Rights.EXCERPT)
    assert shown.endswith("tea…")
    assert len(shown) <= LIMIT


def test_headings_code_credits_and_the_repeated_headline_are_passed_over() -> None:
    body = (
        "# A robot\n\n**A heading**\n\nA robot brews tea\n\nPhoto: Kim Example\n\n```\ncode\n\nmore code\n```\n\n"
        "    indented code\n\nThe robot is slow.\n\nRead more"
    )
    assert excerpt(body, Rights.EXCERPT, "A robot brews tea") == "The robot is slow."
    assert "code" not in prose(body)


def test_a_list_stays_a_list_but_one_line_is_a_paragraph() -> None:
    assert excerpt("- one tea\n- two teas", Rights.EXCERPT) == "- one tea\n- two teas"
    assert excerpt("- one tea", Rights.EXCERPT) == "one tea"


def test_words_that_look_like_markup_stay_words_in_a_shortened_paragraph() -> None:
    shown = excerpt(r"Two \*stars\* and a \`tick. " * 20, Rights.EXCERPT)
    assert plain(shown).startswith("Two *stars* and a `tick. Two *stars*")


def test_prose_is_the_plain_words() -> None:
    assert prose("# Heading\n\nSee [tea](https://example.org) **now**.\n\n- one\n- two") == "See tea now.\n\none\n\ntwo"


_PIECES = [
    "A robot.",
    "차. ",
    "\n\n",
    "\n",
    "```",
    "- ",
    "**",
    "[a](https://example.org)",
    "# ",
    "> ",
    "x" * 150,
    "*",
    "    ",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=30).map("".join), st.sampled_from(list(Rights)))
def test_no_markdown_breaks_an_excerpt(body: str, rights: Rights) -> None:
    shown = excerpt(body, rights, "A headline")
    if rights is Rights.EXCERPT:
        assert len(plain(shown)) <= LIMIT + len("\n\n") * 20
    assert len(prose(body)) <= len(body) + len("\n\n") * 40
