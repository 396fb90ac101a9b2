"""What stands at the ends of a main text and is none of it: headline, standfirst, byline, dates, labels, notices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from lxml.html import HtmlElement

from publisher.editorial.clutter import is_clutter
from publisher.editorial.columns import lines
from publisher.editorial.dates import parse_date
from publisher.editorial.markup import clean
from publisher.editorial.pages.blocks import is_heading
from publisher.editorial.pages.clutter import link_share
from publisher.editorial.pages.headline import is_same_line
from publisher.editorial.pages.tree import words_of

_NOTICE = re.compile(
    r"unsubscribe|수신\s?거부|view (?:this )?(?:email |letter )?in (?:your )?browser|웹에서 보기|all rights reserved"
    r"|copyright|ⓒ|©|대표\s?전화|사업자\s?등록|발행인|무단\s?전재|manage (?:your )?preferences"
    r"|privacy policy|개인정보\s?처리",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"(?:(?:first\s)?(?:published|posted|released|written|sent|issued)(?:\son)?|on|date|작성일|등록일|게시일|발행일|입력|등록)"
    r"\s?[:：]?\s+(?=\S)",
    re.IGNORECASE,
)
_BY = re.compile(
    r"(?:(?:words|written|posted|reported|edited)\s)?by:?\s+(.+)|(?:글|취재|정리|작성자)\s?[=:·]?\s+(.+)", re.IGNORECASE
)
_EMAIL = re.compile(rf"[(<\[|/·]?\s?{lines.EMAIL}\s?[)>\]]?")
_SEPARATOR = re.compile(r"\s+[|│ㅣ·•∙–—/-]\s+|\s*[|│ㅣ]\s*|\s{2,}")
_TRIFLE = re.compile(
    r"\d{1,3}\s?min(?:ute)?s?(?:\sread)?|(?:조회(?:수)?|views?|댓글|추천)\s?:?\s?[\d,.]+\w?|[\d,]+", re.IGNORECASE
)
_KOREAN_END = re.compile(r"[가-힣](?:다|요|까|죠)[.!?…\"'”’)\]]*$")
_DAY = re.compile(r"20\d\d\s?[-./년]\s?\d{1,2}\s?[-./월]\s?\d{1,2}")
_LONGEST_STAMP = 80
_LEADS = 4  # leaves before the text in which such a line is looked for
_LONGEST_NAME = 60
_LONGEST_LABEL = 40


def first_text(leaves: Sequence[HtmlElement]) -> HtmlElement | None:
    """The first leaf that reads as part of a text: no label, no title."""
    return next((leaf for leaf in leaves if leaf.tag != "tr" and _is_text(leaf)), None)


def trimmed(leaves: Sequence[HtmlElement], headline: str, dek: str, zone: ZoneInfo) -> list[HtmlElement]:
    """The leaves without those that are no part of the text."""
    kept = [leaf for leaf in leaves if not _is_line_of(leaf, headline, dek, zone)]
    start = next((at for at, leaf in enumerate(kept) if _is_text(leaf)), len(kept))
    stamps = [at for at in range(start, min(start + _LEADS, len(kept))) if _is_stamp(kept[at])]
    start = stamps[-1] + 1 if stamps else start
    if start > 0 and is_heading(kept[start - 1]):
        start -= 1
    end = len(kept)
    while end > start and _is_tail(kept[end - 1]):
        end -= 1
    text = kept[start:end]
    is_all_short = 3 * sum(map(_size, text)) < sum(map(_size, kept))  # a poem, or a blog that breaks every line
    return kept if is_all_short else text


def writer_on(line: str, zone: ZoneInfo) -> str:
    """The name on a line about who wrote it and when, or ""."""
    for part in _parts(line):
        if match := _BY.fullmatch(part):
            name = _name(re.split(r",\s", match[1] or match[2])[0])
            if name and not parse_date(name, zone):
                return name
        elif found := lines.byline(part):
            return found[0]
    return ""


def name_in(text: str, zone: ZoneInfo) -> str:
    """The name in an element that the page itself calls its byline, or ""."""
    named = writer_on(text, zone)
    if named:
        return named
    for part in _parts(text):
        name = _name(part)
        if name and not _date(name, zone) and not _TRIFLE.fullmatch(name) and not lines.stamps(name, zone):
            return name
    return ""


def date_on(line: str, zone: ZoneInfo) -> datetime | None:
    """When a line says that it was published; never when it says that it was changed."""
    if len(line) > lines.LONGEST:
        return None
    stamps = [moment for is_later, moment in lines.stamps(line, zone) if not is_later]
    if stamps or re.search(r"수정|updated|modified", line, re.IGNORECASE):
        return stamps[0] if stamps else None
    for part in _parts(line):
        for piece in (part, part.partition(", ")[2]):
            if moment := _date(piece, zone):
                return moment
    return None


def _parts(line: str) -> list[str]:
    return [part.strip(" ,") for part in _SEPARATOR.split(line[: lines.LONGEST]) if part.strip(" ,")]


def _date(text: str, zone: ZoneInfo) -> datetime | None:
    return parse_date(_LABELLED.sub("", text, count=1).strip(" .,"), zone) if re.search(r"\d", text) else None


def _name(text: str) -> str:
    bare = clean(_EMAIL.sub("", text)).strip(" ,=|/·:-–—")
    bare = re.sub(r"^(?:by|글|기자|작성자|author)\b[\s:]*", "", bare, flags=re.IGNORECASE).strip() or bare
    return bare if 1 < len(bare) <= _LONGEST_NAME and re.search(r"[^\W\d_]", bare) else ""


def _is_line_of(leaf: HtmlElement, headline: str, dek: str, zone: ZoneInfo) -> bool:
    words = words_of(leaf)
    if leaf.tag in ("pre", "tr"):
        return False
    if is_same_line(words, headline) or is_same_line(words, dek) or is_clutter(words):
        return True
    return len(words) <= 150 and not is_heading(leaf) and _is_about_itself(words, zone)


def _is_about_itself(words: str, zone: ZoneInfo) -> bool:
    """A line of nothing but names, dates and counts."""
    parts = _parts(words)
    is_known = [
        bool(_date(part, zone) or _TRIFLE.fullmatch(part) or writer_on(part, zone) or lines.stamps(part, zone))
        or (bool(_date(part.partition(", ")[2], zone)) and bool(_BY.match(part)))
        for part in parts
    ]
    return bool(parts) and all(is_known)


def _size(leaf: HtmlElement) -> int:
    return len(words_of(leaf))


def _is_stamp(leaf: HtmlElement) -> bool:
    """A short line with a day on it, under which the text begins: names and times that stand too close to be read."""
    words = words_of(leaf)
    return len(words) <= _LONGEST_STAMP and bool(_DAY.search(words)) and not _is_prose(words)


def _is_text(leaf: HtmlElement) -> bool:
    words = words_of(leaf)
    if _NOTICE.search(words) and len(words) < 200:
        return False
    if is_heading(leaf):
        return False
    return leaf.tag in ("li", "pre", "blockquote", "tr") or _is_prose(words) or len(words) >= 60


def _is_prose(words: str) -> bool:
    """Korean sentences are known by their ending, for many a site leaves out the full stop."""
    return lines.is_prose(words) or (len(words) >= 8 and bool(_KOREAN_END.search(words)))


def _is_tail(leaf: HtmlElement) -> bool:
    words = words_of(leaf)
    if leaf.tag == "pre":
        return False
    if link_share(leaf) > 0.6 or is_heading(leaf) or (_NOTICE.search(words) and len(words) < 300):
        return True
    return len(words) <= _LONGEST_LABEL and leaf.tag not in ("li", "blockquote", "tr") and not _is_prose(words)
