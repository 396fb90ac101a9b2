"""What templates see: an issue as letter and page show it, with no decision left to a template but how it looks.

Every text here is plain and of one line unless it is called Markdown; it may hold slot marks where its editor wrote a
slot, and a template never reads it as a template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parseaddr

from publisher.config.settings import Publication
from publisher.domain.correction import Correction
from publisher.domain.issue import Issue, Pick, PostWish
from publisher.domain.message import without_marks
from publisher.editorial import markup
from publisher.render.links import Links, web_address
from publisher.render.pictures import Kept, PictureView, picture_view
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
    """One pick in templates. `body` is Markdown; `anchor` is its place on the page.

    `corrected` is when its words were last put right after it had gone out, empty where they never were. `section` is
    the heading that it stands under, `sponsor` who paid for it, `posts` what its editor wants of its posts, by channel.
    """

    position: int
    headline: str
    body: str
    blurb: str
    url: str | None
    source: str
    picture: PictureView | None
    anchor: str
    web_url: str
    corrected: str = ""
    section: str = ""
    sponsor: str = ""
    posts: Mapping[str, PostWish] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """One correction in templates: when, why in paragraphs, and the positions of the items that it is about."""

    when: str
    moment: str
    explanation: tuple[str, ...]
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class IssueView:
    """One issue in templates. `label` is its number in words, `note` is Markdown, `url` its page on the web.

    `absences` are the days before the next issue on which there is no letter. `corrections` are there on the page only.
    """

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
    absences: tuple[str, ...] = ()
    corrections: tuple[CorrectionView, ...] = ()


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


def issue_view(
    issue: Issue,
    publication: Publication,
    links: Links,
    words: Words,
    stored: Kept | None = None,
    absences: Sequence[datetime] = (),
) -> IssueView:
    """Raises RenderError where note, subject or preheader hold a slot that there is not.

    `stored` holds the pictures that the publication keeps, by their origin; None where it keeps none.
    """
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
        items=tuple(_item_view(pick, issue, links, defaults, stored) for pick in sorted(issue.picks, key=_position)),
        absences=tuple(words.date(absence.astimezone(publication.timezone)) for absence in absences),
    )


def carrying(issue: IssueView, domain: str) -> IssueView:
    """The issue as a letter shows it that carries its pictures with it."""
    items = (replace(item, picture=item.picture and item.picture.carried(domain)) for item in issue.items)
    return replace(issue, items=tuple(items))


def with_corrections(
    issue: IssueView, corrections: Sequence[Correction], publication: Publication, words: Words
) -> IssueView:
    """The issue as its page shows it after these corrections, the newest first."""
    views = [_correction_view(correction, publication, words) for correction in corrections]
    last = {position: view.when for view in views for position in view.positions}
    items = (replace(item, corrected=last.get(item.position, "")) for item in issue.items)
    return replace(issue, items=tuple(items), corrections=tuple(reversed(views)))


def default_values(words: Words) -> Mapping[str, str]:
    """What each slot says to a reader of whom that is not known."""
    return {"first_name": words.reader, "name": words.reader, "email": words.your_address}


def _position(pick: Pick) -> int:
    return pick.position


def _item_view(
    pick: Pick,
    issue: Issue,
    links: Links,
    defaults: Mapping[str, str],
    stored: Kept | None,
) -> ItemView:
    return ItemView(
        position=pick.position,
        headline=marked(markup.clean(pick.headline), defaults),
        body=without_marks(pick.body),
        blurb=marked(markup.clean_block(pick.blurb), defaults),
        url=web_address(pick.url),
        source=markup.clean(pick.attribution),
        picture=picture_view(pick.picture, links, stored),
        anchor=f"item-{pick.position}",
        web_url=links.item(issue.number, pick.position),
        section=markup.clean(pick.section),
        sponsor=markup.clean(pick.sponsor),
        posts={
            channel: replace(wish, text=marked(markup.clean_block(wish.text), defaults))
            for channel, wish in pick.posts.items()
        },
    )


def _correction_view(correction: Correction, publication: Publication, words: Words) -> CorrectionView:
    at = correction.at.astimezone(publication.timezone)
    paragraphs = without_marks(markup.clean_block(correction.explanation)).split("\n")
    return CorrectionView(
        when=words.moment(at),
        moment=at.isoformat(timespec="minutes"),
        explanation=tuple(paragraph for paragraph in paragraphs if paragraph),
        positions=correction.positions,
    )
