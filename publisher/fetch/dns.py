"""TXT records of the DNS, where SPF, DKIM and DMARC stand."""

from __future__ import annotations

from collections.abc import Callable

Ask = Callable[[str], tuple[str, ...] | None]
"""The TXT records of a name, empty where it has none; None where nobody could be asked."""

SECONDS = 5.0


def txt(name: str, *, server: tuple[str, int] | None = None, seconds: float = SECONDS) -> tuple[str, ...] | None:
    """The TXT records of `name`, each as one text; empty where there is none, None where no answer came in time.

    The system's resolvers are asked, or `server`, an address and a port.
    """
    from dns.exception import DNSException  # 40 ms, and most commands ask nothing
    from dns.resolver import NXDOMAIN, NoAnswer, Resolver

    try:
        resolver = Resolver(configure=server is None)
        if server is not None:
            resolver.nameservers, resolver.port = [server[0]], server[1]
        answer = resolver.resolve(name, "TXT", lifetime=seconds, search=False)
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)
    except (NXDOMAIN, NoAnswer):
        return ()
    except (DNSException, OSError, UnicodeError):
        return None
