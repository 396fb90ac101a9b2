"""Every error that a person may meet, as one tree.

    PublisherError              one readable line: what, which one, what to do
    ├── WrongUse                the command was called wrongly                      exit 2
    │   └── ConfigError         config.toml or lists.toml, every problem at once    exit 2
    ├── SecretMissing           an env: or file: secret that is not there
    ├── DatabaseError           behind, newer, locked, gone or full
    │   └── Busy                another process is doing this on the same database
    ├── NotFound                no such issue, item, editor, subscriber …
    ├── NotAllowed              this editor's role does not go so far
    ├── FetchError              one URL could not be had
    │   ├── FetchRefused        … because the guard forbids it
    │   └── NotAsked            … because there was no time left for it
    ├── PictureError            these bytes are no picture that can be shown
    ├── SourceError             one source gave nothing usable
    ├── RenderError             one template or its values cannot be rendered
    ├── ApprovalError           this approval cannot be given, or does not cover
    ├── TransferError           one file of subscribers or feeds cannot be read
    └── ChannelDown             an answer about us, not about the reader: stop this channel

A message names what, which one and what to do; it never holds a secret, a body or a whole address.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Fault(StrEnum):
    """What kept a source from being read: it decides when the source is asked again, and what it is called."""

    UNREACHED = "unreached"  # no answer, or none in time: its network, or ours
    PASSING = "passing"  # it answered that it cannot now: 429, 5xx
    LASTING = "lasting"  # stays until somebody changes something: 404, a certificate, no feed there
    LOCKED = "locked"  # it wants a login, or not us: 401, 403
    GONE = "gone"  # it will not come back: 410


class PublisherError(Exception):
    """A failure that is told to a person in one line. `exit_status` is the command's."""

    exit_status = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class WrongUse(PublisherError):
    exit_status = 2


class ConfigError(WrongUse):
    """Every problem of a settings file at once, each "path: what is wrong; what to do"."""

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"{where}: {count}{lines}")
        self.where = where
        self.problems = tuple(problems)


class SecretMissing(PublisherError):
    pass


class DatabaseError(PublisherError):
    pass


class Busy(DatabaseError):
    pass


class NotFound(PublisherError):
    pass


class NotAllowed(PublisherError):
    pass


class FetchError(PublisherError):
    """`url` could not be had, for `reason`. `retry_after` is in seconds, when the server said so."""

    def __init__(
        self, url: str, reason: str, *, retry_after: float | None = None, fault: Fault = Fault.LASTING
    ) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason
        self.retry_after = retry_after
        self.fault = fault


class FetchRefused(FetchError):
    pass


class NotAsked(FetchError):
    pass


class PictureError(PublisherError):
    pass


class SourceError(PublisherError):
    pass


class RenderError(PublisherError):
    pass


class ApprovalError(PublisherError):
    pass


class TransferError(PublisherError):
    pass


class ChannelDown(PublisherError):
    """The channel cannot work now: bad login, TLS, refused before any recipient was named.

    Nothing that was being sent left us; its rows return to the queue and the channel pauses.
    """

    def __init__(self, channel: str, reason: str) -> None:
        super().__init__(f"channel {channel}: {reason}")
        self.channel = channel
        self.reason = reason
