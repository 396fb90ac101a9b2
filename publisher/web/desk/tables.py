"""Tables to take along, as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO

from starlette.responses import Response, StreamingResponse

from publisher.transfer.csvtext import protected

IN_MEMORY, PIECE = 1_000_000, 65_536  # bytes


class Table:
    """A table that is written in whole before any of it is sent, and is closed with its answer.

    It is a file, so that a million rows are neither held in memory nor keep the database waiting for a slow reader.
    """

    def __init__(self, heads: Sequence[str]) -> None:
        self._file: IO[str] = SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8", newline="")  # noqa: SIM115  see above
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(heads)

    def write(self, rows: Iterable[Sequence[object]]) -> None:
        """Write these rows. Cells that a spreadsheet would take for a formula are text. Raises what `rows` raises."""
        try:
            for row in rows:
                self._writer.writerow([protected(cell) if isinstance(cell, str) else cell for cell in row])
        except BaseException:
            self._file.close()
            raise

    def answer(self, name: str) -> Response:
        """The table as a file of that name."""
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return StreamingResponse(self._pieces(), media_type="text/csv; charset=utf-8", headers=headers)

    def _pieces(self) -> Iterator[str]:
        with self._file as file:
            file.seek(0)
            while piece := file.read(PIECE):
                yield piece
