"""The kinds of value that settings are made of, each with its own clear refusal."""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import getaddresses
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from publisher.config import cron
from publisher.domain.audience import email_key
from publisher.domain.pace import EVERY, Limit
from publisher.errors import SecretMissing

_DURATION = re.compile(r"(\d+)\s*(s|m|h|d)")
_DOMAIN = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")
_PRINTABLE = re.compile(r"[^\s\x00-\x1f\x7f\"<>\\^`{|}]+")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Strict(BaseModel):
    """A frozen part of the settings that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if value == 0 and not isinstance(value, bool):
        return timedelta(0)
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    # More than seven digits of anything is no duration, and would overflow.
    if not match or len(match[1]) > 7:
        raise ValueError(f'{value!r} is not a duration; write a number and s, m, h or d, like "15m"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


Duration = Annotated[timedelta, BeforeValidator(_duration)]


def _pace(value: Any) -> Limit:
    return value if isinstance(value, Limit) else Limit.parse(value)


# How fast letters may leave, like "14/s".
Pace = Annotated[Limit, BeforeValidator(_pace)]


def _domain_paces(value: Any) -> dict[str, Limit]:
    if not isinstance(value, Mapping):
        raise ValueError('this is a table of domains; write a line for each, like "gmail.com" = "20/s"')
    paces = {}
    for domain, pace in value.items():
        try:
            paces[domain if domain == EVERY else _domain(domain)] = _pace(pace)
        except ValueError as error:
            raise ValueError(f"{domain}: {error}") from error
    return paces


def _domain(text: str) -> str:
    """As addresses are compared: lower case, A-labels."""
    wanted = 'this is not a mail domain; write one like "gmail.com", or "*" for each that is not named'
    try:
        domain = email_key(f"a@{text}").removeprefix("a@")
    except ValueError as error:
        raise ValueError(wanted) from error
    if not _DOMAIN.fullmatch(domain):
        raise ValueError(wanted)
    return domain


# The pace of recipient domains, "*" for each that has none of its own.
DomainPaces = Annotated[Mapping[str, Limit], BeforeValidator(_domain_paces)]


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is, never the secret itself: `env:NAME` or `file:PATH`."""

    place: str

    def reveal(self, root: Path, environ: Mapping[str, str] | None = None) -> str:
        """The secret, without surrounding white space. A relative path is taken from `root`. Raises SecretMissing."""
        kind, _, where = self.place.partition(":")
        if kind == "env":
            value = (os.environ if environ is None else environ).get(where, "").strip()
            if not value:
                raise SecretMissing(f"the secret {self.place} is not set; export {where} and try again")
            return value
        path = root / where
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise SecretMissing(f"the secret {self.place} cannot be read ({reason}); write it to {path}") from error
        if not value:
            raise SecretMissing(f"the secret {self.place} is empty; write it to {path}")
        return value


def _secret(value: Any) -> Secret:
    if isinstance(value, Secret):
        return value
    if isinstance(value, str) and re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+", value):
        return Secret(value)
    # The value may be a real secret pasted by mistake, so it is not repeated.
    raise ValueError('a secret is never in this file; write "env:NAME" or "file:PATH"')


SecretPlace = Annotated[Secret, BeforeValidator(_secret)]


def _zone(value: Any) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(value)
    except (KeyError, OSError, ValueError, TypeError) as error:
        near = difflib.get_close_matches(value, _zones(), n=1) if isinstance(value, str) else []
        example = near[0] if near else "Asia/Seoul"
        raise ValueError(f'{value!r} is not a time zone; write one like "{example}"') from error


@cache
def _zones() -> list[str]:
    return sorted(available_timezones())  # reads hundreds of files


Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]


def _line(value: str) -> str:
    if "\n" in value:
        raise ValueError("this must be one line; take the line break out")
    return value.strip()


# Text that stands in a header or a title.
Line = Annotated[str, AfterValidator(_line)]


def _cron_line(value: str) -> str:
    problem = cron.check(value)
    if problem:
        raise ValueError(problem)
    return value


CronLine = Annotated[str, AfterValidator(_cron_line)]


