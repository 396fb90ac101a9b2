"""What changed, in words, and posts as their networks show them."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.proof import Proof, Surface, changes
from publisher.web.desk.drawn import Changed, changed, feeds


def shown(old: str, new: str, name: str = "subject") -> list[Changed]:
    before, after = Proof((Surface(name, old),)), Proof((Surface(name, new),))
    return changed(before, after, changes(before, after))


def stretches(old: str, new: str) -> list[tuple[str, str]]:
    return [piece for line in shown(old, new)[0].lines for piece in line]


def test_of_an_english_line_the_words_are_told_that_changed() -> None:
    assert stretches("A harbour counts ships", "A harbour counts whales") == [
        (" ", "A harbour counts "),
        ("-", "ships"),
        ("+", "whales"),
    ]


def test_of_a_korean_word_only_the_ending_is_told_where_only_that_changed() -> None:
    assert stretches("바람이 분다", "바람을 분다")[:3] == [(" ", "바람"), ("-", "이"), ("+", "을")]


def test_lines_that_are_as_they_were_are_left_out() -> None:
    found = shown("one\ntwo\nthree", "one\ntwo or so\nthree")[0]
    assert ["".join(words for _, words in line) for line in found.lines] == ["two or so"]


def test_a_post_is_told_by_its_words_and_not_by_its_json() -> None:
    def post(text: str) -> str:
        return json.dumps({"text": text, "length": 1, "limit": 2, "link": None, "picture": None})

    [told] = shown(post("A bus waits"), post("A bus leaves"), "post:x:1")
    assert "".join(words for _, words in told.lines[0]) == "A bus waitsleaves"


def test_design_is_told_only_where_no_word_changed() -> None:
    old = Proof((Surface("html", "<p>a</p>"), Surface("text", "a")))
    redrawn = Proof((Surface("html", "<p class>a</p>"), Surface("text", "a")))
    reworded = Proof((Surface("html", "<p>b</p>"), Surface("text", "b")))
    assert [(one.surface, one.lines) for one in changed(old, redrawn, changes(old, redrawn))] == [("html", ())]
    assert [one.surface for one in changed(old, reworded, changes(old, reworded))] == ["text"]


@given(st.text("가나다 \nab#", max_size=40), st.text("가나다 \nab#", max_size=40))
def test_nothing_that_changed_is_lost(old: str, new: str) -> None:
    if old == new:
        return
    pieces = stretches(old, new)
    for sign, text, other in (("-", old, new), ("+", new, old)):
        gone = "".join(words for kind, words in pieces if kind == sign)
        if not text.strip() or set(text.split()) <= set(other.split()):
            continue
        assert all(syllable in text for syllable in gone)


def test_links_and_tags_of_a_post_are_drawn_and_lead_nowhere() -> None:
    content = json.dumps(
        {"text": "Look #AI뉴스\nhttps://a.example/1", "length": 30, "limit": 280, "link": "https://a.example/1"}
        | {"picture": {"url": "http://home.example/pictures/a.jpg", "alt": "A roof"}}
    )
    proof = Proof((Surface("post:x:1", content), Surface("silent", "x:2\n")))
    [feed] = feeds(proof, [], {1: 7}, {"x": "x"}, "http://home.example")
    [card] = feed.cards
    assert [piece for piece in card.pieces if piece[0]] == [("tag", "#AI뉴스"), ("link", "https://a.example/1")]
    assert (card.item, card.picture, card.alt, feed.silent) == (7, "/pictures/a.jpg", "A roof", (2,))


def test_a_picture_of_another_site_is_not_asked_for() -> None:
    content = json.dumps({"text": "x", "length": 1, "limit": 2, "picture": {"url": "https://else.example/a.jpg"}})
    [feed] = feeds(Proof((Surface("post:x:1", content),)), [], {}, {}, "http://home.example")
    assert (feed.cards[0].picture, feed.cards[0].has_picture) == ("", True)
