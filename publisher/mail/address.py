"""Addresses as they go on the wire: never a character that could end a header or an SMTP command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from publisher.errors import RenderError

MAX_LOCAL, MAX_ADDRESS = 64, 254  # octets; RFC 5321 4.5.3.1 and its erratum 1690

# What no header source may hold: C0, DEL, C1, the line and paragraph separators, and halves of surrogate pairs.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_PLAIN = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*@{_LABEL}(?:\.{_LABEL})*")
_ALL_PLAIN = re.compile(rf"(?:{_PLAIN.pattern}\n)*+")
_MAILBOX = re.compile(r"\s*(?:(?P<name>[^<>]*?)\s*<(?P<named>[^<>\s]+)>|(?P<bare>[^<>\s]+))\s*")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name, which may be empty, and an address in its wire form."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @classmethod
    def parse(cls, text: str, where: str = "the address") -> Mailbox:
        """Read `Name <local@domain>` or `local@domain`. Raises RenderError, which begins with `where`."""
        refuse_controls(text, where)
        match = _MAILBOX.fullmatch(text)
        if not match:
            raise RenderError(f'{where} is not a mailbox; write it like "Name <letter@example.org>"')
        return cls(_unquoted(match["name"] or ""), wire_address(match["named"] or match["bare"], where))


def wire_address(address: str, where: str = "the address") -> str:
    """The address in ASCII, an international domain as its A-label.

    Of what RFC 5321 allows, quoted local parts (`"john doe"@…`) and address literals (`@[192.0.2.1]`) are refused too:
    nobody subscribes with them, and they are how commands and headers are broken out of.
    Raises RenderError, which begins with `where` and never holds the address, for these, for what is no address, and
    for a local part outside ASCII, which would need SMTPUTF8.
    """
    if is_plain(address):
        return address
    local, at, domain = address.rpartition("@")
    if not at or CONTROLS.search(address):
        raise RenderError(f"{where} is not a mail address; correct it")
    if len(local) >= 2 and local[0] == local[-1] == '"':
        raise RenderError(f"{where} has a part in quotation marks before the @; have the reader name another address")
    if re.fullmatch(r"\[[0-9A-Za-z:.-]+\]", domain):
        raise RenderError(f"{where} has a number in brackets in place of a domain; write the domain's name")
    if re.search(r'[\s<>()\[\],;:\\"]', address):
        raise RenderError(f"{where} is not a mail address; correct it")
    if not local.isascii():
        raise RenderError(f"{where} has letters outside ASCII before the @, which this relay's mail cannot carry")
    if not domain.isascii():
        return wire_address(f"{local}@{_a_label(domain, where)}", where)
    if len(local) > MAX_LOCAL or len(address) > MAX_ADDRESS:
        raise RenderError(f"{where} is too long: at most {MAX_LOCAL} characters before the @ and {MAX_ADDRESS} in all")
    raise RenderError(f"{where} is not a mail address; correct it")


def is_plain(address: str) -> bool:
    """Whether it is in its wire form already, as nearly every address is."""
    return _PLAIN.fullmatch(address) is not None and len(address) <= MAX_ADDRESS and address.index("@") <= MAX_LOCAL


def are_plain(addresses: Sequence[str]) -> bool:
    """Whether all of them are in their wire form, in one look; of those that are long it does not say so."""
    longest = max(map(len, addresses), default=0)
    return longest <= MAX_LOCAL and _ALL_PLAIN.fullmatch("".join(f"{address}\n" for address in addresses)) is not None


def refuse_controls(text: str, where: str) -> None:
    """Raise RenderError where `text` holds a character that no header may hold."""
    found = CONTROLS.search(text)
    if found:
        raise RenderError(f"{where} holds the control character U+{ord(found[0]):04X}; remove it")


@lru_cache(maxsize=1024)
def _a_label(domain: str, where: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # 30 ms, and few domains need it

    try:
        checked = validate_email(f"x@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise RenderError(f"{where} has a domain that is no international domain name; correct it") from error
    return checked.ascii_domain


def _unquoted(name: str) -> str:
    if len(name) >= 2 and name[0] == name[-1] == '"':
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name
