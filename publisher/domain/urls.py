"""Which addresses are the same page."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize
from urllib.parse import quote, urlsplit

from publisher.domain.url_forms import Page, is_special, is_tracking, one_form, target_of


def canonical_url(url: str) -> str:
    """What two addresses of the same page have in common: `https://host/path?query`, or "" for what is no http(s) URL.

    It is for comparing, never for a reader to open. Scheme, `www.` and mobile hosts, default port, name and password,
    fragment, tracking parameters, the order of the others, a closing slash, `index.html`, AMP forms, a redirector and
    the forms of one page that `url_forms.py` knows make no difference; every other parameter does. It is its own
    canonical URL. Pure; never raises. Percent-encoding follows RFC 3986, 6.2.2.
    """
    page = _page(url)
    # Every target is shorter than what it stands in, so this ends.
    while page and _known_host(page[0])[1] and (target := target_of(page)) and (inner := _page(target)):
        page = inner
    if not page:
        return ""
    host, path, query = page
    return f"https://{host}{path}?{query}" if query else f"https://{host}{path}"


_LONGEST = 8_000  # what servers accept (RFC 9110, 4.1); beyond it an address is somebody's mischief
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NO_HOST = re.compile(r"[\s/\\%?#@<>\"]")
_FOLDED_HOST = re.compile(r"(?:www|m|mobile|amp)\.(?=[^.]+\.)")
_SAME_PAGE = re.compile(r"(?:/|/amp|/index\.(?:html?|php)|\.amp)$", re.IGNORECASE)
_AMP_HTML = re.compile(r"\.amp(?=\.html?$)", re.IGNORECASE)
_MAY_FOLD = re.compile(r"/\.|[/.][Aa][Mm][Pp]|/[Ii][Nn][Dd]|;")
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ESCAPE = re.compile(r"(%[0-9A-F]{2})")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KEPT = "%!$&'()*+,;=:@/?"
_RESERVED = frozenset("%!$&'()*+,;=:@/?#[]")
_NEEDS_NO_ESCAPE = re.compile(r"[\w.~!$&'()*+,;=:@/?-]*", re.ASCII)

# What nearly every feed has: nothing to decode but Hangul syllables, which are in NFC as they stand. It is read with
# one expression instead of thirty calls, which is several times as fast.
_PLAIN = "[A-Za-z0-9_./~,:@-]*"
_HANGUL = "(?:%EA%B[0-9A-F]%[89AB][0-9A-F]|%E[BC]%[89AB][0-9A-F]%[89AB][0-9A-F]|%ED%[89][0-9A-D]%[89AB][0-9A-F])"
_RAW_HANGUL = re.compile("[\uac00-\ud7a3]+")
_USUAL = re.compile(
    rf"https?://([a-z0-9.-]+)(/{_PLAIN}(?:{_HANGUL}+{_PLAIN})*)?(?:\?([A-Za-z0-9_.~=&-]*))?(?:#[!-~]*)?"
)


def _page(url: str) -> Page | None:
    """Host, path and query, each folded; None for what is no http(s) URL."""
    if len(url) > _LONGEST:
        return None
    usual = _USUAL.fullmatch(url if url.isascii() else _RAW_HANGUL.sub(lambda match: quote(match[0]), url))
    return _folded(usual[1], None, usual[2] or "/", usual[3] or "") if usual else _decoded(url)


def _decoded(url: str) -> Page | None:
    """The same of an address that is written in any way."""
    try:
        parts = urlsplit(_SURROGATE.sub("\ufffd", url.strip()))
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    return _folded(parts.hostname or "", port, _escaped(parts.path), _escaped(parts.query.replace("+", "%20")))


def _folded(name: str, port: int | None, path: str, query: str) -> Page | None:
    host, has_forms = _known_host(name)
    if not host:
        return None
    path = _path(path)
    query = _meaningful(host, query) if query else ""
    if port not in (None, 80, 443):
        return (f"{host}:{port}", path, query)
    page = (host, path, query)
    while has_forms and (formed := one_form(page)) != page:
        page = (formed[0], _path(formed[1]), _meaningful(formed[0], formed[2]))
    return page


@lru_cache(maxsize=4096)
def _known_host(name: str) -> tuple[str, bool]:
    """The host in ASCII, without the prefix of its mobile or www form, and whether it has forms of its own.

    An empty one for what cannot be a name. Remembered, because a feed names the same few hosts again and again.
    """
    name = normalize("NFKC", name).lower().rstrip(".")
    if not name or len(name) > 253 or _NO_HOST.search(name):
        return "", False
    if ":" in name:
        return f"[{name}]", False
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return "", False
    while match := _FOLDED_HOST.match(name):
        name = name[match.end() :]
    return name, is_special(name)


def _path(path: str) -> str:
    """The path with its closing slash, index page and AMP form folded; "/" for the front page."""
    if path.endswith("/"):
        path = path[:-1]
    if not (_MAY_FOLD.search(path) or path.endswith("/")):
        return path or "/"
    kept: list[str] = []
    for segment in _SESSION.sub("", path).split("/")[1:]:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    first = 0
    while kept[first : first + 1] and kept[first].lower() == "amp" and any(kept[first + 1 :]):
        first += 1
    folded = "/" + "/".join(kept[first:])
    while (shorter := _AMP_HTML.sub("", _SAME_PAGE.sub("", folded))) != folded:
        folded = shorter
    # What was taken off may leave a "." or an AMP form at the end, which is folded too.
    return _path(folded) if folded and folded != path else folded or "/"


def _meaningful(host: str, query: str) -> str:
    """The parameters that choose the page, each once, in a fixed order."""
    pairs = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name and not is_tracking(host, name):
            pairs.append(pair if value else name)
    return "&".join(sorted(set(pairs))) if len(pairs) > 1 else "".join(pairs)


def _escaped(text: str) -> str:
    """Escapes where a URL needs them and nowhere else, over NFC text in UTF-8; other encodings stay as they are."""
    if _NEEDS_NO_ESCAPE.fullmatch(text):
        return text
    text = _ESCAPES.sub(_unescaped, _LONE_PERCENT.sub("%25", text))
    # Between escapes only: a combining mark after "%0A" would change its letter.
    pieces = [normalize("NFC", piece) for piece in _ESCAPE.split(text)]
    return quote("".join(pieces), safe=_KEPT)


def _unescaped(match: re.Match[str]) -> str:
    run = match[0]
    try:
        text = bytes.fromhex(run.replace("%", "")).decode("utf-8")
    except UnicodeDecodeError:
        return run.upper()
    return "".join(f"%{ord(c):02X}" if c in _RESERVED or ord(c) <= 0x20 or c == "\x7f" else c for c in text)
