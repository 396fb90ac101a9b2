"""Korean particles that follow from the word before: `(은/는)` becomes 은 after a closed syllable, else 는.

A catalogue cannot know what a placeholder will hold, so its Korean writes both forms: "{channel}(이/가) 멈췄습니다".
Digits are read as Korean reads them, letters of the Latin alphabet by their names where these are closed (엘, 엠, 엔).
"""

from __future__ import annotations

import re
import unicodedata

_EITHER = re.compile(r"\((은/는|이/가|을/를|과/와|으로/로|이라/라|이/)\)")
_FIRST_SYLLABLE = ord("가")
_FINALS = 28
_RIEUL = 8  # ㄹ: the one closed syllable that takes 로
_CLOSED = {"0": 1, "1": _RIEUL, "3": 1, "6": 1, "7": _RIEUL, "8": _RIEUL, "l": _RIEUL, "m": 1, "n": 1}


def with_particles(text: str) -> str:
    """The text with every pair of forms replaced by the one that fits what stands before it."""

    def fitting(pair: re.Match[str]) -> str:
        closed, opened = pair[1].split("/")
        final = _final(text[: pair.start()])
        is_open = final == 0 or (closed == "으로" and final == _RIEUL)
        return opened if is_open else closed

    return _EITHER.sub(fitting, text)


def _final(before: str) -> int:
    """The final consonant of the last letter or digit, as its place in Unicode's table; 0 where there is none."""
    last = next((char for char in reversed(unicodedata.normalize("NFC", before)) if char.isalnum()), "")
    if "가" <= last <= "힣":
        return (ord(last) - _FIRST_SYLLABLE) % _FINALS
    return _CLOSED.get(last.lower(), 0)
