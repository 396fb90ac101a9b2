"""RSS, RDF and Atom through feedparser, around what it gets wrong (6.0.14).

It is given a stream, never a str and never bytes: of both it first tries to open the file of that name. Its charset
guess (no CP949), its dates (Korean ones come out wrong), its resolving of ids and its sanitising are not used.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import feedparser

from publisher.editorial.addresses import web_address
from publisher.errors import SourceError
from publisher.sources.feed.entry import (
    MAX_ENTRIES,
    Document,
    Entry,
    Text,
    as_html,
    enclosures_of,
    language_of,
)
from publisher.sources.feed.pictures import Media, find_picture

# feedparser looks for a parser of this name at every feed, on the whole of sys.path: 4 ms each, and it is never there.
feedparser.api.PREFERRED_XML_PARSERS.clear()

_OPENING = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)(?=[\s>])", re.IGNORECASE)
_CLOSING = re.compile(r"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_NUMBERED = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,9}));")
_ANY_NUMBERED = re.compile(r"&#(?:[xX][0-9a-fA-F]+|[0-9]+);")
# A caption would be taken for a second description, and so for the entry's full text.
_MEDIA_WORDS = re.compile(r"<(/?)media:(title|description)\b[^<>]{0,500}?(/?)>", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_PERSON = re.compile(
    r"<(?:[\w.-]+:)?(author|creator|managingeditor|webmaster|publisher|owner)\b[^<>]{0,500}>", re.IGNORECASE
)
_LONGEST_PERSON = 2_000
_MOST_ELEMENTS = 100_000  # about 10 s; a feed of 5,000 entries has some 60,000
_HEADERS = {"content-type": "application/xml; charset=utf-8"}


def read_xml(text: str, url: str, where: str) -> Document:
    """`text` begins with a feed's prologue or root. Raises SourceError where nothing of it can be read."""
    problems: list[str] = []
    text = _limit(re.sub(r"^<\?xml[^>]*>\s*", "", text), problems)  # first, for whatever follows looks at all of it
    is_cut, is_last_whole = (False, True) if problems else _look_for_cut(text)
    text = _ANY_NUMBERED.sub(_legal, text)
    text = _without_endless_people(_MEDIA_WORDS.sub(r"<\1media:publisher_\2\3>", text))
    if _CDATA.sub("", text).count("<") > 2 * _MOST_ELEMENTS:
        raise SourceError(f"{where}: has more than {_MOST_ELEMENTS:,} elements, which no feed needs; check the address")
    try:
        parsed = feedparser.parse(
            io.BytesIO(text.encode()), response_headers=_HEADERS, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # a third party's parser on hostile text: any of its errors means the same
        raise SourceError(f"{where}: cannot be read as a feed ({type(error).__name__})") from error
    feed = parsed.feed
    base = web_address(_text(feed, "link"), url) or web_address(url, None)
    found = parsed.entries[:MAX_ENTRIES]
    if is_cut:
        if found and not is_last_whole and not _text(found[-1], "id"):
            found = found[:-1]  # what would have identified it may be in the lost part
        if not found:
            raise SourceError(f"{where}: is cut off before its first entry; it is read again next time")
        problems.append(f"the feed is cut off after entry {len(found)}; the rest is read next time")
    is_atom = str(parsed.get("version") or "").startswith("atom")
    entries = tuple(_entry(entry, base, is_atom) for entry in found)
    return Document(entries, language_of(_text(feed, "language")), is_cut, tuple(problems))


def _legal(match: re.Match[str]) -> str:
    """A numbered character as it is, or nothing where XML forbids it: feedparser's second parser would break on it."""
    number = _NUMBERED.fullmatch(match[0].replace("X", "x"))
    code = int(number[1], 16) if number and number[1] else int(number[2]) if number else 0
    is_legal = code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
    return match[0] if is_legal else ""


def _look_for_cut(text: str) -> tuple[bool, bool]:
    """Whether the document's end is missing, and whether its last entry is there to its end."""
    root = re.search(r"<([A-Za-z][\w.:-]*+)[^<>]*?(/?)>", text)
    is_cut = not root or (not root[2] and f"</{root[1]}".lower() not in text[-5_000:].lower())
    if not is_cut:
        return False, True
    last_opening = max((match.start() for match in _OPENING.finditer(text)), default=-1)
    return True, bool(_CLOSING.search(text, max(0, last_opening)))


def _limit(text: str, problems: list[str]) -> str:
    """At most MAX_ENTRIES entries, so that a hostile feed of nothing but openings stays small."""
    for count, match in enumerate(_OPENING.finditer(text)):
        if count == MAX_ENTRIES:
            problems.append(f"the feed has more than {MAX_ENTRIES:,} entries; the first {MAX_ENTRIES:,} were read")
            return text[: match.start()]
    return text


def _without_endless_people(text: str) -> str:
    """feedparser looks for a mail address in every name, in time that grows with the square of its length."""
    parts, done, position = [], 0, 0
    while opening := _PERSON.search(text, position):
        closing = re.compile(rf"</(?:[\w.-]{{1,40}}:)?{opening[1]}\s*>", re.IGNORECASE).search(text, opening.end())
        if not closing:
            break
        if closing.start() - opening.end() > _LONGEST_PERSON:
            parts.append(text[done : opening.end()])
            done = closing.start()
        position = closing.end()
    return "".join((*parts, text[done:]))


def _entry(entry: Any, base: str | None, is_atom: bool) -> Entry:
    guid, link = _text(entry, "id"), _link(entry)
    if link == guid and not re.match(r"(?i)https?://", link):
        link = ""  # a bare number that its feed did not mark as being no address
    texts = _texts(entry, base)
    title = _dict(entry, "title_detail")
    return Entry(
        guid=guid,
        link=link,
        title=_text(entry, "title"),
        is_plain=is_atom and _text(title, "type") == "text/plain",
        texts=texts,
        dates=tuple(_text(entry, key) for key in ("published", "updated", "created")),
        language=language_of(_text(title, "language")),
        names=_names(entry),
        base=base,
        picture=partial(find_picture, _media(entry), texts, base),
        beside=_text_of({"value": _text(entry, "media_publisher_description"), "type": "text/plain"}, base),
        canonical=_linked(entry, "canonical") or _text(entry, "feedburner_origlink"),
        enclosures=enclosures_of(_files(entry), base),
    )


def _link(entry: Any) -> str:
    found = (_text(entry, "feedburner_origlink"), _text(entry, "link"), _linked(entry, "alternate"))
    return next(filter(None, found), "")


def _linked(entry: Any, rel: str) -> str:
    """The first address that the entry links to as its `rel`."""
    links = (_text(link, "href") for link in _dicts(entry, "links") if _text(link, "rel") == rel)
    return next(filter(None, links), "")


def _files(entry: Any) -> Iterator[tuple[str, str, str]]:
    """What is attached, and what the media of the entry are beside pictures."""
    for link in _dicts(entry, "links"):
        if _text(link, "rel") == "enclosure":
            kind = _text(link, "type")  # text/html where the feed gives none
            yield _text(link, "href"), "" if kind == "text/html" else kind, _text(link, "length")
    for part in _dicts(entry, "media_content"):
        if _text(part, "type").startswith(("audio/", "video/")):
            yield _text(part, "url"), _text(part, "type"), _text(part, "filesize")


def _texts(entry: Any, base: str | None) -> tuple[Text, ...]:
    """The full text before the summary, HTML before plain text."""
    contents = sorted(_dicts(entry, "content"), key=lambda content: "html" not in _text(content, "type"))
    found = [_text_of(content, base) for content in contents]
    found.append(_text_of({**_dict(entry, "summary_detail"), "value": _text(entry, "summary")}, base, is_summary=True))
    return tuple(found)


def _text_of(part: Any, base: str | None, *, is_summary: bool = False) -> Text:
    value = _text(part, "value")
    html = as_html(value) if _text(part, "type") == "text/plain" else value
    return Text(html, web_address(_text(part, "base"), base) or base, is_summary)


def _names(entry: Any) -> tuple[str, ...]:
    """One author as written: feedparser takes `ple (Kim)` for the name in `kim@paper.example (Kim)`."""
    names = tuple(filter(None, (_text(author, "name") for author in _dicts(entry, "authors"))))
    return names if len(names) > 1 else (_text(entry, "author"),)


def _media(entry: Any) -> Media:
    contents = sorted(_dicts(entry, "media_content"), key=_rank)
    pictures = [(_text(part, "url"), _text(part, "type"), _text(part, "medium")) for part in contents]
    pictures += [(_text(part, "url"), "image/", "") for part in _dicts(entry, "media_thumbnail")]
    pictures += [
        (_text(link, "href"), _text(link, "type"), "")
        for link in _dicts(entry, "links")
        if _text(link, "rel") == "enclosure"
    ]
    pictures.append((_text(_dict(entry, "image"), "href"), "image/", ""))
    is_one = len({_text(part, "url") for part in contents}) <= 1  # of several only the last one's words are kept
    return Media(
        tuple(pictures),
        alt=_text(entry, "media_publisher_title") if is_one else "",
        caption=_text(entry, "media_publisher_description") if is_one and contents else "",
        credit=_text(next(iter(_dicts(entry, "media_credit")), {}), "content") if is_one else "",
    )


def _rank(part: Any) -> tuple[bool, int]:
    """The one that its feed prefers is first, then the widest; of others the order stays."""
    width = _text(part, "width")
    return _text(part, "isdefault").lower() != "true", -int(width) if re.fullmatch("[0-9]{1,6}", width) else 0


# feedparser's own dicts answer for other keys than they have, with warnings, and a feed may put any type anywhere.


def _text(place: Any, key: str) -> str:
    value = dict.get(place, key)
    return value if isinstance(value, str) else ""


def _dict(place: Any, key: str) -> Any:
    value = dict.get(place, key)
    return value if isinstance(value, dict) else {}


def _dicts(place: Any, key: str) -> list[Any]:
    value = dict.get(place, key)
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
