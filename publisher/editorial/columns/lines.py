"""What one line around a column is, by its words alone: who wrote it, when, whose picture. Korean and English.

Each question is asked of a line that `markup.clean` has made; one longer than LONGEST is a paragraph and none of these.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from publisher.editorial.dates import parse_date

LONGEST = 300
SIGNS = "■▶◆●◇□▲◎○★☆▷►▪▫※◈▣◼◾➤🔹🔸🔷🔶🔵🔴📌📍👉✅✔"
DASHES = "•·ㆍ‣◦–—-"  # before a paragraph; before a short line they make a list
EMAIL = r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"


def is_prose(line: str) -> bool:
    """Does it read as sentences, not as a title?"""
    if len(line) > 120:
        return True
    ends_a_sentence = re.search(r"[.。][\"'”’)\]]*$", line)
    holds_the_end_of_one = re.search(r"(?:[가-힣]|[a-z]{3})[.。][\"'”’)]*\s\S", line)
    return bool((len(line) > 12 and ends_a_sentence) or (len(line) > 24 and holds_the_end_of_one))


def series_and_title(line: str) -> tuple[str, str] | None:
    """The words in brackets and those after them, which may be missing: "[series] title"."""
    match = re.match(r"^[\[【〔]\s?([^\[\]【】〔〕]{2,40}?)\s?[\]】〕]\s?(.*)$", line)
    return (match[1], match[2]) if match else None


# The writer

_TITLE = (
    r"(?:(?:수석|선임|전문|인턴|객원|대학생)\s?)?(?:기자|특파원|에디터|편집장|편집위원|논설위원|칼럼니스트|연구원|작가)"
)
_NAME = r"[A-Z][\w.'’-]{0,30}(?:\s(?:and|&|de|van|von|der|[A-Z][\w.'’-]{0,30})){0,8}"
_ADDRESS = rf"\s?[(<|=/·:,]?\s?(?P<address>{EMAIL})?\s?[\])>]?(?:\s?(?i:이메일|메일|e-?mail|구독))?"
_BYLINES = (
    re.compile(
        r"[\[(<]?(?:(?:글|취재|정리)\s?[=:·]?\s?)?(?:[가-힣A-Za-z]{2,12}[\s=])?"
        rf"(?P<name>[가-힣]{{2,5}}(?:\s?[·,]\s?[가-힣]{{2,5}}){{0,3}}\s?{_TITLE})\s?=?{_ADDRESS}"
    ),
    re.compile(
        rf"(?i:(?:written|words|compiled|reported)\s)?(?i:by):?\s(?P<name>{_NAME})(?:,\s[\w\s&-]{{3,50}}?)?{_ADDRESS}"
    ),
    re.compile(rf"(?P<name>[가-힣]{{2,4}}|{_NAME})\s?[(<|=/·,]?\s?(?P<address>{EMAIL})[)>]?"),
)


def byline(line: str) -> tuple[str, str] | None:
    """The writer's name as written, and the address, which may be missing."""
    if len(line) > 150:
        return None
    match = next(filter(None, (pattern.fullmatch(line) for pattern in _BYLINES)), None)
    return (match["name"].strip(" ,"), match["address"] or "") if match else None


def address(line: str) -> str:
    """The mail address that the line is, if it is nothing else."""
    match = re.fullmatch(rf"(?i:(?:이메일|메일|e-?mail|contact)\s?[:：]?\s?)?[<(\[]?({EMAIL})[>)\]]?", line[:150])
    return match[1] if match else ""


# The dates

_LATER = re.compile(r"수정|업데이트|updat|modif|edit", re.IGNORECASE)
_STAMP = re.compile(
    r"((?:기사\s?)?(?:입력|등록|승인|발행|게재|송고|작성|최종\s?수정|수정|업데이트)(?:\s?일시|일)?"
    r"|(?:first\s|last\s)?(?:published|posted|updated?|modified|edited)(?:\son)?)\s?[:：]?",
    re.IGNORECASE,
)


def stamps(line: str, zone: ZoneInfo) -> list[tuple[bool, datetime]]:
    """The times on a line of nothing but times, each with whether it is that of a later change."""
    if len(line) > 150 or not re.search(r"\d", line):
        return []
    parts = _STAMP.split(line)
    found = []
    for label, rest in zip(["", *parts[1::2]], parts[0::2], strict=True):
        for piece in re.split(r"[|│]", rest):
            text = piece.strip(" ·/,;()[]-–—")
            moment = parse_date(text, zone)
            if moment:
                found.append((bool(_LATER.search(label)), moment))
            elif text:
                return []
    return found


# The note and the sub-headings

_NOTE = re.compile(
    r"[\[(<〈【]?\s?(?:편집자\s?(?:주|의\s?말|노트)|에디터(?:의)?\s?(?:노트|레터|말)"
    r"|(?:a\s)?(?:note|letter) from the editors?|from the editors?|editor[’']?s?[’']?\s(?:note|letter))"
    r"\s?(?:[\])>〉】]|[:：=—–-]|$)\s?[:：]?\s?(?P<rest>.*)",
    re.IGNORECASE,
)
_SIGN = re.compile(
    rf"(?P<sign>[{SIGNS}])[{SIGNS}\ufe0f\s]*(?P<words>[^\s{SIGNS}].*)|(?P<hash>#{{1,6}})\s?(?P<title>[^\s#].*)"
)
_NUMBER = re.compile(
    r"(?:[\[(<]?(?P<number>\d{1,2})\s?[.)\]>](?:\s+|(?=[^\d\s]))|(?P<circled>[①-⑳❶-❿])\s?|(?P<key>\d)\ufe0f?\u20e3\s?)"
    r"(?P<words>[^\s.)].*)"
)