def _web_address(value: str) -> str:
    wanted = 'write one like "https://news.example.org"'
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        host = f"[{host}]" if ":" in host else host if host.isascii() else host.encode("idna").decode()
    except ValueError as error:
        raise ValueError(f"this is not a web address; {wanted}") from error
    if parts.username is not None or parts.password is not None:
        # What stands before the @ may be a password, so the value is not repeated.
        raise ValueError(f"a web address with a user name or password in it would be shown to readers; {wanted}")
    if parts.scheme not in ("http", "https") or not host or not _PRINTABLE.fullmatch(value):
        raise ValueError(f"{value!r} is not a web address; {wanted}")
    if not parts.path.isascii() or re.search(r'[<>"\\^`{|}]', parts.path):
        raise ValueError(f"{value!r} has letters in its path that a link cannot hold as they are; write them as %XX")
    if parts.query or parts.fragment:
        raise ValueError(f"{value!r} has something after ? or #; links are made by adding to it, so leave that out")
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


# http or https, no trailing slash; an international host name in its ASCII form.
WebAddress = Annotated[str, AfterValidator(_web_address)]


def _api_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment or not parts.hostname:
        raise ValueError("write only the address, like https://api.twitter.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValueError("must begin with https:// (http:// is only for a test server on this machine)")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# Where a channel's API is: credentials go there, so https, or this machine.
ApiUrl = Annotated[str, AfterValidator(_api_url)]


# What needs no second look: words with dots between them, at a domain of two labels or more (RFC 5321, 4.1.2).
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9_+-]{1,32}(?:\.[A-Za-z0-9_+-]{1,31})?@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?\.){1,4}[A-Za-z]{2,20}"
)


def _mailbox(value: str) -> str:
    wanted = 'write one like "Example News <letter@example.org>"'
    if not value.isprintable():
        raise ValueError(f"this mail address holds a control character; {wanted}")
    found = getaddresses([value])
    if len(found) != 1 or not found[0][1] or found[0][1] not in value:
        raise ValueError(f"{value!r} is not one mail address (a name with a comma needs quotation marks); {wanted}")
    if _PLAIN_ADDRESS.fullmatch(found[0][1]):
        return value.strip()
    from email_validator import EmailNotValidError, validate_email  # 50 ms, and most senders are plain

    try:
        validate_email(
            found[0][1],
            allow_smtputf8=False,
            check_deliverability=False,
            test_environment=True,
        )
    except EmailNotValidError as error:
        reason = str(error).rstrip(".").replace("The ", "the ").replace("An ", "an ")
        raise ValueError(f"{value!r} is not a mail address ({reason}); {wanted}") from error
    return value.strip()


def _domain_name(value: str) -> str:
    host = value.strip().rstrip(".").lower()
    try:
        host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError(f'{value!r} is not a domain; write one like "example.org"') from error
    if not _DOMAIN.fullmatch(host) or len(host) > 253:
        raise ValueError(f'{value!r} is not a domain; write one like "example.org"')
    return host


_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")

# A domain in its ASCII form, or nothing.
DomainOrNone = Annotated[str, AfterValidator(lambda value: _domain_name(value) if value.strip() else "")]


def selector(value: str) -> str:
    """A DKIM selector. Raises ValueError, which says what one looks like."""
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?", value):
        raise ValueError(f"{value!r} is not a selector; write a-z, 0-9 and - inside, at most 60")
    return value


# A label of a domain name, with room for "-ed" behind it.
Selector = Annotated[str, AfterValidator(selector)]


# One mailbox of RFC 5322: an address, or a name and an address in angle brackets.
Mailbox = Annotated[str, AfterValidator(_mailbox)]
MailboxOrNone = Annotated[str, AfterValidator(lambda value: _mailbox(value) if value.strip() else "")]


def _database_url(value: str) -> str:
    wanted = 'write "sqlite:///var/publisher.db" or "postgresql+psycopg://user@host/name"'
    try:
        parts = urlsplit(value)
        has_password = bool(parts.password) or "password" in parse_qs(parts.query)
    except ValueError as error:
        raise ValueError(f"this is not a database URL; {wanted}") from error
    if has_password:
        raise ValueError(
            "a password is never in this file; leave it out of the URL and put it into PGPASSWORD or ~/.pgpass"
        )
    if parts.scheme not in ("sqlite", "postgresql+psycopg"):
        raise ValueError(f"this is not a database URL that can be used; {wanted}")
    return value


DatabaseURL = Annotated[str, AfterValidator(_database_url)]
