"""Keys for DKIM: made where there are none yet, and their public halves as the records that the DNS has to hold."""

from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.config.values import Secret
from publisher.errors import PublisherError
from publisher.mail.dkim import ED25519, RSA, SMALLEST, BadKey, algorithm, private_key, selector_of

if TYPE_CHECKING:
    from publisher.mail.dkim import PrivateKey

_LONGEST_STRING = 255  # RFC 1035 3.3: one string of a TXT record, of which there may be several


@dataclass(frozen=True, slots=True)
class Published:
    """A key and what the DNS has to say of it: a TXT record at `name`. `is_new`: it was made just now."""

    kind: str
    place: Secret
    is_new: bool
    selector: str
    name: str
    value: str

    @property
    def zone_line(self) -> str:
        """The record as a line of a zone file, in strings of at most 255 octets."""
        strings = [self.value[at : at + _LONGEST_STRING] for at in range(0, len(self.value), _LONGEST_STRING)]
        return f"{self.name}. IN TXT " + " ".join(f'"{string}"' for string in strings)


def default_place(kind: str) -> Secret:
    return Secret(f"file:var/dkim-{kind}.pem")


def published(place: Secret, root: Path, selector: str, domain: str) -> Published:
    """The key at `place`, made where its file is missing: Ed25519 if the name says so, else RSA.

    Raises SecretMissing and PublisherError, which say what to do.
    """
    where, _, path = place.place.partition(":")
    is_new = where == "file" and _make(root / path, ED25519 if ED25519 in path else RSA)
    try:
        key = private_key(place.reveal(root))
    except BadKey as error:
        raise PublisherError(f"{place.place} {error}; move it away, and run this again for a new one") from error
    named = selector_of(selector, algorithm(key))
    return Published(algorithm(key), place, is_new, named, f"{named}._domainkey.{domain}", record(key))


def record(key: PrivateKey) -> str:
    """What the TXT record says: the public half, in the form that its kind has there (RFC 6376 3.6.1, RFC 8463 4)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = key.public_key()
    if isinstance(key, Ed25519PrivateKey):
        return f"v=DKIM1; k=ed25519; p={b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()}"
    whole = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={b64encode(whole).decode()}"


def _make(path: Path, kind: str) -> bool:
    """Write a new key of this kind to `path`, for its owner's eyes only; False where there is a file already.

    Raises PublisherError where it cannot be written.
    """
    if os.path.lexists(path):
        return False
    content = _new(kind)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # O_EXCL: a file that appeared since we looked is not overwritten, and a link is not followed.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise PublisherError(f"{path} cannot be written ({error.strerror}); see to its folder") from error
    return True


def _new(kind: str) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key: PrivateKey
    if kind == ED25519:
        key = Ed25519PrivateKey.generate()
    else:
        key = generate_private_key(public_exponent=65537, key_size=SMALLEST)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
