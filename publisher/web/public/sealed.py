"""What a sealed page may do in a browser: what stands in it, and nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html.parser import HTMLParser
from urllib.parse import urlsplit

import idna

from publisher.web.guard import policy


def policy_of(page: str) -> str:
    """The page's Content-Security-Policy: its own <style> by hash, pictures from the hosts that it names, no script."""
    found = _Parts()
    found.feed(page)
    found.close()
    styles = [
        f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" for style in found.styles
    ]
    origins = _origins(found.pictures)
    return policy(styles=" ".join(dict.fromkeys(styles)), images=" ".join(origins), is_still=True)


def picture_origins(html: str) -> list[str]:
    """The hosts that a document's pictures come from, as a policy names them."""
    found = _Parts()
    found.feed(html)
    found.close()
    return _origins(found.pictures)


def _origins(addresses: Iterable[str]) -> list[str]:
    return sorted({origin for address in addresses if (origin := _origin(address))})


class _Parts(HTMLParser):
    """What stands between <style> and </style>, and where the pictures are."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.styles: list[str] = []
        self.pictures: list[str] = []
        self._style: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "style":
            self._style = []
        elif tag == "img":
            self.pictures.extend(value for name, value in attrs if name == "src" and value)
            offered = [value for name, value in attrs if name == "srcset" and value]
            self.pictures.extend(one.split()[0] for value in offered for one in value.split(", ") if one.strip())

    def handle_data(self, data: str) -> None:
        if self._style is not None:
            self._style.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "style" and self._style is not None:
            self.styles.append("".join(self._style))
            self._style = None


def _origin(address: str) -> str | None:
    """`https://host:port` as a policy names it, None for what has none: a relative address is our own."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
        if parts.scheme not in ("http", "https") or not host:
            return None
        name = f"[{host}]" if ":" in host else idna.encode(host, uts46=True).decode() if not host.isascii() else host
    except ValueError:  # idna's errors are ValueErrors
        return None
    if not all(letter.isalnum() or letter in ".-_[]:" for letter in name):
        return None
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}"
