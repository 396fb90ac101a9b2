"""The timeline as a page for people: each post a card with its count, light and dark, Korean and English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape

Card = tuple[str, Sequence[tuple[int, int, str]], int, datetime]

_WORDS = {
    "en": {"title": "Timeline", "none": "Nothing has been posted yet.", "posts": "{} posts", "post": "1 post"},
    "ko": {"title": "타임라인", "none": "아직 올라온 글이 없습니다.", "posts": "글 {}개", "post": "글 1개"},
}

_STYLE = """
:root { color-scheme: light dark; --ground: #f5f6f8; --card: #fff; --ink: #14171a; --soft: #56606b; --line: #dfe3e8;
  --link: #0b5cad; --fill: #0b5cad; --full: #a8480b }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1216; --card: #191e24; --ink: #e9edf1; --soft: #9aa6b2;
  --line: #2b333c; --link: #7cb8f5; --fill: #7cb8f5; --full: #f0a36b } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.6 system-ui, "Apple SD Gothic Neo",
  "Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", sans-serif; word-break: keep-all; overflow-wrap: anywhere }
main { max-width: 600px; margin: 0 auto; padding: 24px 16px 64px }
header { display: flex; align-items: baseline; justify-content: space-between; gap: 16px; padding: 0 4px 12px }
h1 { font-size: 20px; line-height: 1.3; margin: 0 }
header span, time, .count { color: var(--soft); font-size: 14px }
article { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 16px 18px;
  margin: 0 0 12px; display: grid; grid-template-columns: 44px 1fr; column-gap: 12px }
.face { width: 44px; height: 44px; border-radius: 50%; background: var(--fill); color: var(--card); font-weight: 700;
  font-size: 18px; display: grid; place-items: center }
.who { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 8px }
.text { margin: 4px 0 12px; white-space: pre-line }
a { color: var(--link); text-decoration: none }
a:hover, a:focus-visible { text-decoration: underline }
.count { display: flex; align-items: center; gap: 10px; margin: 0; font-variant-numeric: tabular-nums }
.bar { flex: 1; height: 4px; border-radius: 2px; background: var(--line); overflow: hidden }
.bar i { display: block; height: 100%; background: var(--fill) }
.bar i.full { background: var(--full) }
.none { color: var(--soft); text-align: center; padding: 48px 0 }
"""


def page(name: str, cards: Sequence[Card], *, most: int, language: str, zone: tzinfo) -> str:
    """A whole HTML document. `cards` are newest first: text, its links, its length, when it was posted."""
    words = _WORDS.get(language, _WORDS["en"])
    count = words["post"] if len(cards) == 1 else words["posts"].format(len(cards))
    body = "".join(_card(name, card, most, zone) for card in cards) or f'<p class="none">{words["none"]}</p>'
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(name)} · {words['title']}</title><style>{_STYLE}</style></head>"
        f"<body><main><header><h1>{escape(name)}</h1><span>{count}</span></header>{body}</main></body></html>"
    )


def _card(name: str, card: Card, most: int, zone: tzinfo) -> str:
    text, links, length, created_at = card
    local = created_at.astimezone(zone)
    full = ' class="full"' if length > most * 0.95 else ""
    return (
        f'<article><div class="face" aria-hidden="true">{escape(name[:1])}</div><div><div class="who">'
        f'<strong>{escape(name)}</strong><time datetime="{local.isoformat()}">{local:%Y-%m-%d %H:%M}</time></div>'
        f'<p class="text">{_linked(text, links)}</p><p class="count">'
        f'<span class="bar"><i{full} style="width:{min(100, 100 * length // most)}%"></i></span>'
        f"<span>{length} / {most}</span></p></div></article>"
    )


def _linked(text: str, links: Sequence[tuple[int, int, str]]) -> str:
    shown, position = "", 0
    for start, end, target in links:
        shown += escape(text[position:start])
        shown += f'<a href="{escape(target)}" rel="nofollow noopener">{escape(_brief(text[start:end]))}</a>'
        position = end
    return shown + escape(text[position:])


def _brief(url: str) -> str:
    brief = url.removeprefix("https://").removeprefix("http://")
    return brief if len(brief) <= 40 else brief[:39] + "…"
