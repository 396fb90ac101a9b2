"""Mail through one relay, over several connections at once (`publisher/mail/pool.py`).

What a relay's answers mean is decided in `publisher/mail/dialogue.py`.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from publisher.channels import MailSession
from publisher.config.settings import ChannelOptions
from publisher.config.values import DomainPaces, Duration, Pace, SecretPlace
from publisher.domain.message import Deferred
from publisher.errors import ChannelDown, SecretMissing
from publisher.mail.pool import Pool
from publisher.mail.smtp import Conversation, Relay, Security


class Options(ChannelOptions):
    """`kind = "smtp"`."""

    kind: Literal["smtp"]
    host: str = Field(min_length=1)
    """The relay."""
    port: int = Field(default=587, ge=1, le=65535)
    """587 for `starttls`, 465 for `tls`."""
    security: Security = "starttls"
    """How the line is protected; the certificate is verified. `none` only for a relay on this machine."""
    username: str = ""
    """Who logs in; nobody where it is empty."""
    password: SecretPlace | None = None
    """Its password."""
    connections: int = Field(default=8, ge=1, le=100)
    """How many letters are under way at once."""
    workers: int = Field(default=0, ge=0, le=64)
    """How many processes write and sign letters; 0: one for each core where they are signed with RSA, else this one."""
    pace: Pace | None = None
    """How fast letters may leave, like `"14/s"` or `"50000/day"`; without it, as fast as the relay takes them."""
    domain_pace: DomainPaces = Field(default_factory=dict)
    """The same for recipients' domains: `"gmail.com" = "20/s"`, and `"*"` for every domain that is not named."""
    lists: tuple[str, ...] = Field(min_length=1)
    """Who gets the letter: lists of `subscribers/lists.toml`."""
    timeout: Duration = timedelta(seconds=30)
    """How long the relay may be silent before the letter is complete."""
    deadline: Duration = timedelta(minutes=10)
    """How long one letter may take, whatever trickles in (RFC 5321 gives the last answer ten minutes)."""
    helo: str = Field(default="", pattern=r"^[A-Za-z0-9.:\[\]-]*$")
    """The name we greet with; by default the name of this machine."""
    ca_file: str = ""
    """A file of certificates to trust, for a relay with one of its own."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.security == "none" and not _is_loopback(self.host):
            raise ValueError(
                f'security = "none" would send letters and password in clear to {self.host}; '
                'write "starttls" or "tls" (none is only for a relay on this machine)'
            )
        if bool(self.username) != (self.password is not None):
            raise ValueError("username and password go together; write both or neither")
        if not self.timeout or not self.deadline:
            raise ValueError("timeout and deadline have to be longer than 0")
        return self


class Smtp:
    """A configured relay. Relative paths are taken from `root`."""

    def __init__(self, options: Options, *, root: Path) -> None:
        self._options = options
        self._root = root

    @property
    def name(self) -> str:
        return self._options.name

    @property
    def lists(self) -> tuple[str, ...]:
        return self._options.lists

    @property
    def connections(self) -> int:
        return self._options.connections

    def shared(self, workers: int) -> Smtp:
        share = max(1, self._options.connections // workers)
        return Smtp(self._options.model_copy(update={"connections": share}), root=self._root)

    def open(self, leaves: Callable[[int], None] = lambda delivery_id: None) -> MailSession:
        """A session that connects when its first letter comes. Raises ChannelDown for a missing password or CA."""
        options = self._options
        return Pool(self._relay(), options.connections, options.deadline.total_seconds(), leaves)

    def check(self) -> None:
        """Connect, secure, log in, say goodbye. Raises ChannelDown with what to do."""
        conversation = Conversation(self._relay())
        opened = conversation.open(time.monotonic() + self._options.deadline.total_seconds())
        conversation.close()
        if isinstance(opened, Deferred):
            raise ChannelDown(self.name, f"{opened.reason}; try later")

    def _relay(self) -> Relay:
        options = self._options
        try:
            password = options.password.reveal(self._root) if options.password else ""
        except SecretMissing as error:
            raise ChannelDown(self.name, error.message) from error
        return Relay(
            channel=self.name,
            host=options.host,
            port=options.port,
            security=options.security,
            helo=options.helo or _own_name(),
            silence=options.timeout.total_seconds(),
            context=self._context(),
            username=options.username,
            password=password,
        )

    def _context(self) -> ssl.SSLContext | None:
        if self._options.security == "none":
            return None
        if not self._options.ca_file:
            return ssl.create_default_context()
        path = self._root / self._options.ca_file
        try:
            return ssl.create_default_context(cafile=path)
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror if not isinstance(error, ssl.SSLError) else "it holds no certificate"
            raise ChannelDown(self.name, f"ca_file {path} cannot be read ({reason}); correct it") from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _own_name() -> str:
    """What this machine calls itself; an address literal where it has no full name (RFC 5321 4.1.3)."""
    name = socket.getfqdn()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
