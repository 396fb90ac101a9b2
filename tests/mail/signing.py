"""Keys that sign, the records that their public halves are published in, and another's eye on what was signed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import dkim
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from publisher.mail.dkim import Signer, algorithm, private_key, selector_of
from publisher.mail.keys import record

DOMAIN, SELECTOR = "example.org", "letter"


@cache
def pem(kind: str) -> str:
    """A key of this kind, made once: `rsa`, `ed25519`, or one that mail cannot be signed with."""
    makers: dict[str, Callable[[], Any]] = {
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "short": lambda: rsa.generate_private_key(65537, 1024),
        "dsa": lambda: dsa.generate_private_key(1024),
        "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
    }
    content: bytes = makers[kind]().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return content.decode()


def signer(*kinds: str) -> Signer:
    return Signer(DOMAIN, SELECTOR, [private_key(pem(kind)) for kind in kinds])


def dns(name: bytes, timeout: int = 5) -> bytes:
    """The TXT record at `name`, as the command tells people to publish it."""
    keys = [private_key(pem(kind)) for kind in ("rsa", "ed25519")]
    records = {f"{selector_of(SELECTOR, algorithm(key))}._domainkey.{DOMAIN}.": record(key) for key in keys}
    return records[name.decode()].encode()


def verdicts(content: bytes) -> list[bool]:
    """What dkimpy says of each signature of a message, the first first."""
    count = content.partition(b"\r\n\r\n")[0].lower().count(b"dkim-signature:")
    return [_verdict(content, index) for index in range(count)]


def _verdict(content: bytes, index: int) -> bool:
    try:
        return bool(dkim.DKIM(content).verify(index, dnsfunc=dns))
    except dkim.DKIMException:
        return False
