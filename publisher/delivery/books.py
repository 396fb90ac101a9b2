"""The database asked in a thread of its own, one thing at a time: letters need not stand still while it writes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait


class Books:
    """`ask`, and later `settle`: what was asked is then done with its answer, in the thread of whoever settles."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="books")
        self._asked: Future[Callable[[], None]] | None = None

    @property
    def is_asked(self) -> bool:
        return self._asked is not None

    def ask(self, question: Callable[[], Callable[[], None]]) -> None:
        """Begin `question`, which gives what is to be done with its answer. Nothing else may be asked before that."""
        assert self._asked is None
        self._asked = self._thread.submit(question)

    def settle(self, patience: float | None = 0.0) -> None:
        """Do what is to be done with the answer, if it comes within `patience` seconds; None waits for it."""
        asked = self._asked
        if asked is None:
            return
        if patience != 0.0:
            wait((asked,), patience)
        if asked.done():
            self._asked = None
            asked.result()()

    def close(self) -> None:
        self._thread.shutdown()
