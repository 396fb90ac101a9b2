"""For every kind of source: how a sound one is made, how it is edited, and how anything at all is put in its place."""

from __future__ import annotations

import importlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

from publisher.config.settings import Fetching, Settings
from publisher.fetch import Fetcher
from publisher.sources import Source
from publisher.wiring import SOURCE_KINDS
from tests.served import Served

SEOUL = ZoneInfo("Asia/Seoul")
ONE = "가온렌즈가 통역 안경을 내놓았다. 무게는 41g이고, 상인 40명이 시장에서 먼저 써 보았다고 회사가 밝혔다."
TWO = "다온로보틱스가 물류 로봇의 충전 시간을 90분에서 28분으로 줄였다. 창고 두 곳에서 석 달 동안 시험했다고 한다."
EDIT = "사투리는 아직 열에 셋을 놓친다는 말이 나중에 더해졌다."


@dataclass(frozen=True)
class Site:
    """Where sources of a test lie: a folder, and a server on 127.0.0.1."""

    root: Path
    served: Served

    def fetcher(self) -> Fetcher:
        settings = Fetching(private_addresses=True, spacing=timedelta(0), retries=0, timeout=timedelta(seconds=10))
        return Fetcher(settings, self.root)

    def write(self, name: str, content: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def source(self, kind: str, options: dict[str, Any]) -> Source:
        """As `wiring` makes it."""
        module, make = SOURCE_KINDS[kind]
        found = importlib.import_module(module)
        settings = SimpleNamespace(root=self.root, publication=SimpleNamespace(timezone=SEOUL))
        chosen = found.Options.model_validate({"name": "sample", "kind": kind} | options)
        return cast(Source, make(found, chosen, cast(Settings, settings)))


@dataclass(frozen=True)
class Maker:
    """`write` puts a sound source with two items into the site, edited or not, and gives its options; `put` writes
    these bytes in its place. `place` is how messages name it; a kind that reads nothing has none.
    """

    write: Callable[[Site, bool], dict[str, Any]]
    put: Callable[[Site, bytes], None]
    place: str = ""


def taken_apart(text: str) -> bytes:
    """As a Mac writes it, and with characters that nobody should see."""
    return unicodedata.normalize("NFD", text.replace("가온", "\u202e가온\u200b\ue000")).encode()


def _feed(site: Site, is_edited: bool) -> dict[str, Any]:
    more = f" {EDIT}" if is_edited else ""
    entries = "".join(
        f"<item><title>{title}</title><guid>{title}</guid><link>https://paper.example/{number}</link>"
        "<pubDate>2026년 5월 20일 오전 6시</pubDate><author>김하나</author>"
        f"<description>{text}{more}</description></item>"
        for number, (title, text) in enumerate((("통역 안경", ONE), ("로봇 충전", TWO)))
    )
    site.write("feed.xml", taken_apart(f"<rss version='2.0'><channel><title>신문</title>{entries}</channel></rss>"))
    return {"url": "file:feed.xml"}


def _column(site: Site, is_edited: bool) -> dict[str, Any]:
    more = f"<p>{EDIT}</p>" if is_edited else ""
    site.write(
        "column.html",
        taken_apart(
            f"<html><body><article><h1>안경과 로봇</h1><p>입력 2026.05.20 06:00</p><h2>통역 안경</h2><p>{ONE}</p>{more}"
            f"<h2>로봇 충전</h2><p>{TWO}</p>{more}</article></body></html>"
        ),
    )
    return {"url": "file:column.html"}


def _markdown(site: Site, is_edited: bool) -> dict[str, Any]:
    more = f"\n\n{EDIT}" if is_edited else ""
    for name, title, text in (("glasses", "통역 안경", ONE), ("robots", "로봇 충전", TWO)):
        post = f"---\ntitle: {title}\ndate: 2026-05-20 06:00\nauthor: 김하나\n---\n{text}{more}\n"
        site.write(f"posts/{name}.md", taken_apart(post))
    return {"path": "posts", "base_url": "https://blog.example.org", "permalink": "/:slug/"}


def _put_markdown(site: Site, content: bytes) -> None:
    for path in (site.root / "posts").glob("*.md"):
        path.write_bytes(content)


def _article(title: str, text: str, more: str) -> bytes:
    paragraphs = "".join(
        f"<p>{text} {sentence}</p>" for sentence in ("첫째 단락이다.", "둘째 단락이다.", "셋째 단락이다.")
    )
    return taken_apart(
        f'<html lang="ko"><head><title>{title} - 신문</title><meta property="og:site_name" content="신문">'
        f'<meta property="article:published_time" content="2026-05-20T06:00:00+09:00"></head><body><article>'
        f"<h1>{title}</h1><p>김하나 기자</p>{paragraphs}{more}</article></body></html>"
    )


def _pages(site: Site, is_edited: bool) -> dict[str, Any]:
    more = f"<p>{EDIT}</p>" if is_edited else ""
    site.write("one.html", _article("통역 안경이 시장에 나왔다", ONE, more))
    site.write("two.html", _article("로봇 충전이 28분으로 줄었다", TWO, more))
    return {"urls": ["file:one.html", "file:two.html"]}


def _put_pages(site: Site, content: bytes) -> None:
    site.write("one.html", content)
    site.write("two.html", content)


def _index(site: Site, is_edited: bool) -> dict[str, Any]:
    more = f"<p>{EDIT}</p>" if is_edited else ""
    site.served.give("/news/one-1001", _article("통역 안경이 시장에 나왔다", ONE, more), Content_Type="text/html")
    site.served.give("/news/two-1002", _article("로봇 충전이 28분으로 줄었다", TWO, more), Content_Type="text/html")
    links = (
        '<li><h2><a href="/news/one-1001">통역 안경이 시장에 나왔다</a></h2></li>'
        '<li><h2><a href="/news/two-1002">로봇 충전이 28분으로 줄었다</a></h2></li>'
    )
    page = f"<html><body><main><ul>{links}</ul></main></body></html>"
    return {"url": site.served.give("/list", taken_apart(page), Content_Type="text/html"), "select": "main h2 a"}


def _put_index(site: Site, content: bytes) -> None:
    site.served.give("/list", content, Content_Type="text/html")


def _editor(site: Site, is_edited: bool) -> dict[str, Any]:
    return {}


MAKERS = {
    "feed": Maker(_feed, lambda site, content: site.write("feed.xml", content), "file:feed.xml"),
    "column": Maker(_column, lambda site, content: site.write("column.html", content), "file:column.html"),
    "markdown": Maker(_markdown, _put_markdown, "posts"),
    "page": Maker(_pages, _put_pages, "file:one.html"),
    "index": Maker(_index, _put_index, "http://127.0.0.1"),
    "editor": Maker(_editor, lambda site, content: None),
}
