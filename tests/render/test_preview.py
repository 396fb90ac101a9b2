"""The files an editor looks at, and the page they become on the web."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from publisher.domain.message import SLOT
from publisher.domain.proof import Proof
from publisher.render import preview
from tests.render import sample

READER = {
    "first_name": "<Robin>",
    "name": "Robin & Co",
    "email": "robin@example.org",
    "leave_url": "https://bite.example.org/leave/7.abc",
}


def test_a_preview_is_five_files_with_one_readers_values(proofs: dict[str, Proof]) -> None:
    files = preview.files(proofs["en"], READER, b"From: x\r\n")
    assert sorted(files) == ["email.eml", "email.html", "email.txt", "social.json", "web.html"]
    assert files["email.eml"] == b"From: x\r\n"
    assert "Dear &lt;Robin&gt;," in files["email.html"].decode()
    assert 'href="https://bite.example.org/leave/7.abc"' in files["email.html"].decode()
    assert "Dear <Robin>," in files["email.txt"].decode()
    for name in ("email.html", "email.txt", "web.html", "social.json"):
        assert not SLOT.search(files[name].decode())


def test_the_posts_of_a_preview_are_in_order_with_all_that_is_to_be_judged(proofs: dict[str, Proof]) -> None:
    posts = json.loads(preview.files(proofs["ko"], READER, b"")["social.json"])
    assert [(post["channel"], post["position"]) for post in posts] == [("x", n) for n in range(1, 7)]
    for post, pick in zip(posts, sample.KOREAN_ISSUE.picks, strict=True):
        assert post["text"].startswith(pick.headline)
        assert 0 < post["length"] <= post["limit"] == 280
        kept = sample.KEPT[pick.picture.url].file_name if pick.picture else ""
        assert post["picture"] == (f"https://hanip.example.org/pictures/{kept}" if kept else None)
        assert post["alt"] == (pick.picture.alt if pick.picture else None)
    assert [bool(post["link"]) for post in posts] == [True] + [False] * 5


class _Outline(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("language", sample.EDITIONS)
def test_the_page_stands_alone_and_has_a_place_for_each_item(proofs: dict[str, Proof], language: str) -> None:
    page = proofs[language]["page"]
    tags = _Outline(page).tags
    names = [name for name, _ in tags]
    assert page.startswith("<!doctype html>\n")
    assert dict(tags)["html"]["lang"] == language
    assert names.count("h1") == 1
    assert [at["id"] for name, at in tags if name == "article"] == [f"item-{n}" for n in range(1, 7)]
    assert names.count("figcaption") == names.count("img") == 4
    assert not {"script", "iframe", "form", "object"} & set(names)
    assert [at["rel"] for name, at in tags if name == "link"] == ["canonical"]
    assert "@import" not in page
    assert "url(" not in page
    assert not re.search(r"\son[a-z]+=", page)


@pytest.mark.parametrize(("language", "number"), [("ko", "[AI 한입뉴스] 43호"), ("en", "[AI in one bite] No. 43")])
def test_the_page_begins_with_series_and_number(proofs: dict[str, Proof], language: str, number: str) -> None:
    page = proofs[language]["page"]
    assert number in page[: page.index("<main>")]
    assert "prefers-color-scheme: dark" in page
