"""From an issue to its proof. Nothing is rendered after this: release and the engine take what is here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path

from markupsafe import escape

from publisher.config.settings import Publication
from publisher.domain.audience import AudienceRule
from publisher.domain.correction import Correction, corrected
from publisher.domain.issue import Issue
from publisher.domain.proof import Proof, Surface
from publisher.errors import RenderError
from publisher.mail.address import Mailbox
from publisher.render import letter
from publisher.render.face import Face
from publisher.render.links import Links
from publisher.render.page import TEMPLATE as PAGE
from publisher.render.page import page
from publisher.render.pictures import Obtain
from publisher.render.social import SocialFacts, posts
from publisher.render.view import IssueView, carrying, issue_view, publication_view, with_corrections
from publisher.render.words import WORDS

# Given an issue's planned time and the time now: the days before the next issue on which there is none.
Absences = Callable[[datetime, datetime], Sequence[datetime]]


class Renderer:
    """Renders every surface of an issue with the templates of one folder.

    `obtain` gives the pictures that the publication keeps; without it they stay where they are. Where `carries` is
    true, letters carry theirs with them. `absences` gives the days that a letter says there is none on.
    """

    def __init__(
        self,
        publication: Publication,
        templates: Path,
        socials: Sequence[SocialFacts],
        *,
        obtain: Obtain | None = None,
        carries: bool = False,
        absences: Absences = lambda planned, now: (),
    ) -> None:
        self._publication = publication
        self._face = Face(templates)
        self._socials = tuple(socials)
        self._obtain = obtain
        self._carries = carries
        self._absences = absences

    def proof(self, issue: Issue, audience: AudienceRule, now: datetime) -> Proof:
        """All surfaces of `issue` in the order of their names. Raises RenderError.

        Equal issues give equal bytes as long as the same pictures can be had and the same days are left out. It may ask
        the web for pictures, so it is called outside of transactions.
        """
        words = WORDS[self._publication.language]
        publication = publication_view(self._publication)
        shown = self._shown(issue, now)
        mailed = letter.values(publication, carrying(shown, self._domain) if self._carries else shown, words)
        surfaces = [
            Surface("audience", audience.to_text()),
            Surface("html", letter.html(self._face, mailed)),
            Surface("page", page(self._face, letter.values(publication, shown, words))),
            *posts(self._face, publication, shown, self._socials),
            Surface("preheader", shown.preheader),
            Surface("sender", self._sender()),
            Surface("subject", shown.subject),
            Surface("text", letter.text(self._face, mailed)),
        ]
        return Proof(tuple(sorted(surfaces, key=lambda surface: surface.name)))

    def corrected_page(self, issue: Issue, corrections: Sequence[Correction], now: datetime) -> str:
        """The page of an issue that has gone out, after these corrections. Raises RenderError.

        A page that does not tell its readers what was corrected is refused: an owner's template may be an older one.
        """
        words = WORDS[self._publication.language]
        shown = self._shown(corrected(issue, corrections), now)
        shown = with_corrections(shown, corrections, self._publication, words)
        made = page(self._face, letter.values(publication_view(self._publication), shown, words))
        for told in (paragraph for view in shown.corrections for paragraph in view.explanation):
            if str(escape(told)) not in made:
                raise RenderError(
                    f"{self._face.shown(PAGE)} does not show issue.corrections; "
                    "copy that part from a fresh publication made with `publisher init DIR`"
                )
        return made

    def _shown(self, issue: Issue, now: datetime) -> IssueView:
        links = Links(publication_view(self._publication).home)
        urls = [pick.picture.url for pick in issue.picks if pick.picture]
        stored = self._obtain(urls, now) if self._obtain else None
        absences = self._absences(issue.send_at, now)
        return issue_view(issue, self._publication, links, WORDS[self._publication.language], stored, absences)

    @property
    def _domain(self) -> str:
        return Mailbox.parse(self._publication.sender, "publication.sender").domain

    def _sender(self) -> str:
        _, address = parseaddr(self._publication.sender)
        facts = {
            "from": self._publication.sender,
            "reply_to": self._publication.reply_to,
            # RFC 2919: a name in a domain that is ours, and words before it.
            "list_id": f"{re.sub('[<>]', '', self._publication.name).strip()} <{address.replace('@', '.')}>",
        }
        return json.dumps(facts, ensure_ascii=False, indent=2, sort_keys=True)
