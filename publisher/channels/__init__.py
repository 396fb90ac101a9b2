"""Where letters and posts go, one file a kind.

A channel maps, calls, and maps back. It never sees the database, never sleeps to retry, never retries, never logs a
body. An answer about one reader or text is a value (SendResult); an answer about us raises ChannelDown. Beside its
class a kind's file has its options (`Options`), which `wiring` hands to the settings loader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from publisher.domain.message import Accepted, Letter, Limits, SendResult, SocialPost
from publisher.errors import ChannelDown


class MailSession(Protocol):
    """Open connections to one relay. `capacity` letters may be given to it at once."""

    @property
    def capacity(self) -> int: ...

    def put(self, letter: Letter) -> None:
        """Start sending. Never more than `capacity` that have not been taken back."""
        ...

    def take(self, patience: float | None = None) -> Sequence[tuple[int, SendResult | ChannelDown]]:
        """Wait for at least one answer, by delivery id, or for `patience` seconds.

        A ChannelDown here is a letter that certainly did not leave.
        """
        ...

    def close(self) -> None:
        """End politely; never changes a result that was given."""
        ...


class MailChannel(Protocol):
    """A configured way to mail."""

    @property
    def name(self) -> str: ...

    @property
    def lists(self) -> tuple[str, ...]: ...

    @property
    def connections(self) -> int:
        """How many letters may be on their way at once."""
        ...

    def shared(self, workers: int) -> MailChannel:
        """The same for one of several workers: together they have no more on their way than one alone."""
        ...

    def open(self, leaves: Callable[[int], None] = ...) -> MailSession:
        """A session for letters. Raises ChannelDown.

        `leaves` is called with a delivery's id just before the first octet of its content leaves. Where that raises
        ChannelDown the letter stays, and that is its result.
        """
        ...


class SocialSession(Protocol):
    def send(self, post: SocialPost) -> SendResult:
        """One post. Raises ChannelDown."""
        ...

    def find(self, post: SocialPost) -> Accepted | None:
        """Look whether this post is there already, after an answer was lost. Raises ChannelDown."""
        ...

    def close(self) -> None: ...


class SocialChannel(Protocol):
    """A configured social network. `is_idempotent`: sending the same key twice makes one post."""

    @property
    def name(self) -> str: ...

    @property
    def limits(self) -> Limits: ...

    @property
    def is_idempotent(self) -> bool: ...

    def open(self) -> SocialSession: ...
