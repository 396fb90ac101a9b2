"""Posts: what the template words, what the channel bears, and which of them carry a link."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from publisher.domain.issue import Pick, PostWish
from publisher.domain.message import Counting, Limits, Picture
from publisher.domain.post import length
from publisher.domain.proof import social_channels
from publisher.errors import RenderError
from publisher.render.links import LinkPolicy
from publisher.render.proof import Renderer
from publisher.render.social import SocialFacts
from tests.render import sample
from tests.render.conftest import a_pick, an_issue

THREE = tuple(a_pick(position=n, item_id=n, headline=f"Headline {n}") for n in (1, 2, 3))


def _posts(facts: SocialFacts, templates: Path = sample.TEMPLATES, **changes: object) -> list[dict[str, Any]]:
    issue = an_issue(**{"picks": THREE, **changes})
    proof = Renderer(sample.ENGLISH, templates, [facts]).proof(issue, sample.AUDIENCE, sample.NOW)
    return [json.loads(content) for _, _, content in sorted(proof.posts(), key=lambda post: post[1])]


def _facts(links: LinkPolicy = "none", kind: str = "x", pictures: int = 4, most: int = 280) -> SocialFacts:
    return SocialFacts("mine", kind, Limits(most, Counting.X_WEIGHTED, pictures), links)


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ("none", [None, None, None]),
        ("first", ["https://bite.example.org/issues/43", None, None]),
        ("each", [f"https://bite.example.org/issues/43#item-{n}" for n in (1, 2, 3)]),
    ],
)
def test_a_link_goes_where_the_channels_policy_says(links: LinkPolicy, expected: list[str | None]) -> None:
    posts = _posts(_facts(links))
    assert [post["link"] for post in posts] == expected
    for post, link in zip(posts, expected, strict=True):
        assert link is None or link in post["text"]
        assert link is not None or "https://" not in post["text"]


def test_the_opening_post_carries_the_link_wherever_the_first_pick_stands() -> None:
    posts = _posts(_facts("first"), picks=THREE[1:])
    assert [bool(post["link"]) for post in posts] == [True, False]


@pytest.mark.parametrize("most", [60, 100, 280])
def test_a_post_says_how_long_it_is_and_never_exceeds_the_limit(most: int) -> None:
    long = a_pick(headline="A headline of some length", blurb="한 문장이 길게 이어진다. " * 40)
    for post in _posts(_facts("first", most=most), picks=(long,)):
        assert post["length"] == length(post["text"], Counting.X_WEIGHTED) <= post["limit"] == most


def test_a_channel_too_narrow_for_a_link_is_an_error_that_names_it() -> None:
    with pytest.raises(RenderError, match="the post for mine cannot be fitted"):
        _posts(_facts("first", most=10))


def test_a_picture_goes_along_with_its_words_where_the_channel_has_pictures() -> None:
    picks = (
        a_pick(picture=Picture("https://pictures.example.org/a.jpg", "A bus", "Caption")),
        a_pick(position=2, picture=Picture("https://pictures.example.org/b.jpg", "", "Caption")),
        a_pick(position=3),
    )
    shown = [post["picture"] for post in _posts(_facts(), picks=picks)]
    assert shown == [
        {"url": "https://pictures.example.org/a.jpg", "alt": "A bus"},
        {"url": "https://pictures.example.org/b.jpg", "alt": "Caption"},
        None,
    ]
    assert [post["picture"] for post in _posts(_facts(pictures=0), picks=picks)] == [None, None, None]


def test_a_pick_without_a_blurb_is_posted_with_its_body() -> None:
    post = _posts(_facts(), picks=(a_pick(blurb="", body="The **body** with a [link](https://a.example/)."),))[0]
    assert post["text"] == "Headline\n\nThe body with a link."


def test_a_kind_has_its_own_template_and_others_the_default(templates: Path) -> None:
    (templates / "social" / "x.txt.j2").write_text("{{ issue.series }}: {{ item.headline }}\n", encoding="utf-8")
    assert _posts(_facts(kind="x"), templates)[0]["text"] == "AI in one bite: Headline 1"
    assert _posts(_facts(kind="other"), templates)[0]["text"] == "Headline 1\n\nA blurb."


def test_nothing_is_escaped_in_a_post() -> None:
    post = _posts(_facts(), picks=(a_pick(headline="R&D <fast>", blurb="“A” & 'b'"),))[0]
    assert post["text"] == "R&D <fast>\n\n“A” & 'b'"
    assert post["language"] == "en"


def _wishes(**wish: Any) -> tuple[Pick, ...]:
    return tuple(replace(pick, posts={"mine": PostWish(**wish)} if pick.position == 1 else {}) for pick in THREE)


def test_an_editors_own_words_go_out_as_they_are_with_tags_and_link() -> None:
    first, second, _ = _posts(_facts("each"), picks=_wishes(text="My words\nin two lines", tags="AI뉴스"))
    assert first["text"] == "My words\nin two lines\n#AI뉴스\nhttps://bite.example.org/issues/43#item-1"
    assert first["tags"] == ["AI뉴스"]
    assert second["text"].startswith("Headline 2")


def test_own_words_that_are_too_long_are_shown_and_not_cut() -> None:
    (first, *_) = _posts(_facts(), picks=_wishes(text="가" * 141))
    assert (first["length"], first["limit"]) == (282, 280)


def test_a_post_may_leave_at_its_own_time() -> None:
    (first, *_) = _posts(_facts(), picks=_wishes(at=datetime(2026, 5, 29, 3, tzinfo=UTC)))
    assert first["at"] == "2026-05-29T03:00:00+00:00"


def test_what_is_not_posted_is_sealed_too_and_the_next_one_opens() -> None:
    issue = an_issue(picks=_wishes(is_off=True))
    proof = Renderer(sample.ENGLISH, sample.TEMPLATES, [_facts("first")]).proof(issue, sample.AUDIENCE, sample.NOW)
    assert [position for _, position, _ in proof.posts()] == [2, 3]
    assert proof["silent"] == "mine:1\n"
    assert social_channels(proof) == {"mine"}
    assert json.loads(proof["post:mine:2"])["link"] == "https://bite.example.org/issues/43"


def test_a_channel_that_says_nothing_at_all_is_still_known() -> None:
    picks = tuple(replace(pick, posts={"mine": PostWish(is_off=True)}) for pick in THREE)
    proof = Renderer(sample.ENGLISH, sample.TEMPLATES, [_facts()]).proof(
        an_issue(picks=picks), sample.AUDIENCE, sample.NOW
    )
    assert (list(proof.posts()), social_channels(proof)) == ([], {"mine"})


def test_a_paid_item_says_so_on_every_surface() -> None:
    picks = tuple(replace(pick, sponsor="Harbour Ltd" if pick.position == 2 else "") for pick in THREE)
    proof = Renderer(sample.ENGLISH, sample.TEMPLATES, [_facts()]).proof(
        an_issue(picks=picks), sample.AUDIENCE, sample.NOW
    )
    for name in ("html", "text", "page"):
        assert proof[name].count("Sponsored by Harbour Ltd") == 1
    assert json.loads(proof["post:mine:2"])["text"].startswith("[Sponsored] Headline 2")
    assert "Sponsored" not in proof["post:mine:1"]


def test_a_section_stands_with_its_items() -> None:
    picks = tuple(replace(pick, section="Harbours") for pick in THREE)
    proof = Renderer(sample.ENGLISH, sample.TEMPLATES, []).proof(an_issue(picks=picks), sample.AUDIENCE, sample.NOW)
    assert all(proof[name].count("Harbours") == 3 for name in ("html", "text", "page"))
