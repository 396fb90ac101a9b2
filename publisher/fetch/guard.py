"""Which hosts may be talked to, and a connection to exactly the address that was looked at.

Resolving once and connecting to that very address leaves no moment in which a name could come to mean something else.
"""

from __future__ import annotations

import contextlib
import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Resolve = Callable[[str, int], Sequence[str]]
Connect = Callable[[str, int, float], socket.socket]

# What `is_global` of the older Pythons lets through although it leads, or may lead, to somewhere private: IPv4 carried
# inside IPv6 (NAT64, 6to4, Teredo, IPv4-compatible), site-local, documentation and segment routing.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/23",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
    )
)
_PRIVATE = (
    "is refused: the host {host} is at {address}, which is not a public address; "
    "if that is meant, set private_addresses = true under [fetch]"
)


@dataclass(frozen=True, slots=True)
class Cap:
    """The most bytes that an answer may have, and the setting that says so."""

    max_bytes: int
    setting: str


class WireError(Exception):
    """One attempt failed, for `reason`. `may_pass` when trying again may help, `is_late` when its time had run out."""

    def __init__(self, reason: str, *, may_pass: bool = False, is_late: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.may_pass = may_pass
        self.is_late = is_late


class Forbidden(WireError):
    """The guard does not let this be asked."""


def is_public(address: str) -> bool:
    """Whether it means the same machine to everyone on the internet. IPv4 mapped into IPv6 counts as itself."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if any(ip.version == network.version and ip in network for network in _NOT_PUBLIC):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def dial(
    host: str, port: int, seconds: float, *, resolve: Resolve, connect: Connect, may_be_private: bool
) -> socket.socket:
    """A connection to `host` within `seconds`. Raises Forbidden where any address is not public, else WireError."""
    end = time.monotonic() + seconds
    if not may_be_private and host.rstrip(".").rpartition(".")[2] == "localhost":  # this machine (RFC 6761, 6.3)
        raise Forbidden(_PRIVATE.format(host=host, address="this machine"))
    addresses = _resolve_in_time(resolve, host, port, seconds)
    if not addresses:
        raise WireError(f"has no address (the host {host})")
    for address in addresses:
        if not may_be_private and not is_public(address):
            raise Forbidden(_PRIVATE.format(host=host, address=address))
    reason = ""
    for count, address in enumerate(addresses):
        left = end - time.monotonic()
        if left <= 0:
            raise WireError("took too long to connect", is_late=True)
        try:
            return connect(address, port, left / (len(addresses) - count))
        except TimeoutError:
            reason = "no answer"
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
    if end - time.monotonic() <= 0:
        raise WireError("took too long to connect", is_late=True)
    raise WireError(f"cannot be reached ({reason})", may_pass=True)


def resolve_host(host: str, port: int) -> Sequence[str]:
    """Every address of a host, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect_to(address: str, port: int, seconds: float) -> socket.socket:
    """A TCP connection to one address (never a name)."""
    return socket.create_connection((address, port), timeout=seconds)


def _resolve_in_time(resolve: Resolve, host: str, port: int, seconds: float) -> Sequence[str]:
    """`getaddrinfo` cannot be interrupted, so it is waited for in a thread of its own."""
    answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(resolve(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    answer: Sequence[str] | Exception | None = None
    with contextlib.suppress(queue.Empty):
        answer = answers.get(timeout=seconds)
    match answer:
        case None:
            raise WireError("took too long to look up", is_late=True)
        case socket.gaierror() if answer.errno == socket.EAI_AGAIN:
            raise WireError(f"cannot be looked up now (the host {host})", may_pass=True) from answer
        case Exception():
            raise WireError(f"has no such host ({host}); check the address") from answer
        case _:
            return answer
