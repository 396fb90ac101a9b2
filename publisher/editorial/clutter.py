"""Sentences that every page has and that say nothing of this story."""

from __future__ import annotations

import re


def is_clutter(sentence: str) -> bool:
    """Is it a button, a byline, a credit, a date, a legal notice, an invitation or code, not part of the story?"""
    if len(sentence) > _LONGEST:
        return False
    words = bare(sentence)
    if len(_CODE_MARKS.findall(words)) * 10 > len(words) or words.startswith(("$ ", ">>> ", "# ")):
        return True
    return not re.search(r"[^\W\d_]{2}", words) or any(pattern.search(words) for pattern in _PATTERNS)


def bare(sentence: str) -> str:
    """The sentence without the mark of a list or an agency's dateline ("SEOUL (Example) - ") in front of it."""
    return _DATELINE.sub("", _LIST_MARK.sub("", sentence, count=1), count=1).strip()


_LONGEST = 1_000  # characters; nobody writes a button that long
_CODE_MARKS = re.compile(r"[{}<>=|\\$;_#]|--|\./|\(\)")
_LIST_MARK = re.compile(r"^\s*(?:[-*+•·▲▶■◆○●※]|\d{1,3}[.)])\s+")
_DATELINE = re.compile(
    r"^\s*(?:[(\[【][^()\[\]]{1,20}=[^()\[\]]{1,20}[)\]】]\s*(?:[가-힣]{2,4}\s*(?:기자|특파원)\s*=\s*)?"
    r"|[A-Z][A-Z]+(?:[ ,][A-Za-z. ,]{0,30}\d{0,2})?\s*(?:\([A-Z][\w ]{1,20}\))\s*[-–—]+\s+"
    r"|[A-Z]{3}[A-Z ]{0,20}(?:, [A-Z][a-z.]{2,9} \d{1,2})?\s+[–—]+\s+)"
)

_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
_CLOCK = r"(?:[,\s]+(?:at\s+)?\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?(?:\s*[A-Z]{2,4})?)?"
_DAY = rf"(?:{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{1,2}}\s+{_MONTH}\.?,?\s+\d{{4}})"
_KOREAN_DAY = r"\d{2,4}\s*[.년/-]\s*\d{1,2}\s*[.월/-]\s*\d{1,2}\s*[.일]?(?:\s*\(?[월화수목금토일](?:요일)?\)?)?"
_KOREAN_STAMP = rf"(?:입력|수정|등록|송고|작성|기사입력|최종수정)?\s*[:：]?\s*{_KOREAN_DAY}\s*(?:오전|오후)?"

# Each is anchored or short, so that a story about advertising or copyright is not mistaken for a notice.
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:read|see|learn|find out|show|view|load) (?:more|the (?:full|whole|rest|original)|all)\b.{0,60}$",
        r"^(?:continue|keep) reading\b|^click (?:here|on|to|the)\b|^(?:tap|press) (?:here|to)\b|\bclick here\b.{0,40}$",
        r"^(?:photo|image|picture|video|source|credit|illustration|photograph|caption)s?"
        r"(?: (?:credit|courtesy|source|by)s?)?(?: of)?\s*[:：/|©(]",
        r"^(?:photo|image|picture|illustration)s? (?:by|courtesy)\b.{0,80}$",
        r"^by [A-Z가-힣][\w.'’-]*(?: (?:and |[A-Z가-힣])[\w.'’-]*){0,5}\.?$",
        r"^(?:written|posted|published|updated|edited|authored|reviewed) (?:by|on|in|at)\b.{0,60}$",
        r"^the post .{1,300} (?:appeared first on|first appeared on) ",
        r"^(?:subscribe|sign up|sign in|log in|register|follow us|join (?:us|our)|share (?:this|on|via)"
        r"|download (?:now|the))\b.{0,90}$",
        r"^(?:advertisement|sponsored|ad|table of contents|contents|comments?|related|tags?|categor(?:y|ies)"
        r"|share|menu)\b[:：]?.{0,30}$",
        r"^copyright\b.{0,12}(?:\d{4}|©|\(c\)| by )|^(?:©|ⓒ|\(c\))|all rights reserved",
        r"^this (?:article|post|story|interview) (?:was|is|has been|originally) ",
        r"^\d{1,3}[- ]?min(?:ute)?s? read\b|^reading time\b|^(?:last )?updated?:",
        rf"^{_WEEKDAY}{_DAY}{_CLOCK}\.?$|^{_KOREAN_STAMP}{_CLOCK}\.?$",
        r"^[\w.+-]+@[\w.-]+$|^https?://\S+$|^<[^>]+>$",
        r"^[(\[【]?\s*(?:사진|이미지|영상|그림|자료|출처|제공|일러스트)(?:\s*(?:제공|출처|설명|캡처|캡쳐))*\s*[=:：/|ⓒ©]",
        r"^[(\[【]?(?:사진|이미지|자료) ?(?:제공|출처)\b.{0,40}$",
        r"^[가-힣]{2,4}\s?(?:기자|특파원|인턴기자|논설위원|에디터|선임기자)(?:\s*[=|/(]?\s*[\w.+-]+@\S+)?\s*=?$",
        r"(?:기자|특파원)\s*[\w.+-]+@[\w.-]+\.?$",
        r"[(\[【][^()\[\]]{1,20}=[^()\[\]]{1,20}[)\]】]\s*[가-힣]{2,4}\s*기자\s*=",  # a caption run into a dateline
        r"무단\s*(?:전재|복제|배포)|재배포\s*금지|저작권자|학습\s*및\s*활용\s*금지",
        r"^(?:더 ?보기|자세히 ?보기|기사 ?(?:전문|원문)|원문 ?보기|전체 ?보기|계속 ?읽기|바로 ?가기"
        r"|관련 ?(?:기사|뉴스|글)|목차|댓글|광고|공유|구독)(?:\s?하기)?(?:\s*[:：>▶»→(].{0,40}|\s*\d*개?)?$",
        r"(?:구독|좋아요|팔로우|알림 ?설정).{0,20}(?:부탁|눌러|해 ?주세요|하세요)",
        r"^여기를 (?:누르|클릭)|클릭하세요[.!]?$",
        r"제보(?:는|를)? .{0,30}(?:카카오톡|메일|@)",
    )
)
