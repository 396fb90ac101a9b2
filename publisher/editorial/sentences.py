"""Where sentences end, in Korean and in English.

It never changes a character: every sentence is a stretch of the text, and only white space lies between two of them.
"""

from __future__ import annotations

import re


def sentences(text: str) -> list[str]:
    """The sentences of plain text, in order, each stripped of the white space around it.

    A blank line and the mark of a list item always begin a new one; a single line break does not. A quotation or a
    bracket that closes within a few lines is never cut in two. Takes time linear in the length of the text.
    """
    found = []
    for block in _BLOCK_BREAK.split(text):
        begin = 0
        for end in _ends(block):
            if sentence := block[begin:end].strip():
                found.append(sentence)
            begin = end
        if sentence := block[begin:].strip():
            found.append(sentence)
    return found


_MARK = r"(?:[-*+•·▲▶■◆○●※]|\d{1,3}[.)])[ \t]"
_BLOCK_BREAK = re.compile(rf"\n\s*\n|\n(?=[ \t]*{_MARK})|\r\n?(?=[ \t]*{_MARK})|\u2029")
_END = re.compile(r"[.!?…。！？]+[\"'”’»›」』）)\]]*")
_WHOLE = re.compile(
    r"“[^“”]{0,400}”|(?<![^\s(\[])\"(?=\S)[^\"]{0,400}\"|[「『][^「」『』]{0,400}[」』]|\([^()]{0,200}\)"
)
_OPENING = re.compile(r"[\"'“‘«‹「『(（\[\s]*")
_WORD_BEFORE = re.compile(r"[^\s(\"'“‘]{1,24}$")
_DAY_OR_MONTH = re.compile(r"\d{1,2}\.")
_INITIALS = re.compile(r"(?:[A-Za-z]\.)*[A-Za-z]")

# Never the end of a sentence; the words of the second list are when a usual opening word follows.
# fmt: off
_TITLES = frozenset((
    "mr", "mrs", "ms", "dr", "prof", "sr", "st", "mt", "gen", "col", "sgt", "capt", "rev", "hon", "gov", "sen",
    "rep", "vs", "cf", "e.g", "i.e", "viz", "ca", "approx", "resp", "ed", "eds", "op", "dept", "est",
))
# fmt: on
_BEFORE_NUMBERS = frozenset(("no", "nos", "fig", "figs", "vol", "p", "pp", "ch", "sec", "art", "eq", "ver", "v"))
# fmt: off
_SHORTENED = frozenset((
    "inc", "ltd", "co", "corp", "llc", "plc", "gmbh", "bros", "jr", "etc", "al", "dept", "univ", "ave", "blvd",
    "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
))
_OPENERS = frozenset((
    "the", "a", "an", "it", "its", "he", "she", "we", "they", "i", "you", "this", "that", "these", "those", "there",
    "in", "on", "at", "but", "and", "so", "if", "when", "while", "as", "for", "with", "by", "after", "now", "what",
    "however", "according", "here", "our", "their", "his", "her", "last", "both", "no", "yes", "all", "many", "some",
))
# fmt: on


def _ends(block: str) -> list[int]:
    """The places in a block where one sentence is over and something follows."""
    wholes = [match.span() for match in _WHOLE.finditer(block)]
    at = 0
    ends = []
    for match in _END.finditer(block):
        end = match.end()
        while at < len(wholes) and wholes[at][1] < end:
            at += 1
        is_inside = at < len(wholes) and wholes[at][0] < end < wholes[at][1]
        if not is_inside and _closes(block, match.start(), end):
            ends.append(end)
    return ends


def _closes(block: str, start: int, end: int) -> bool:
    """Does the punctuation at [start, end) close a sentence?"""
    marks = block[start:end]
    if end == len(block) or marks[0] in "。！？":
        return True
    before = block[start - 1] if start else ""
    if not block[end].isspace():
        # Pasted Korean often lacks the space after a full stop: "…했다.그는".
        return marks == "." and before in "다요죠" and "가" <= block[end] <= "힣"
    after = _OPENING.match(block, end, end + 40)
    assert after is not None
    following = block[after.end() : after.end() + 12]
    first = following[:1]
    if not first:
        return True
    if first.islower():
        return "가" <= before <= "힣"
    if marks.startswith(("…", "..")) and "가" <= first <= "힣":
        return before in "다요죠까네군"
    return not (marks == "." and _is_shortened(block[max(0, start - 26) : start], following))


def _is_shortened(before: str, following: str) -> bool:
    """Does the full stop after `before` only shorten a word, number a list or belong to a date?"""
    match = _WORD_BEFORE.search(before)
    word = match[0].lower() if match else ""
    if word.isdecimal():
        # "1. First" and "2026. 5. 20.", but not "… in 2026. 12 people …".
        earlier = before.rstrip()[: -len(word)].rstrip()
        is_listed = len(word) <= 2 and (not earlier or earlier[-1] in ".!?。")
        return is_listed or (len(word) <= 4 and _DAY_OR_MONTH.match(following) is not None)
    if word in _TITLES or (word in _BEFORE_NUMBERS and following[0].isdigit()):
        return True
    if word in _SHORTENED or _INITIALS.fullmatch(word):
        opener = re.match(r"\w*", following)
        assert opener is not None
        return "가" <= following[0] <= "힣" or opener[0].lower() not in _OPENERS
    return False
