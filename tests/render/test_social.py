"""Posts: what the template words, what the channel bears, and which of them carry a link."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from publisher.domain.message import Counting, Limits, Picture
from publisher.domain.post import length
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
