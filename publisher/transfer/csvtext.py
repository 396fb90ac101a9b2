"""CSV as other programs really write it: any encoding they use, any delimiter, quotes that never close.

Every line that is not blank ends up in exactly one record. A quotation mark that is never closed costs its own line
only: the csv module would swallow the rest of the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t")
# A broken quotation mark may pull in no more than this.
_LONGEST_RECORD = 1_000_000
_QUOTED = re.compile(r'[ ]*"([^"]*+(?:""[^"]*+)*+)"[ ]*')
_BROKEN = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n|\n|\r")
# Spreadsheets take a cell that begins so for a formula; the wide forms too.
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_PROTECTED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the number of its first line, its text, and its cells, or why it has none."""

    line: int
    raw: str
    cells: tuple[str, ...]
    problem: str = ""


def decoded(content: bytes) -> str:
    """The text of a file, by its byte order mark or by what it can be.

    Bytes that fit no encoding become lone surrogates, so that only the records that hold them are lost.
    """
    if content.startswith(codecs.BOM_UTF8):
        return content[3:].decode("utf-8", "surrogateescape")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _utf16(content[2:], "utf-16-le" if content.startswith(codecs.BOM_UTF16_LE) else "utf-16-be")
    head = content[:400]
    if len(head) >= 4 and not head[1::2].strip(b"\0"):
        return _utf16(content, "utf-16-le")
    if len(head) >= 4 and not head[0::2].strip(b"\0"):
        return _utf16(content, "utf-16-be")
    for encoding in ("utf-8", "cp949"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", "surrogateescape")


def is_broken(text: str) -> bool:
    """Whether `text` holds bytes that fit no encoding."""
    return _BROKEN.search(text) is not None


def hinted(text: str) -> tuple[str | None, str]:
    """The delimiter that a first line such as `sep=;` names, and the text with that line left empty."""
    match = re.match(r'"?sep=([,;\t|])"?(?=\r\n|\n|\r|\Z)', text, re.IGNORECASE)
    return (match[1], text[match.end() :]) if match else (None, text)


def records(text: str, delimiter: str) -> Iterator[Record]:
    """Every record of `text`. Line numbers count from 1; blank lines are passed over."""
    lines = _lines(text)
    at = 0
    while at < len(lines):
        start, end = lines[at]
        raw = text[start:end]
        if not raw.strip(" \t" if delimiter != "\t" else " "):
            at += 1
        elif '"' not in raw:
            yield Record(at + 1, raw, tuple(raw.split(delimiter)))
            at += 1
        else:
            cells, stop = _cells(text, start, delimiter)
            if cells is None:
                yield Record(at + 1, raw, (), "a quotation mark is not closed, or has text behind it")
                at += 1
                continue
            first = at
            while at < len(lines) and lines[at][0] <= stop:
                at += 1
            yield Record(first + 1, text[start:stop], tuple(cells))


def written(rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with the mark that spreadsheets want, every cell quoted, none a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in rows:
        writer.writerow([protected(cell) for cell in row])
    return codecs.BOM_UTF8 + _BROKEN.sub("\ufffd", out.getvalue()).encode()


def protected(cell: str) -> str:
    """`cell`, with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{cell}" if _FORMULA.match(cell.lstrip(" \n")) else cell


def unprotected(cell: str) -> str:
    """`cell` as it was before `protected`."""
    return cell[1:] if _PROTECTED.match(cell) else cell


def _utf16(content: bytes, encoding: str) -> str:
    whole = len(content) - len(content) % 2
    return content[:whole].decode(encoding, "surrogatepass") + content[whole:].decode("ascii", "surrogateescape")


def _lines(text: str) -> list[tuple[int, int]]:
    found, start = [], 0
    for match in _LINE_END.finditer(text):
        found.append((start, match.start()))
        start = match.end()
    return [*found, (start, len(text))]


def _cells(text: str, start: int, delimiter: str) -> tuple[list[str] | None, int]:
    """The cells of the record that begins at `start` and where it ends; None where a quotation mark is broken."""
    unquoted = re.compile(f"[^\r\n{re.escape(delimiter)}]*")
    cells: list[str] = []
    at, last = start, min(len(text), start + _LONGEST_RECORD)
    while True:
        match = _QUOTED.match(text, at, last)
        if match:
            cells.append(match[1].replace('""', '"'))
        else:
            match = unquoted.match(text, at, last)
            assert match
            # A cell that begins with a quotation mark has to end with one.
            if match[0].lstrip(" ").startswith('"'):
                return None, at
            cells.append(match[0])
        at = match.end()
        if at >= len(text) or text[at] in "\r\n":
            return cells, at
        if text[at] != delimiter:
            return None, at
        at += 1
