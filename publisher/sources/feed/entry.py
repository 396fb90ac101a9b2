"""One entry of any feed, and what becomes of it: pure, the same for every format."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from publisher.domain.identity import Marks, identity_of
from publisher.domain.item import Enclosure, ItemFound
from publisher.domain.message import Picture
from publisher.editorial import markup
from publisher.editorial.addresses import web_address
from publisher.editorial.clutter import is_clutter
from publisher.editorial.dates import counts_from_now, parse_date

MAX_ENTRIES = 5_000
MAX_BODY = 1_000_000
_LONGEST_DEK = 500
_SLIGHT = 40  # letters: no text is the fuller one for a word or two
_MOST_ENCLOSURES = 20
_LARGEST = 10**15  # bytes; whatever says more says nothing
_LONGEST_HEADLINE = 500
_PLACEHOLDER_YEAR = re.compile(r"\b(?:0\d{3}|1[0-8]\d{2}|19[0-8]\d)\b")
_CUT_OFF = re.compile(r"[\[(]?(?:…|\.\.\.)[\])]?.{0,20}$")
_HIDDEN = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|br|center|cite|code|del|dfn|div|em|font|form|h[1-6]|hr|i|iframe|img|input|ins|kbd|li"
    r"|link|mark|meta|object|embed|ol|p|pre|q|s|samp|small|span|strike|strong|sub|sup|svg|table|tbody|td|tr|tt|u|ul|var"
    r"|video|audio|wbr)(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Text:
    """HTML of an entry, and the URL that its links are relative to. `is_summary` as its feed names it."""

    html: str
    base: str | None
    is_summary: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry says, as it says it. `texts` are in the order of preference, `dates` too.

    `is_plain` where the format promises that the title holds no markup. `beside` are the words about its picture or
    video, which are its text only where there is no other. `picture` finds one, and is asked last.
    """

    guid: str
    link: str
    title: str
    is_plain: bool
    texts: tuple[Text, ...]
    dates: tuple[str, ...]
    language: str
    names: tuple[str, ...]
    base: str | None
    picture: Callable[[], Picture | None]
    beside: Text | None = None
    canonical: str = ""
    enclosures: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole feed. `is_cut` when its end is missing; then its last entry is whole enough, or left out."""

    entries: tuple[Entry, ...]
    language: str
    is_cut: bool
    problems: tuple[str, ...]


def marks_of(entry: Entry) -> Marks:
    """What the entry can be known by."""
    url = web_address(entry.link, entry.base) or ""
    dates = (date for date in entry.dates if date and not counts_from_now(date))
    return Marks(entry.guid, url, entry.title, next(dates, ""))


def item_of(
    entry: Entry, zone: ZoneInfo, *, now: datetime, language: str = "", shared: frozenset[str] = frozenset()
) -> tuple[ItemFound | None, list[str]]:
    """The item, or None where there is nothing to show, and what is worth telling about it.

    `language` is what holds where the entry does not say its own; `shared` is of `domain/identity.py`.
    """
    remarks: list[str] = []
    language = entry.language or language
    body, dek = _words(entry, remarks)
    headline = headline_of(entry.title, entry.is_plain) or _first_words(body)
    if not headline:
        return None, [*remarks, "has neither a headline nor a text and was passed over"]
    marks = replace(marks_of(entry), headline=headline)
    return (
        ItemFound(
            identity=identity_of(marks, shared),
            headline=headline,
            url=marks.url or None,
            body=body,
            published_at=_published(entry, zone, now, language, remarks),
            language=language,
            byline=byline_of(entry.names),
            picture=entry.picture(),
            dek=dek,
            canonical=web_address(entry.canonical, entry.base),
            enclosures=entry.enclosures,
        ),
        remarks,
    )


def headline_of(title: str, is_plain: bool) -> str:
    """One line of text: no markup, and where it is not promised to be plain no entities.

    Feeds put markup even where they promise none, so what HTML knows as a tag goes, and `Vec<String>` stays.
    """
    title = title[: _LONGEST_HEADLINE * 20]
    bare = _TAG.sub("", _HIDDEN.sub("", title))
    return _shorten(markup.clean(bare if is_plain else html.unescape(bare)), _LONGEST_HEADLINE)


def enclosures_of(found: Iterable[tuple[str, str, str]], base: str | None) -> tuple[Enclosure, ...]:
    """The files of (address, media type, length) that are no pictures, each once. A length of 0 is one not known."""
    files: dict[str, Enclosure] = {}
    for link, kind, size in found:
        url = web_address(link, base)
        length = int(size) if re.fullmatch("[0-9]{1,16}", size.strip()) else 0
        media_type = markup.clean(kind[:100]).lower()
        if url and not media_type.startswith("image/") and len(files) < _MOST_ENCLOSURES:
            files.setdefault(url, Enclosure(url, media_type, length if 0 < length <= _LARGEST else None))
    return tuple(files.values())


def language_of(tag: str) -> str:
    """`ko-KR`, `KO_kr` → `ko`; what is no language tag → nothing."""
    match = re.match(r"\s*([A-Za-z]{2,3})(?![A-Za-z])", tag)
    return match[1].lower() if match else ""


def byline_of(names: tuple[str, ...]) -> str:
    """The names, each once. Mail addresses are nobody's byline."""
    bare = (re.sub(r"[(<]?[^\s@()<>]+@[^\s@()<>]+[)>]?", "", name[:300]).strip() for name in names[:20])
    bare = (name[1:-1] if name.startswith("(") and name.endswith(")") else name for name in bare)
    shown = (headline_of(name, is_plain=False) for name in bare)
    return _shorten(", ".join(dict.fromkeys(name for name in shown if name)), 200)