def note(line: str) -> str | None:
    """What follows the label "editor's note" on its line, possibly nothing; None where there is no such label."""
    match = _NOTE.fullmatch(line)
    return match["rest"] if match else None


def sign(line: str) -> tuple[str, str] | None:
    """The sign before a sub-heading ("■", "##") and its words."""
    match = _SIGN.fullmatch(line)
    if not match:
        return None
    return (match["sign"], match["words"]) if match["sign"] else (match["hash"], match["title"].rstrip("# "))


def number(line: str) -> tuple[int, str] | None:
    """The number before a sub-heading and its words."""
    match = _NUMBER.fullmatch(line)
    if not match:
        return None
    sign = match["circled"]
    counted = ord(sign) - ord("①" if "①" <= sign <= "⑳" else "❶") + 1 if sign else int(match["number"] or match["key"])
    return counted, match["words"]


# The pictures

_LABEL = (
    r"(?:(?:사진|이미지|그림|영상|일러스트|그래픽)(?:\s?(?:제공|출처|자료|캡처|촬영))?\s?[=:：|ⓒ©]"
    r"|(?i:\b(?:photo(?:graph)?|image|picture|illustration|graphic)s?"
    r"(?:\s(?:credit|source)s?)?(?:\s?[:：=]|\s(?:by|courtesy\sof)\s)|\bcourtesy\sof\s|\bcredits?\s?:))"
)
_SOURCE_LABEL = rf"(?:{_LABEL}|(?:출처|자료|제공)\s?[=:：]|(?i:\bsource\s?:))"
_CREDIT = r"\s?(?P<credit>[^=\[\]()]{1,80}?)\s?"
_CREDITS = (
    re.compile(rf"(?P<caption>)[{SIGNS}\[(/|<]?\s?{_SOURCE_LABEL}{_CREDIT}[)\]>]?\.?"),  # the line is a credit
    re.compile(rf"(?P<caption>.*?)\s?[\[(<]\s?{_SOURCE_LABEL}{_CREDIT}[)\]>]\.?"),  # words (Photo: credit)
    re.compile(rf"(?P<caption>.*?)\s?[/|]\s?{_LABEL}{_CREDIT}\.?"),  # words / Photo: credit
    re.compile(rf"(?P<caption>.*?[.!?\"'”’])\s{_LABEL}{_CREDIT}\.?"),  # Words. Photo: credit
    re.compile(rf"(?P<caption>.*?)\s{_LABEL[:-1]}(?<==)){_CREDIT}\.?"),  # words Photo=credit
    re.compile(r"(?P<caption>.*?)\s?(?:[\[(](?P<credit>[^\[\]()]{2,40}?)\s제공[)\]])\.?"),  # words (credit 제공)
)
_CREDITS_OF_CAPTIONS = (
    re.compile(r"(?P<caption>.*?)\s?[\[(]?[ⓒ©]\s?(?P<credit>[^\[\]()]{2,40}?)[)\]]?"),
    re.compile(r"(?P<caption>.*?[.\])])\s(?P<credit>[^.]{2,30}) 제공\.?"),
    re.compile(r"(?P<caption>)(?P<credit>[^.]{2,30}) 제공\.?"),
)


def caption(line: str, *, is_known: bool = False) -> tuple[str, str] | None:
    """The caption and the credit of a picture, where the line says whose picture it is; the caption may be missing.

    Of a line that `is_known` to be a caption more shapes count, and without a credit it is all caption.
    """
    if len(line) > LONGEST:
        return None
    patterns = (*_CREDITS, *_CREDITS_OF_CAPTIONS) if is_known else _CREDITS
    match = next(filter(None, (pattern.fullmatch(line) for pattern in patterns)), None)
    if match:
        return _bare(match["caption"]), match["credit"].strip(" .")
    return (_bare(line), "") if is_known else None


def _bare(words: str) -> str:
    return re.sub(rf"^[{SIGNS}△]\s*", "", words).strip(" /|([<·")


# Where an item is from

_SOURCE_WORDS = (
    r"(?:원문(?:\s?(?:보기|기사|링크|읽기))?|기사\s?원문|출처|자세히(?:\s?(?:보기|읽기))?|더\s?(?:읽기|보기|알아보기)"
    r"|보도자료|발표문|read (?:more|on|the (?:full|original)\b.{0,30})|full (?:story|text|report)|source"
    r"|original(?:\s\w+)?|learn more|more|press release|announcement)"
)
_SOURCE_LINK = re.compile(rf"[☞▶→>\[(]?\s?{_SOURCE_WORDS}\s?[\])]?\s?[:：→»>›…]*", re.IGNORECASE)
_SOURCE_LINE = re.compile(
    rf"[☞▶→>\[(]?\s?{_SOURCE_WORDS}\s?[:：=→]?\s?[<(]?(?P<url>https?://[^\s\])>]+)[\])>]*", re.IGNORECASE
)


def is_source_link(words: str) -> bool:
    """Do a link's words say that it leads to where the item is from?"""
    return len(words) <= 60 and bool(_SOURCE_LINK.fullmatch(words))


def source_line(line: str) -> str:
    """The URL of a line such as "원문: https://…", in pasted text."""
    match = _SOURCE_LINE.fullmatch(line[:2_000])
    return match["url"] if match else ""
