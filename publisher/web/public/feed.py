"""The Atom feed (RFC 4287): the newest issues, whole, and the weeks without one that readers are told of.

An entry's id is a tag URI (RFC 4151) of what was sealed with the issue, the sender's address and the day of release,
so no later change of a name, an address or a server changes it.
"""

from __future__ import annotations

import hashlib
import json
import re
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from email.utils import parseaddr
from html import escape
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement

from fastapi import APIRouter, Request, Response

from publisher.language import Language, language
from publisher.store import skips
from publisher.store.pages import public
from publisher.store.tables import SkipRow
from publisher.web.kept import Made, address, given
from publisher.web.public.issues import kept
from publisher.web.shell import Shell, shell

ENTRIES = 20
ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_MAIN = re.compile(r"<main\b[^>]*>(.*)</main>", re.DOTALL)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

router = APIRouter()


@router.get("/feed.atom")
async def feed(request: Request) -> Response:
    here = shell(request)
    made = await kept(request).page(address(request), lambda: _feed(here))
    assert made is not None
    return given(request, made)


def _feed(here: Shell) -> Made:
    own = here.publication.settings.publication
    words, home = language(own.language), own.base_url.rstrip("/")
    with here.publication.database.read() as session:
        issues = public.listed(session, ENTRIES)
        pages = {issue.number: public.page(session, issue.number) for issue in issues}
        first = public.first_release(session)
        skipped = skips.announced(session, here.now())
    root = Element("feed", {"xmlns": ATOM, _LANG: words.code})
    _text(root, "id", _tag(first[1], first[0], "feed") if first else f"{home}/feed.atom")
    _text(root, "title", own.name)
    SubElement(root, "link", rel="self", type="application/atom+xml", href=f"{home}/feed.atom")
    SubElement(root, "link", rel="alternate", type="text/html", href=f"{home}/")
    _text(SubElement(root, "author"), "name", own.name)
    times = [issue.updated_at for issue in issues] + [skip.skipped_at for skip in skipped]
    _text(root, "updated", _stamp(max(times, default=datetime(1970, 1, 1, tzinfo=UTC))))
    sender = first[1] if first else json.dumps({"from": own.sender})
    for skip in skipped:
        _skip(root, skip, _tag(sender, skip.send_at, f"skip/{skip.send_at:%Y-%m-%d}"), here, words)
    for issue in issues:
        if page := pages[issue.number]:
            _entry(root, issue, page, f"{home}/issues/{issue.number}", words)
    content = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Made(content, "application/atom+xml; charset=utf-8", hashlib.sha256(content).hexdigest()[:32])


def _entry(root: Element, issue: public.Listed, page: public.Page, url: str, words: Language) -> None:
    entry = SubElement(root, "entry")
    _text(entry, "id", _tag(page.sender, issue.released_at, str(issue.number)))
    _text(entry, "title", issue.title)
    SubElement(entry, "link", rel="alternate", type="text/html", hreflang=issue.language, href=url)
    _text(entry, "published", _stamp(issue.released_at))
    _text(entry, "updated", _stamp(issue.updated_at))
    if issue.byline:
        _text(SubElement(entry, "author"), "name", issue.byline)
    if issue.deks:
        _text(entry, "summary", " · ".join(issue.deks))
    whole = _MAIN.search(page.content.decode())
    content = whole[1].strip() if whole else f'<p><a href="{escape(url)}">{escape(issue.title)}</a></p>'
    _text(entry, "content", content, type="html")


def _skip(root: Element, skip: SkipRow, tag: str, here: Shell, words: Language) -> None:
    zone = here.publication.settings.publication.timezone
    entry = SubElement(root, "entry")
    _text(entry, "id", tag)
    day = words.day(skip.send_at.astimezone(zone))
    _text(entry, "title", words.gettext("No issue on %(day)s") % {"day": day})
    SubElement(entry, "link", rel="alternate", type="text/html", href=f"{here.own.geturl().rstrip('/')}/")
    _text(entry, "updated", _stamp(skip.skipped_at))
    _text(entry, "content", words.tell(skips.told(skip)) or words.gettext("The next one comes as usual."))


def _tag(sender: str, day: datetime, what: str) -> str:
    """`tag:example.org,2026-05-29:letter/43`, from the sealed sender and the day (UTC) on which it was theirs."""
    local, _, domain = parseaddr(json.loads(sender)["from"])[1].rpartition("@")
    authority = domain.lower() if domain.isascii() else domain.encode("idna").decode()
    return f"tag:{authority},{day.astimezone(UTC):%Y-%m-%d}:{quote(local)}/{what}"


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(parent: Element, name: str, text: str, **attributes: str) -> None:
    """A child with that text, without the characters that no XML may hold."""
    SubElement(parent, name, attributes).text = _NOT_XML.sub("", text)
