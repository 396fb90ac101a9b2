"""One connection of a reader, which cannot be kept for nothing.

uvicorn waits as long as it takes for the head of a request, and takes any number of connections. The clock and the
engine are in the same process and need descriptors too, so both have an end here.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 20.0  # seconds for the whole head of a request
MOST = 400


class Connection(H11Protocol):
    """Ends when a request's head is not whole in time, and at once when there are too many others."""

    patience = PATIENCE
    most = MOST
    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.close()
        self._wait_for_a_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait_for_a_head()
        else:
            self._wait_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait_for_a_head(self) -> None:
        """From the first byte on: one that drips in byte by byte is given no more time than another."""
        if self._end is None:
            self._end = self.loop.call_later(self.patience, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None


def connections(patience: float = PATIENCE, most: int = MOST) -> type[Connection]:
    """The class of connections with these bounds."""
    return type("_Connection", (Connection,), {"patience": patience, "most": most})
