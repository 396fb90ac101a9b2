"""What templates see: an issue as letter and page show it, with no decision left to a template but how it looks.

Every text here is plain and of one line unless it is called Markdown; it may hold slot marks where its editor wrote a
slot, and a template never reads it as a template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parseaddr

from publisher.config.settings import Publication
from publisher.domain.issue import Issue, Pick
from publisher.domain.message import Picture, without_marks
from publisher.editorial import markup
from publisher.render.links import Links, web_address
from publisher.render.slots import marked, refuse_unknown
from publisher.render.words import Words


@dataclass(frozen=True, slots=True)
class PublicationView:
    """The publication in templates."""

    name: str
    language: str
    home: str
    series: str
    sender_name: str
    reply_to: str
    postal_address: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """One pick in templates. `body` is Markdown; `anchor` is its place on the page."""

    position: int
    headline: str
    body: str
    blurb: str
    url: str | None
    source: str
    picture: Picture | None
    anchor: str
    web_url: str


@dataclass(frozen=True, slots=True)
class IssueView:
    """One issue in templates. `label` is its number in words, `note` is Markdown, `url` its page on the web."""

    number: int
    label: str
    date: str
    day: str
    series: str
    title: str
    deks: tuple[str, ...]
    note: str
    byline: str
    byline_address: str
    subject: str
    preheader: str
    url: str
    items: tuple[ItemView, ...]


def publication_view(publication: Publication) -> PublicationView:
    home = publication.base_url.rstrip("/")
    sender_name, _ = parseaddr(publication.sender)
    return PublicationView(
        name=publication.name,
        language=publication.language,
        home=home,
        series=publication.series,
        sender_name=sender_name or publication.name,
        reply_to=publication.reply_to,
        postal_address=publication.postal_address,
    )


def issue_view(issue: Issue, publication: Publication, links: Links, words: Words) -> IssueView:
    """Raises RenderError where note, subject or preheader hold a slot that there is not."""
    defaults = default_values(words)
    for where, text in (("note", issue.note), ("subject", issue.subject), ("preheader", issue.preheader)):
        refuse_unknown(text, where)
    day = issue.send_at.astimezone(publication.timezone)
    return IssueView(
        number=issue.number,
        label=words.number(issue.number),
        date=words.date(day),
        day=day.date().isoformat(),
        series=markup.clean(issue.series or publication.series),
        title=markup.clean(issue.title),
        deks=tuple(dek for dek in map(markup.clean, issue.deks) if dek),
        note=without_marks(issue.note),
        byline=markup.clean(issue.byline),
        byline_address=markup.clean(issue.byline_address),
        subject=marked(markup.clean(issue.subject), defaults),
        preheader=marked(markup.clean(issue.preheader), defaults),
        url=links.issue(issue.number),
        items=tuple(_item_view(pick, issue, links, defaults) for pick in sorted(issue.picks, key=_position)),
    )


def default_values(words: Words) -> Mapping[str, str]:
    """What each slot says to a reader of whom that is not known."""
    return {"first_name": words.reader, "name": words.reader, "email": words.your_address}


def _position(pick: Pick) -> int:
    return pick.position


def _item_view(pick: Pick, issue: Issue, links: Links, defaults: Mapping[str, str]) -> ItemView:
    return ItemView(
        position=pick.position,
        headline=marked(markup.clean(pick.headline), defaults),
        body=without_marks(pick.body),
        blurb=marked(markup.clean_block(pick.blurb), defaults),
        url=web_address(pick.url),
        source=markup.clean(pick.attribution),
        picture=_picture_view(pick.picture),
        anchor=f"item-{pick.position}",
        web_url=links.item(issue.number, pick.position),
    )


def _picture_view(picture: Picture | None) -> Picture | None:
    url = web_address(picture.url) if picture else None
    if picture is None or url is None:
        return None
    words = {name: markup.clean(getattr(picture, name)) for name in ("alt", "caption", "credit")}
    return replace(picture, url=url, **words)
