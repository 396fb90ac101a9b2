"""Bytes to text, when what is declared about them is often wrong. Never fails; never keeps a byte order mark."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Text that begins with "<" or "{" in two bytes each, without a mark.
_UNMARKED = ((b"<\0", "utf-16-le"), (b"{\0", "utf-16-le"), (b"\0<", "utf-16-be"), (b"\0{", "utf-16-be"))

# A declared name is read as the larger set that is meant by it (WHATWG Encoding does the same).
_MEANT = {
    "euckr": "cp949",
    "ksc56011987": "cp949",
    "ksc5601": "cp949",
    "isoir149": "cp949",
    "korean": "cp949",
    "uhc": "cp949",
    "ms949": "cp949",
    "windows949": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shiftjis": "cp932",
    "sjis": "cp932",
    "iso88591": "cp1252",
    "latin1": "cp1252",
    "usascii": "cp1252",
    "ascii": "cp1252",
}
# Python also knows base64, rot13, unicode_escape …, which no document may choose; of UTF-16 the name is not legible.
_FAMILIES = ("big5", "cp", "euc", "gb", "iso", "johab", "koi8", "mac", "shift", "tis", "utf-8")
_DECLARED = re.compile(rb"""(?:encoding|charset)\s*=\s*["']?\s*([A-Za-z][\w.:-]{1,39})""")
_HTTP_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)


def decode(content: bytes, content_type: str = "") -> str:
    """The text of a document: by its mark, as UTF-8 if it is that, by what is declared, as CP949, as Windows-1252.

    What is valid UTF-8 is UTF-8 whatever is declared: other charsets practically never look like it by accident. Where
    nothing fits without loss, what loses least is taken, each lost byte as U+FFFD.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    for start, encoding in _UNMARKED:
        if content.startswith(start):
            return content.decode(encoding, "replace")
    declared = _declared(content, content_type)
    if not any(name.startswith("iso2022") for name in declared):  # these are all ASCII bytes, so would pass for UTF-8
        text = _strictly(content, "utf-8")
        if text is not None:
            return text
    for encoding in declared:
        text = _strictly(content, encoding)
        if text is not None and encoding != "cp1252":
            return text
    return _guess(content, declared)


def _declared(content: bytes, content_type: str) -> list[str]:
    """Codecs named by the server, then by the document, without repetition."""
    names = [match[1] for match in [_HTTP_CHARSET.search(content_type)] if match]
    names += [name.decode("ascii", "ignore") for name in _DECLARED.findall(content[:2048])]
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9]", "", name.lower())
        try:
            encoding = codecs.lookup(_MEANT.get(plain, name)).name
        except LookupError:
            continue
        if encoding.startswith(_FAMILIES):
            found.append(encoding)
    return list(dict.fromkeys(found))


def _strictly(content: bytes, encoding: str) -> str | None:
    """The text, or None where a byte does not fit. A last character that was cut off is left out."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(content)
    except (UnicodeError, LookupError):
        return None


def _guess(content: bytes, declared: list[str]) -> str:
    korean = _strictly(content, "cp949")
    if korean is not None and _is_mostly_hangul(korean):
        return korean
    best = content.decode("utf-8", "replace")
    for encoding in (*declared, "cp949"):
        text = content.decode(encoding, "replace")
        if text.count("\ufffd") < best.count("\ufffd") and (encoding != "cp949" or _is_mostly_hangul(text)):
            best = text
    foreign = sum(1 for char in best if char > "\x7f")
    if best.count("\ufffd") * 2 > foreign:  # most of what is not ASCII was lost: a Western charset, undeclared
        return content.decode("cp1252", "replace")
    return best


def _is_mostly_hangul(text: str) -> bool:
    foreign = sum(1 for char in text if char > "\x7f")
    hangul = sum(1 for char in text if "가" <= char <= "힣")
    return hangul * 2 > foreign
