"""Links: where they lead, whether somebody is there, and what they are called."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from publisher.domain.issue import Issue
from publisher.domain.link import LinkState
from publisher.domain.message import without_marks
from publisher.fetch.guard import is_public
from publisher.preflight.finding import Finding, Level
from publisher.preflight.reading import Link, Reading, links_in

_SHORT = """
bit.ly bitly.com bitly.kr t.co goo.gl tinyurl.com ow.ly buff.ly is.gd v.gd lnkd.in t.ly cutt.ly rebrand.ly dlvr.it
ift.tt trib.al shorturl.at shorturl.kr rb.gy tiny.cc bl.ink han.gl me2.do me2.kr naver.me vo.la url.kr c11.kr
muz.so lrl.kr
"""
SHORTENERS = frozenset(_SHORT.split())
# Words that say nothing about where a link leads, alone.
_SAYS_NOTHING = frozenset(
    (
        *("click here", "here", "click", "this link", "link", "this", "more", "read more", "learn more", "this page"),
        *("여기", "여기를 클릭", "여기 클릭", "여기를 누르세요", "클릭", "클릭하세요", "링크", "이 링크", "여기에서"),
        *("여기서", "바로가기", "더 보기", "더보기", "자세히", "자세히 보기"),
    )
)
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet", ".corp")
_KEPT_OUT = 80  # characters of an address that a finding shows


def forms(reading: Reading) -> Iterator[Finding]:
    """Links that no reader can follow: relative, of another kind than http(s) and mailto, into the own network."""
    fields = {link.href: link.where for link in reading.links}
    for address in reading.addresses:
        problem = unfollowable(address)
        if not problem or reading.is_own(address) or address.startswith("#"):
            continue
        is_private = problem == _TO_PRIVATE
        yield Finding(
            Level.WARNING if is_private and reading.facts.is_local else Level.BLOCKING,
            "links",
            fields.get(address, "html"),
            f"the link {shown(address)} {problem}",
            "give the address that readers have of it" if is_private else "write the whole address, with https://",
        )


def own_address(reading: Reading) -> Iterator[Finding]:
    """An address of the publication that no reader reaches, or only in clear (RFC 8058 wants https to leave by)."""
    home = reading.facts.home
    level = Level.WARNING if reading.facts.is_local else Level.BLOCKING
    if unfollowable(home) == _TO_PRIVATE:
        yield Finding(
            level,
            "own-address",
            "html",
            f"every link to the publication begins with {home}, which no reader reaches",
            "write the address that readers have of it as base_url under [publication] in config.toml",
        )
    elif not home.startswith("https://"):
        yield Finding(
            level,
            "own-address",
            "html",
            f"every link to the publication begins with {home}, and mail services want https for a link to leave by",
            "put the pages behind https, and write that as base_url under [publication] in config.toml",
        )


def dead(reading: Reading) -> Iterator[Finding]:
    """Links behind which nothing was, at the last look."""
    for href in dict.fromkeys(link.href for link in reading.links):
        seen = reading.facts.links.get(href)
        if seen is None or seen.state in (LinkState.OPEN, LinkState.REFUSED):
            continue
        where = next(link.where for link in reading.links if link.href == href)
        if seen.state is LinkState.DEAD:
            what, todo = f"the link {shown(href)} is dead: {seen.reason}", "mend or replace it"
            yield Finding(Level.WARNING, "dead-links", where, what, todo)
        else:
            what = f"the link {shown(href)} could not be looked at: {seen.reason}"
            yield Finding(Level.NOTE, "dead-links", where, what, "open it yourself")


def worth_a_look(issue: Issue, home: str) -> list[str]:
    """The addresses that `dead` tells of: those of others that a reader could follow, each once, in order."""
    return [
        address
        for address in dict.fromkeys(link.href for link in links_in(issue))
        if not address.lower().startswith("mailto:") and not address.startswith(home) and not unfollowable(address)
    ]


def wording(reading: Reading) -> Iterator[Finding]:
    """Links whose words tell nothing of where they lead, which is all that some readers hear of them."""
    for link in reading.links:
        words = " ".join(link.words.casefold().split()).strip(".!→>»() ")
        if words in _SAYS_NOTHING:
            yield Finding(
                Level.WARNING,
                "link-text",
                link.where,
                f"a link is called “{link.words}”, which does not say where it leads",
                "link the words that name what is behind it",
            )


def shorteners(reading: Reading) -> Iterator[Finding]:
    """Links through a shortener: readers do not see where they lead, and filters take them for spam."""
    for link in dict.fromkeys(reading.links):
        if host(link.href).removeprefix("www.") in SHORTENERS:
            yield _shortened(link)


def _shortened(link: Link) -> Finding:
    return Finding(
        Level.WARNING,
        "shorteners",
        link.where,
        f"the link {shown(link.href)} is shortened, which filters take for spam",
        "link the page itself",
    )


_TO_PRIVATE = "leads into a private network"


def unfollowable(address: str) -> str:
    """Why a reader cannot follow it, as half a sentence; nothing where one can. Names are not looked up."""
    address = without_marks(address)
    if address.lower().startswith("mailto:"):
        return "" if "@" in address else "is no address"
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", address)
    if not scheme:
        return "is relative: in a letter it leads nowhere"
    if scheme[1].lower() not in ("http", "https"):
        return f"is of the kind {scheme[1].lower()}:, which mail programs do not open"
    name = host(address)
    if not name:
        return "is no address"
    return _TO_PRIVATE if is_private(name) else ""


def is_private(name: str) -> bool:
    """Whether a host is one of the own network, as far as its name tells."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.rstrip(".").endswith(_PRIVATE_NAMES)
    return not is_public(name)


def host(address: str) -> str:
    """The host of an address, in small letters; empty where it has none."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def shown(address: str) -> str:
    """An address as a finding shows it."""
    return address if len(address) <= _KEPT_OUT else f"{address[: _KEPT_OUT - 1]}…"
