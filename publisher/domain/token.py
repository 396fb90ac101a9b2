"""Signed links and return paths: an HMAC for each purpose, so that a token for one thing opens no other.

A token is `payload.signature`, the signature 128 bits of HMAC-SHA-256 in lower-case base32 (SECURITY.md asks for at
least that), so it survives mail systems that fold case.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

_SIGNATURE_BYTES = 16
_PAYLOAD = re.compile(r"[a-z0-9-]+")


def sign(secret: bytes, purpose: str, payload: str) -> str:
    """The token for `payload`, which is made of a-z, 0-9 and "-". Raises ValueError for any other payload."""
    if not _PAYLOAD.fullmatch(payload):
        raise ValueError(f"not a token payload: {payload!r}")
    return f"{payload}.{_signature(secret, purpose, payload)}"


def verify(secret: bytes, purpose: str, token: str) -> str | None:
    """The payload of a token that was signed for this purpose, else None. Compares in constant time."""
    payload, _, signature = token.lower().partition(".")
    if not _PAYLOAD.fullmatch(payload) or not signature.isascii():
        return None
    if hmac.compare_digest(signature, _signature(secret, purpose, payload)):
        return payload
    return None


def _signature(secret: bytes, purpose: str, payload: str) -> str:
    digest = hmac.digest(secret, f"{purpose}\0{payload}".encode(), hashlib.sha256)[:_SIGNATURE_BYTES]
    return base64.b32encode(digest).decode().rstrip("=").lower()
