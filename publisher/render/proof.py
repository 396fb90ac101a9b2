"""From an issue to its proof. Nothing is rendered after this: release and the engine take what is here."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from email.utils import parseaddr
from pathlib import Path

from publisher.config.settings import Publication
from publisher.domain.audience import AudienceRule
from publisher.domain.issue import Issue
from publisher.domain.proof import Proof, Surface
from publisher.render import letter
from publisher.render.face import Face
from publisher.render.links import Links
from publisher.render.page import page
from publisher.render.social import SocialFacts, posts
from publisher.render.view import issue_view, publication_view
from publisher.render.words import WORDS


class Renderer:
    """Renders every surface of an issue with the templates of one folder."""

    def __init__(self, publication: Publication, templates: Path, socials: Sequence[SocialFacts]) -> None:
        self._publication = publication
        self._face = Face(templates)
        self._socials = tuple(socials)

    def proof(self, issue: Issue, audience: AudienceRule) -> Proof:
        """All surfaces of `issue` in the order of their names; equal input gives equal bytes. Raises RenderError."""
        words = WORDS[self._publication.language]
        publication = publication_view(self._publication)
        shown = issue_view(issue, self._publication, Links(publication.home), words)
        values = letter.values(publication, shown, words)
        surfaces = [
            Surface("audience", audience.to_text()),
            Surface("html", letter.html(self._face, values)),
            Surface("page", page(self._face, values)),
            *posts(self._face, publication, shown, self._socials),
            Surface("preheader", shown.preheader),
            Surface("sender", self._sender()),
            Surface("subject", shown.subject),
            Surface("text", letter.text(self._face, values)),
        ]
        return Proof(tuple(sorted(surfaces, key=lambda surface: surface.name)))

    def _sender(self) -> str:
        _, address = parseaddr(self._publication.sender)
        facts = {
            "from": self._publication.sender,
            "reply_to": self._publication.reply_to,
            # RFC 2919: a name in a domain that is ours, and words before it.
            "list_id": f"{re.sub('[<>]', '', self._publication.name).strip()} <{address.replace('@', '.')}>",
        }
        return json.dumps(facts, ensure_ascii=False, indent=2, sort_keys=True)
