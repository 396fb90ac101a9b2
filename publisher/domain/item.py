"""Items as sources give them, and what makes two of them the same."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from unicodedata import normalize
from urllib.parse import quote, urlsplit

from publisher.domain.message import Picture


class Rights(StrEnum):
    """What of a source's text and pictures may be used."""

    OWN = "own"
    LICENSED = "licensed"
    EXCERPT = "excerpt"
    LINK_ONLY = "link-only"


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that comes with an item, as its source describes it: a recording, a document. `length` is in bytes."""

    url: str
    media_type: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True)
class ItemFound:
    """One item as a source gives it, before the store knows whether it is new.

    `identity` is stable within the source through every edit of the item. `body` is Markdown without raw HTML
    (`editorial/markup.py`), NFC, possibly empty. `published_at` is aware UTC, or None where the source has no date.
    `dek` is the standfirst, one plain line. `canonical` is the address that the page itself calls its own
    (rel=canonical), where that is known.
    """

    identity: str
    headline: str
    url: str | None = None
    body: str = ""
    published_at: datetime | None = None
    language: str = ""
    byline: str = ""
    picture: Picture | None = None
    dek: str = ""
    canonical: str | None = None
    enclosures: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnFound:
    """A finished column: an issue that somebody has already written, with its items in order."""

    identity: str
    series: str
    title: str
    deks: tuple[str, ...]
    note: str
    byline: str
    byline_address: str
    items: tuple[ItemFound, ...]
    url: str | None = None
    published_at: datetime | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored item as composing looks at it.

    `dated_at` is `published_at`, or where the source gives no date the time it was first seen; None for an undated item
    of a source's first reading, which is back catalogue. `used_in` is the number of the issue that has it already.
    `source_order` is the position of its source in config.toml. What is written by hand is meant for the issue, so no
    limit on one source applies to it.
    """

    item_id: int
    source: str
    source_order: int
    attribution: str
    rights: Rights
    headline: str
    body: str
    url: str
    canonical_url: str
    dated_at: datetime | None
    language: str = ""
    byline: str = ""
    picture: Picture | None = None
    used_in: int | None = None
    is_by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What composing decided about one candidate. `position` from 1 when it was chosen, else None."""

    item_id: int
    story_item_id: int
    position: int | None
    reason: str


def canonical_url(url: str) -> str:
    """What two addresses of the same page have in common: `https://host/path?query`, or "" for what is no http(s) URL.

    It is for comparing, never for a reader to open. Scheme, `www.` and mobile hosts, default port, name and password,
    fragment, tracking parameters, the order of the others, a closing slash, `index.html` and AMP forms make no
    difference; every other parameter does. Pure; never raises. Percent-encoding follows RFC 3986, 6.2.2.
    """
    if len(url) > _LONGEST:
        return ""
    try:
        parts = urlsplit(_SURROGATE.sub("\ufffd", url.strip()))
        port = parts.port
        host = _host(parts.hostname or "")
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    if port not in (None, 80, 443):
        host = f"{host}:{port}"
    query = _meaningful(host, parts.query)
    return f"https://{host}{_path(parts.path)}{'?' if query else ''}{query}"


def fingerprint(item: ItemFound) -> str:
    """SHA-256, in hex, over all that the source gave: when it differs, the item was edited."""
    picture = item.picture
    given: list[object] = [
        item.identity,
        item.headline,
        item.url,
        item.body,
        item.published_at.astimezone(UTC).isoformat() if item.published_at else None,
        item.language,
        item.byline,
        [picture.url, picture.alt, picture.caption, picture.credit] if picture else None,
    ]
    # Only where there are any: what was stored before these fields were known is not edited by that.
    if item.dek or item.canonical or item.enclosures:
        given.append([item.dek, item.canonical, [[one.url, one.media_type, one.length] for one in item.enclosures]])
    return hashlib.sha256(json.dumps(given).encode("ascii")).hexdigest()


# Parameters that say where a click came from and never which page is shown. Each is documented by whoever adds it, and
# none is a common word: `ref`, `source`, `from`, `id` or `p` name the page itself on too many sites to be dropped.
# fmt: off
_TRACKING = frozenset((
    # the networks' click ids
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid", "li_fat_id",
    # share buttons of Instagram and X
    "igsh", "igshid", "ref_src", "ref_url", "__twitter_impression",
    # newsletters and marketing mail
    "mc_cid", "mc_eid", "mkt_tok", "vero_id", "vero_conv", "_hsenc", "_hsmi", "__hstc", "__hssc", "hsctatracking",
    "oly_anon_id", "oly_enc_id", "_bta_c", "_bta_tid", "rb_clickid", "s_cid", "icid", "ncid", "cmpid",
    # analytics carried from page to page
    "_ga", "_gl", "guccounter", "guce_referrer", "guce_referrer_sig",
    # Naver's shopping and advertisements
    "napm", "n_media", "n_query", "n_rank", "n_ad_group", "n_ad", "n_keyword_id", "n_keyword", "n_campaign_type",
    # the AMP form of the same page; one visitor's session
    "amp", "outputtype", "phpsessid", "jsessionid",
))
# fmt: on
_TRACKING_FAMILIES = ("utm_", "hsa_", "mtm_", "matomo_", "pk_", "piwik_", "__cft__", "__tn__")
_TRACKING_BY_HOST = {host: frozenset(("si", "feature", "pp")) for host in ("youtube.com", "youtu.be")}

_LONGEST = 8_000  # what servers accept (RFC 9110, 4.1); beyond it an address is somebody's mischief
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_FOLDED_HOST = re.compile(r"(?:www|m|mobile|amp)\.(?=[^.]+\.)")
_SAME_PAGE = ("/", "/amp", "/index.html", "/index.htm", "/index.php")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ESCAPE = re.compile(r"(%[0-9A-F]{2})")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KEPT = "%!$&'()*+,;=:@/?"
_RESERVED = frozenset("%!$&'()*+,;=:@/?#[]")


def _host(name: str) -> str:
    """A host in ASCII, without the prefix of its mobile or www form. Raises ValueError on what cannot be a name."""
    name = normalize("NFKC", name).lower().rstrip(".")
    if not name or len(name) > 253 or re.search(r"[\s/\\%?#@<>\"]", name):
        raise ValueError("no host")
    if ":" in name:
        return f"[{name}]"
    if not name.isascii():
        name = name.encode("idna").decode("ascii").lower()
    while match := _FOLDED_HOST.match(name):
        name = name[match.end() :]
    return name


def _path(path: str) -> str:
    """The path with its escapes, closing slash, index page and AMP form folded; "/" for the front page."""
    kept: list[str] = []
    for segment in _escaped(path).split("/")[1:]:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    folded = "/" + "/".join(kept)
    while ending := next((one for one in _SAME_PAGE if folded[-len(one) :].lower() == one), ""):
        folded = folded[: -len(ending)]
    return folded or "/"


def _meaningful(host: str, query: str) -> str:
    """The parameters that choose the page, in a fixed order."""
    by_host = _TRACKING_BY_HOST.get(host, frozenset())
    pairs = set()
    for pair in query.split("&"):
        name, _, value = _escaped(pair.replace("+", "%20")).partition("=")
        plain = name.lower()
        if name and plain not in _TRACKING and plain not in by_host and not plain.startswith(_TRACKING_FAMILIES):
            pairs.add(f"{name}={value}" if value else name)
    return "&".join(sorted(pairs))


def _escaped(text: str) -> str:
    """Escapes where a URL needs them and nowhere else, over NFC text in UTF-8; other encodings stay as they are."""
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