def as_html(text: str) -> str:
    """Plain text as paragraphs."""
    paragraphs = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").strip())
    return "".join(f"<p>{html.escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs if part)


def label(position: int, entry: Entry) -> str:
    """How a remark names an entry."""
    title = _shorten(markup.clean(entry.title[:400]), 60)
    return f'entry {position} ("{title}")' if title else f"entry {position}"


def _words(entry: Entry, remarks: list[str]) -> tuple[str, str]:
    """The body, and the standfirst where the summary is another text than that.

    The first text that is not empty once it is Markdown counts, unless a later one has clearly more to say: some feeds
    put the whole text where others have the summary.
    """
    body, chosen = "", None
    for text in entry.texts:
        enough = _size(body) * 1.2 + _SLIGHT if body else 0
        if len(text.html) <= enough:
            continue  # which cannot have clearly more
        found = _markdown(text, remarks)
        if found and (not body or _size(found) > enough):
            body, chosen = found, text
    if not body and entry.beside:
        return _markdown(entry.beside, remarks), ""
    summaries = (text for text in entry.texts if text.is_summary and text is not chosen)
    return body, next((dek for text in summaries if (dek := _dek(text, body))), "")


def _markdown(text: Text, remarks: list[str]) -> str:
    if len(text.html) > MAX_BODY:
        remarks.append(f"has a text of {len(text.html):,} characters, of which {MAX_BODY:,} were read")
    return markup.from_html(text.html[:MAX_BODY], text.base)


def _size(body: str) -> int:
    """How much a body says: its letters, without the targets of links."""
    return len(_letters(body))


def _dek(summary: Text, body: str) -> str:
    """The summary in one line, unless it is how the body begins, or too long to be a standfirst."""
    if not summary.html.strip() or len(summary.html) > 4 * _LONGEST_DEK:
        return ""
    paragraphs = markup.from_html(summary.html, summary.base).split("\n\n")
    words = " ".join(paragraph for paragraph in paragraphs if not is_clutter(paragraph))
    if _letters(body[: 6 * _LONGEST_DEK]).startswith(_letters(_CUT_OFF.sub("", words))):
        return ""
    dek = markup.clean(markup.plain(words))
    return "" if len(dek) > _LONGEST_DEK else dek


def _letters(body: str) -> str:
    return re.sub(r"\]\(\S*\)|\W+", "", body)


def _published(entry: Entry, zone: ZoneInfo, now: datetime, language: str, remarks: list[str]) -> datetime | None:
    for date in entry.dates:
        moment = parse_date(date, zone, now=now, language=language)
        if moment:
            return moment
    unread = next((date for date in entry.dates if date.strip() and not _PLACEHOLDER_YEAR.search(date)), "")
    if unread:
        remarks.append(f'has a date that is not understood ("{_shorten(markup.clean(unread[:200]), 40)}")')
    return None


def _first_words(body: str) -> str:
    return _shorten(markup.clean(markup.plain(body[:2_000]).partition("\n")[0]), 100)


def _shorten(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    head = text[: length - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[length // 2 :] else head) + "…"
