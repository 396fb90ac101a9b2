"""DKIM: the signature with which the sender's domain answers for a letter (RFC 6376; keys and hashes: 8301, 8463).

relaxed/relaxed, rsa-sha256 or ed25519-sha256 or one of each. What is the same for every reader is canonicalised and
hashed once; a signature depends on nothing but its arguments, so a letter that is signed again is the same letter.
"""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from publisher.config.values import Secret
from publisher.errors import SecretMissing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

PrivateKey: TypeAlias = "RSAPrivateKey | Ed25519PrivateKey"
_Sign: TypeAlias = Callable[[bytes], bytes]

RSA, ED25519 = "rsa", "ed25519"
# RFC 8301 3.2: signers use 2048 bits at least, and verifiers need not take more than 4096.
SMALLEST, LARGEST = 2048, 4096

# What of a message's head is signed where it is there …
_SIGNED = frozenset(
    {"from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type"}
    | {"list-id", "list-unsubscribe", "list-unsubscribe-post", "feedback-id"}
)
# … and what is named once more, so that nobody can add a second one (RFC 6376 8.15).
_ONLY_ONCE = ("From", "To", "Subject", "Date")
_WIDTH = 76
_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_NOT_RELAXED = re.compile(rb"\t|  | \r\n")


class BadKey(ValueError):
    """This is no key that letters can be signed with; the message says why, and never holds any of it."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Where the keys are, and the names of their public halves in the DNS: plain values, which any process can open.

    `domain` is empty where it is the sender's.
    """

    selector: str
    domain: str
    places: tuple[Secret, ...]
    root: Path

    def opened(self, sender_domain: str) -> Signer:
        """Raises SecretMissing, which names the first key that cannot be used."""
        keys: dict[str, PrivateKey] = {}
        for number, place in enumerate(self.places, start=1):
            try:
                key = private_key(place.reveal(self.root))
                if algorithm(key) in keys:
                    raise BadKey(f"is a second {algorithm(key)} key, and there can be one of each kind")
            except SecretMissing as error:
                raise SecretMissing(f"run `publisher mail keys` to make the key that signs: {error.message}") from error
            except BadKey as error:
                raise SecretMissing(
                    f"dkim.keys[{number}]: {place.place} {error}; take it out, and run `publisher mail keys`"
                ) from error
            keys[algorithm(key)] = key
        return Signer(self.domain or sender_domain, self.selector, keys.values())


@lru_cache(maxsize=8)
def private_key(pem: str) -> PrivateKey:
    """The key in `pem`: RSA of 2048 to 4096 bits, or Ed25519. Raises BadKey."""
    from cryptography.exceptions import UnsupportedAlgorithm  # all of it takes 60 ms, and most commands sign nothing
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), None)
    except TypeError as error:
        raise BadKey("is locked with a password, which nobody can type when letters leave") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadKey("is not a private key in PEM") from error
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise BadKey("is neither an RSA nor an Ed25519 key, and receivers know no other")
    if isinstance(key, RSAPrivateKey) and not SMALLEST <= key.key_size <= LARGEST:
        raise BadKey(f"has {key.key_size} bits, and receivers trust {SMALLEST} to {LARGEST}")
    return key


