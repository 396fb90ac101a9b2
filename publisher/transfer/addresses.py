"""One mail address, checked as it will be used on the wire."""

from __future__ import annotations

import re
import unicodedata

# What nearly every address looks like. It is a part of what email-validator accepts, and a hundred times as fast.
_PLAIN = re.compile(r"[a-z0-9_]+(?:[.+-][a-z0-9_]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\.)+[a-z]{2,20}", re.ASCII)
_PLAIN_LENGTH = 64
_LONGEST_LOCAL = 64  # RFC 5321, 4.5.3.1.1
_RESERVED = (".test", ".invalid", ".local", ".localhost", ".onion", ".arpa")


class BadAddress(ValueError):
    """This is no address that a letter can be sent to; the message says why, and does not repeat it."""


def address(text: str) -> str:
    """The address without white space around it, its domain in lower-case ASCII, as SMTP carries it.

    Nothing is looked up. Raises BadAddress.
    """
    text = unicodedata.normalize("NFC", text).strip()
    local, _, domain = text.rpartition("@")
    plain = f"{local}@{domain.lower()}"
    if (
        len(plain) <= _PLAIN_LENGTH
        and _PLAIN.fullmatch(plain.lower())
        and not plain.endswith(_RESERVED)
        and "--" not in plain
    ):
        return plain
    if not text:
        raise BadAddress("there is no address")
    if not text.isprintable():
        raise BadAddress("the address holds a character that cannot be shown")
    if len(local.encode()) > _LONGEST_LOCAL:
        raise BadAddress(f"the part before the @ is longer than {_LONGEST_LOCAL} characters")
    return _validated(text)


def same_address_key(checked: str) -> str:
    """Two addresses with this in common are one subscriber: letter case makes no difference."""
    return checked.casefold()


def _validated(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # 50 ms, and seldom needed

    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        # Its message may quote characters of the address, but never the whole of it.
        reason = str(error).rstrip(".")
        raise BadAddress(f"not a mail address: {reason[0].lower()}{reason[1:]}") from error
    if found.ascii_email is None:
        raise BadAddress("the part before the @ has letters beyond ASCII, which most mail systems refuse")
    return found.ascii_email
