"""A plain CSV of subscribers in and out: `email`, `name`, and anything else as attributes.

Every line that is not blank becomes a row or is refused with its reason; nothing is dropped in silence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from publisher.domain.audience import ImportRow
from publisher.domain.message import without_marks
from publisher.errors import TransferError
from publisher.transfer import csvtext
from publisher.transfer.addresses import BadAddress, address, same_address_key
from publisher.transfer.csvtext import Record
from publisher.transfer.departed import departure, tells_departure

MAX_CELL = 10_000
EMAIL_HEADERS = ("email", "e-mail", "email address", "email_address", "이메일", "이메일 주소", "메일 주소")
NAME_HEADERS = ("name", "full name", "full_name", "이름", "성명")
_SHOWN_HEADERS = 12
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A record that is no subscriber: the line it begins on, its text as it stands in the file, and why."""

    line: int
    raw: str
    reason: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds. Every record is in one of the two, in the order of the file."""

    rows: list[ImportRow]
    refused: list[RefusedRow]


def read_csv(content: bytes) -> Read:
    """The subscribers in a CSV file: UTF-8, UTF-16 or CP949; comma, semicolon or tab. Raises TransferError."""
    hint, text = csvtext.hinted(csvtext.decoded(content))
    header, delimiter = _header(text, hint)
    columns = _Columns.of(header.cells)
    rows: list[ImportRow] = []
    refused: list[RefusedRow] = []
    seen: dict[str, int] = {}
    for record in csvtext.records(text, delimiter):
        if record.line == header.line:
            continue
        row = columns.row(record)
        if isinstance(row, ImportRow):
            first = seen.setdefault(same_address_key(row.email), record.line)
            if first == record.line:
                rows.append(row)
                continue
            row = f"same as line {first}"
        refused.append(RefusedRow(record.line, record.raw, row))
    return Read(rows, refused)


def write_csv(rows: Iterable[ImportRow]) -> bytes:
    """The rows as a CSV that `read_csv` reads back: email, name, then every attribute that any of them has."""
    rows = list(rows)
    keys = list(dict.fromkeys(key for row in rows for key in row.attributes))
    lines = ([row.email, row.name, *(row.attributes.get(key, "") for key in keys)] for row in rows)
    return csvtext.written([["email", "name", *keys], *lines])


def write_refused(rows: Iterable[RefusedRow]) -> bytes:
    """The refused rows as a CSV: the line of the file, the reason, and the text that stood there."""
    return csvtext.written([["line", "reason", "row"], *([str(row.line), row.reason, row.raw] for row in rows)])


def _header(text: str, hint: str | None) -> tuple[Record, str]:
    """The header, and the delimiter under which it names a column of addresses."""
    best: Record | None = None
    for delimiter in (hint,) if hint else csvtext.DELIMITERS:
        record = next(csvtext.records(text, delimiter), None)
        if record is None:
            raise TransferError("the file is empty; it needs a header line with email, and a line for each subscriber")
        if any(_folded(cell) in EMAIL_HEADERS for cell in record.cells):
            return record, delimiter
        best = record if best is None or len(record.cells) > len(best.cells) else best
    assert best
    raise TransferError(f"no column is named email; {_found(best)}; name one of them email in line {best.line}")


def _found(header: Record) -> str:
    if header.problem:
        return f"in line {header.line}, {header.problem}"
    if any("@" in cell for cell in header.cells):
        return "the first line holds an address, not the names of the columns"
    names = [_clean(cell)[:40] or "(no name)" for cell in header.cells[:_SHOWN_HEADERS]]
    return f"found {', '.join(names)}{' …' if len(header.cells) > _SHOWN_HEADERS else ''}"


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which cell of a record is what."""

    email: int
    name: int | None
    attributes: Mapping[int, str]
    departure: tuple[str, ...]
    count: int

    @classmethod
    def of(cls, cells: Sequence[str]) -> _Columns:
        folded = [_folded(cell) for cell in cells]
        email = next(place for place, name in enumerate(folded) if name in EMAIL_HEADERS)
        name = next((place for place, name in enumerate(folded) if name in NAME_HEADERS and place != email), None)
        attributes: dict[int, str] = {}
        taken = {"email", "name"}
        for place, cell in enumerate(cells):
            if place in (email, name):
                continue
            label = base = _clean(cell)[:100] or f"column {place + 1}"
            while label.casefold() in taken:
                label = f"{base} {place + 1}" if label == base else f"{label}+"
            taken.add(label.casefold())
            attributes[place] = label
        departed = tuple(label for label in attributes.values() if tells_departure(label))
        return cls(email, name, attributes, departed, len(cells))

    def row(self, record: Record) -> ImportRow | str:
        """The subscriber in this record, or the reason why there is none."""
        problem = record.problem or self._problem(record)
        if problem:
            return problem
        values = [csvtext.unprotected(cell) for cell in record.cells]
        values += [""] * (self.count - len(values))
        name = _clean(values[self.name]) if self.name is not None else ""
        if name.startswith(("=", "＝")):
            return "the name is a spreadsheet formula"
        attributes = {label: _clean_block(values[place]) for place, label in self.attributes.items()}
        gone = departure({label: attributes[label] for label in self.departure})
        if gone:
            return gone
        try:
            email = address(values[self.email])
        except BadAddress as reason:
            return str(reason)
        kept = {label: value for label, value in attributes.items() if value}
        return ImportRow(email=email, name=name, attributes=kept, line=record.line)

    def _problem(self, record: Record) -> str:
        if any(cell.strip() for cell in record.cells[self.count :]):
            found = f"{len(record.cells)} cells where the header has {self.count}"
            return f"{found}; a text with a delimiter in it needs quotation marks"
        if any(len(cell) > MAX_CELL for cell in record.cells):
            return f"a cell is longer than {MAX_CELL:,} characters"
        if csvtext.is_broken(record.raw):
            return "it holds bytes that fit no encoding; save the file as UTF-8"
        return ""


def _folded(cell: str) -> str:
    return _clean(cell).casefold()


def _clean(text: str) -> str:
    """One line: NFC, without control characters and slot marks, white space folded."""
    return " ".join(_clean_block(text).split())


def _clean_block(text: str) -> str:
    if text.isprintable() and unicodedata.is_normalized("NFC", text):
        return text.strip()
    text = unicodedata.normalize("NFC", without_marks(text)).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text).strip()