def algorithm(key: PrivateKey) -> str:
    """`rsa` or `ed25519`, as the `k=` of its record says."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return ED25519 if isinstance(key, Ed25519PrivateKey) else RSA


def selector_of(selector: str, kind: str) -> str:
    """The selector under which a key of this kind is published: a record holds but one key."""
    return f"{selector}-ed" if kind == ED25519 else selector


class Signer:
    """Signs in the name of `domain` with every key."""

    def __init__(self, domain: str, selector: str, keys: Iterable[PrivateKey]) -> None:
        self._domain = domain
        self._keys = [(algorithm(key), selector_of(selector, algorithm(key)), key) for key in keys]

    @property
    def algorithms(self) -> tuple[str, ...]:
        """`rsa`, which takes a thousand microseconds a letter on a small machine, or `ed25519`, or both."""
        return tuple(kind for kind, _, _ in self._keys)

    @property
    def record_names(self) -> tuple[str, ...]:
        """Where in the DNS the public half of each key has to be."""
        return tuple(f"{selector}._domainkey.{self._domain}" for _, selector, _ in self._keys)

    def prepare(self, head: bytes, varying: Sequence[str], when: datetime, beginning: bytes) -> Signing:
        """For messages with these fields in their head, with `varying` fields of their own, and a body that begins so.

        All of the body has to be what relaxed canonicalisation leaves as it is: `mail/quoted.py` writes no other.
        """
        fields = [field for field in _FIELD_END.split(head) if _name(field) in _SIGNED]
        covered = [*(field.partition(b":")[0].decode("ascii") for field in fields), *varying]
        shared = hashlib.sha256(b"".join(map(_relaxed, fields)))
        assert is_relaxed(beginning)
        lines = [
            _Line(_start(f"{kind}-sha256", self._domain, selector, when, [*covered, *_ONLY_ONCE]), _signing(key))
            for kind, selector, key in self._keys
        ]
        return Signing(shared, hashlib.sha256(beginning), lines)


class Signing:
    """Signs the messages of one issue, or one notice."""

    def __init__(self, head: hashlib._Hash, body: hashlib._Hash, lines: Sequence[_Line]) -> None:
        self._head = head
        self._body = body
        self._lines = lines

    def header(self, varying: bytes, rest: Iterable[bytes]) -> bytes:
        """The DKIM-Signature fields, which belong before everything else.

        `varying` are the message's own fields in the order that was prepared, `rest` is its body after the beginning.
        """
        body = self._body.copy()
        for octets in rest:
            body.update(octets)
        body_hash = b2a_base64(body.digest(), newline=False)
        head = self._head.copy()
        head.update(b"".join([_relaxed(field) for field in _FIELD_END.split(varying) if field]))
        return b"".join([line.signed(head.copy(), body_hash) for line in self._lines])


def is_relaxed(body: bytes) -> bool:
    """Whether relaxed canonicalisation (RFC 6376 3.4.4) leaves a body, or the lines of a piece of one, as they are."""
    return not _NOT_RELAXED.search(body)


def _signing(key: PrivateKey) -> _Sign:
    """Signs a SHA-256 hash with the key, which Ed25519 takes for any other message (RFC 8463 3)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.hashes import SHA256

    if isinstance(key, Ed25519PrivateKey):
        return key.sign
    padding, hashed = PKCS1v15(), Prehashed(SHA256())
    return lambda digest: key.sign(digest, padding, hashed)


class _Line:
    """One DKIM-Signature field, as far as it is the same for every message."""

    def __init__(self, start: bytes, sign: _Sign) -> None:
        self._start = start
        self._relaxed = _relaxed(start).removesuffix(b"\r\n")
        self._sign = sign

    def signed(self, head: hashlib._Hash, body_hash: bytes) -> bytes:
        head.update(b"%b%b; b=" % (self._relaxed, body_hash))
        value = b2a_base64(self._sign(head.digest()), newline=False)
        first = _WIDTH - len(" b=")
        parts = [value[:first], *(value[at : at + _WIDTH - 1] for at in range(first, len(value), _WIDTH - 1))]
        return b"%b%b;\r\n b=%b\r\n" % (self._start, body_hash, b"\r\n ".join(parts))


def _start(kind: str, domain: str, selector: str, when: datetime, covered: Sequence[str]) -> bytes:
    """All that stands before the hash of the body, folded between its tags and between the names of fields."""
    words = ["DKIM-Signature: v=1;", f"a={kind};", "c=relaxed/relaxed;", f"d={domain};", f"s={selector};"]
    words += [f"t={int(when.timestamp())};"]
    lines = [""]
    for word in words:
        lines[-1:] = _fitting(lines[-1], word, gap=" ")
    lines.append(" h=")
    for name in [*(f"{name}:" for name in covered[:-1]), f"{covered[-1]};"]:
        lines[-1:] = _fitting(lines[-1], name, gap="")
    return "\r\n".join([*lines, " bh="]).encode("ascii")


def _fitting(line: str, word: str, gap: str) -> list[str]:
    if not line:
        return [word]
    joined = f"{line}{gap}{word}"
    return [joined] if len(joined) <= _WIDTH else [line, f" {word}"]


def _name(field: bytes) -> str:
    return field.partition(b":")[0].decode("ascii").lower()


def _relaxed(field: bytes) -> bytes:
    """One header field, with its CRLF or without, as RFC 6376 3.4.2 has it."""
    name, _, value = field.partition(b":")
    return b"%b:%b\r\n" % (name.lower(), b" ".join(value.split()))
