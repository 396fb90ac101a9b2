"""Posts: the owner's template words the parts, `domain/post.py` fits them to the channel."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from publisher.domain import post
from publisher.domain.message import Limits
from publisher.domain.proof import Surface
from publisher.editorial import markup
from publisher.errors import RenderError
from publisher.render.face import Face
from publisher.render.letter import tidied
from publisher.render.links import LinkPolicy, Links
from publisher.render.pictures import PictureView
from publisher.render.slots import resolved
from publisher.render.view import IssueView, ItemView, PublicationView

FALLBACK = "social/default.txt.j2"


@dataclass(frozen=True, slots=True)
class SocialFacts:
    """What rendering has to know of one social channel. `links` says which of its posts carry a link."""

    channel: str
    kind: str
    limits: Limits
    links: LinkPolicy


def posts(
    face: Face, publication: PublicationView, issue: IssueView, socials: Sequence[SocialFacts]
) -> Iterator[Surface]:
    """One surface for each channel and item: JSON of text, length, limit, link, picture and language."""
    links = Links(publication.home)
    for facts in socials:
        template = f"social/{facts.kind}.txt.j2"
        name = template if face.has(template) else FALLBACK
        for item in issue.items:
            link = links.post(facts.links, issue.number, item.position, issue.items[0].position)
            shown = _as_posted(item)
            values = {"publication": publication, "issue": issue, "item": shown, "link": link}
            text = _fitted(face, name, values, link, facts)
            yield Surface(f"post:{facts.channel}:{item.position}", _surface(text, link, shown, publication, facts))


def _as_posted(item: ItemView) -> ItemView:
    blurb = resolved(item.blurb) or markup.clean_block(markup.plain(item.body))
    return replace(item, headline=resolved(item.headline), blurb=blurb)


def _fitted(face: Face, name: str, values: dict[str, object], link: str | None, facts: SocialFacts) -> str:
    headline, _, blurb = tidied(face.fill(name, values).text).strip().partition("\n")
    try:
        return post.fit(headline.strip(), blurb.strip(), link, facts.limits)
    except ValueError as error:
        raise RenderError(f"{face.shown(name)}: the post for {facts.channel} cannot be fitted: {error}") from error


def _surface(text: str, link: str | None, item: ItemView, publication: PublicationView, facts: SocialFacts) -> str:
    picture = item.picture if facts.limits.pictures else None
    parts: dict[str, Any] = {
        "text": text,
        "length": post.length(text, facts.limits.counting),
        "limit": facts.limits.max_length,
        "link": link,
        "picture": {"url": picture.url, "alt": _alt(picture)} if picture else None,
        "language": publication.language,
    }
    return json.dumps(parts, ensure_ascii=False, indent=2, sort_keys=True)


def _alt(picture: PictureView) -> str:
    return picture.alt or picture.caption
