"""Posts: the owner's template words the parts, `domain/post.py` fits them to the channel."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

from publisher.domain import post
from publisher.domain.issue import PostWish
from publisher.domain.message import Limits
from publisher.domain.proof import SILENT, Surface
from publisher.editorial import markup
from publisher.errors import RenderError
from publisher.render.face import Face
from publisher.render.letter import tidied
from publisher.render.links import LinkPolicy, Links
from publisher.render.pictures import PictureView
from publisher.render.slots import resolved
from publisher.render.view import IssueView, ItemView, PublicationView
from publisher.render.words import WORDS

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
    """One surface for each channel and item: JSON of text, length, limit, link, picture and language.

    Where an editor wants it otherwise also `tags`, and `at`, the time that it leaves. What is not to be posted is named
    by one more surface, so that an approval seals that too. A text of an editor's own may be longer than its limit.
    """
    links = Links(publication.home)
    silent = []
    for facts in socials:
        template = f"social/{facts.kind}.txt.j2"
        name = template if face.has(template) else FALLBACK
        told = [item for item in issue.items if not _wish(item, facts).is_off]
        silent += [f"{facts.channel}:{item.position}" for item in issue.items if item not in told]
        for item in told:
            link = links.post(facts.links, issue.number, item.position, told[0].position)
            shown = _as_posted(item, publication.language)
            values = {"publication": publication, "issue": issue, "item": shown, "link": link}
            text = _worded(face, name, values, shown, link, facts, WORDS[publication.language].paid)
            yield Surface(f"post:{facts.channel}:{item.position}", _surface(text, link, shown, publication, facts))
    if silent:
        yield Surface(SILENT, "".join(f"{name}\n" for name in silent))


def _wish(item: ItemView, facts: SocialFacts) -> PostWish:
    return item.posts.get(facts.channel, PostWish())


def _as_posted(item: ItemView, language: str) -> ItemView:
    blurb = resolved(item.blurb) or markup.clean_block(markup.plain(item.body))
    headline = resolved(item.headline)
    if item.sponsor:
        headline = f"{WORDS[language].paid} {headline}"
    return replace(item, headline=headline, blurb=blurb)


def _worded(
    face: Face, name: str, values: dict[str, object], item: ItemView, link: str | None, facts: SocialFacts, paid: str
) -> str:
    wish = _wish(item, facts)
    tags = post.tags_of(wish.tags)
    if own := resolved(wish.text):
        return post.whole(f"{paid} {own}" if item.sponsor and not own.startswith(paid) else own, link, tags)
    headline, _, blurb = tidied(face.fill(name, values).text).strip().partition("\n")
    try:
        return post.fit(headline.strip(), blurb.strip(), link, facts.limits, tags)
    except ValueError as error:
        raise RenderError(f"{face.shown(name)}: the post for {facts.channel} cannot be fitted: {error}") from error


def _surface(text: str, link: str | None, item: ItemView, publication: PublicationView, facts: SocialFacts) -> str:
    picture = item.picture if facts.limits.pictures else None
    wish = _wish(item, facts)
    parts: dict[str, Any] = {
        "text": text,
        "length": post.length(text, facts.limits.counting),
        "limit": facts.limits.max_length,
        "link": link,
        "picture": {"url": picture.url, "alt": _alt(picture)} if picture else None,
        "language": publication.language,
    }
    if tags := post.tags_of(wish.tags):
        parts["tags"] = tags
    if wish.at:
        parts["at"] = wish.at.astimezone(UTC).isoformat()
    return json.dumps(parts, ensure_ascii=False, indent=2, sort_keys=True)


def _alt(picture: PictureView) -> str:
    return picture.alt or picture.caption
