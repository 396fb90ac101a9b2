"""OAuth 1.0a as a server checks it: HMAC-SHA1 over method, address and parameters (RFC 5849, section 3.4)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

NEEDED = ("consumer_key", "token", "signature", "signature_method", "timestamp", "nonce")


@dataclass(frozen=True, slots=True)
class Keys:
    """What the account's owner put into the environment."""

    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str


def credentials(header: str) -> Mapping[str, str] | None:
    """The oauth_ parameters of an Authorization header; None unless all that are needed are there and well formed."""
    pairs = re.findall(r'(oauth_[a-z_]+)="([^"]*)"', header) if header.startswith("OAuth ") else []
    given = {name: unquote(value) for name, value in pairs}
    is_whole = all(given.get(f"oauth_{name}") for name in NEEDED)
    if not is_whole or given["oauth_signature_method"] != "HMAC-SHA1" or not given["oauth_timestamp"].isdigit():
        return None
    return given


def is_signed_by(keys: Keys, given: Mapping[str, str], method: str, url: str, query: Iterable[tuple[str, str]]) -> bool:
    """Whether `given` was made with `keys` for exactly this request."""
    signature = _signature(keys, method, url, [*query, *given.items()])
    is_known = (given["oauth_consumer_key"], given["oauth_token"]) == (keys.consumer_key, keys.access_token)
    return is_known and hmac.compare_digest(signature.encode(), given["oauth_signature"].encode())


def _signature(keys: Keys, method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    encoded = sorted((_quoted(name), _quoted(value)) for name, value in parameters if name != "oauth_signature")
    base = "&".join(_quoted(part) for part in (method, url, "&".join(f"{name}={value}" for name, value in encoded)))
    key = f"{_quoted(keys.consumer_secret)}&{_quoted(keys.access_token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), hashlib.sha1)).decode()


def _quoted(text: str) -> str:
    return quote(text, safe="~")
