"""One-time codes of an authenticator (RFC 6238): six digits that hold for half a minute, each taken once.

The secret is kept encrypted with a key that comes from the publication's secret: who reads the database makes no codes.
"""

from __future__ import annotations

import base64
import hmac
import re
from datetime import datetime

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES, NONCE_BYTES = 20, 12  # RFC 4226, 4 (R6); NIST SP 800-38D, 8.2
STEP = 30  # seconds
_DRIFT = 1  # steps by which a telephone's clock may be wrong


def written(secret: bytes) -> str:
    """The secret as people type it into an authenticator: base32."""
    return base64.b32encode(secret).decode("ascii")


def uri(secret: str, email: str, publication: str) -> str:
    """What a QR code says to an authenticator."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=email, issuer_name=publication)


def step_of(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The time step whose code this is, None for no code of now. One up to `after` was taken already."""
    code = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", code):
        return None
    present, totp, found = int(now.timestamp()) // STEP, pyotp.TOTP(secret, interval=STEP), None
    for step in range(present - _DRIFT, present + _DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step), code) and step > after:
            found = step
    return found


def locked(secret: str, owner: str, key: bytes, nonce: bytes) -> str:
    """The secret as it is stored for that `owner`; for another it opens nothing. `nonce` is NONCE_BYTES of chance."""
    return base64.b64encode(nonce + AESGCM(_key(key)).encrypt(nonce, secret.encode(), owner.encode())).decode("ascii")


def unlocked(stored: str, owner: str, key: bytes) -> str | None:
    """The secret; None where the publication's secret is another one now, or the row was somebody else's."""
    try:
        content = base64.b64decode(stored, validate=True)
        return AESGCM(_key(key)).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], owner.encode()).decode()
    except (InvalidTag, ValueError):
        return None


def _key(secret: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"publisher totp").derive(secret)
