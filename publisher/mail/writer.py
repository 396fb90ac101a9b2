"""From a sealed proof to each reader's letter. Nothing is rendered here: only slots are filled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from publisher.domain.message import Letter
from publisher.domain.proof import Proof
from publisher.fetch.pictures import Prepared
from publisher.mail.address import Mailbox
from publisher.mail.identity import enter_url, leave_url, message_id
from publisher.mail.message import Enclosure, LetterTemplate, Reader
from publisher.mail.verp import return_path


@dataclass(frozen=True)
class Identity:
    """What makes letters this publication's: who sends them, where links lead, the secret that signs them."""

    base_url: str
    secret: bytes
    sender: str

    @cached_property
    def domain(self) -> str:
        """The sender's domain: Message-IDs and return paths are in it."""
        return Mailbox.parse(self.sender, "publication.sender").domain

    def message_id(self, number: int, subscriber_id: int) -> str:
        return message_id(self.secret, number, subscriber_id, self.domain)

    def leave_url(self, subscriber_id: int) -> str:
        return leave_url(self.secret, self.base_url, subscriber_id)

    def enter_url(self, badge: str, expires: datetime, to: str = "") -> str:
        """An editor's own link to the desk; `to` is the path there that is shown then."""
        return enter_url(self.secret, self.base_url, badge, expires, to)

    def return_path(self, number: int, subscriber_id: int) -> str:
        return return_path(self.secret, number, subscriber_id, self.domain)


class LetterWriter:
    """Writes the letters of one issue. `date` is its release time, so a letter sent again is the same letter.

    `pictures` holds at least those that the letter carries with it. Raises RenderError where one is missing.
    """

    def __init__(
        self,
        proof: Proof,
        number: int,
        identity: Identity,
        date: datetime,
        *,
        pictures: Sequence[Prepared] = (),
        mark: str = "",
    ) -> None:
        sender = json.loads(proof["sender"])
        domain = Mailbox.parse(sender["from"], "the sender").domain
        self._number = number
        self._identity = identity
        self._template = LetterTemplate.compile(
            subject=mark + proof["subject"],
            html=proof["html"],
            text=proof["text"],
            sender_from=sender["from"],
            reply_to=sender["reply_to"],
            list_id=sender["list_id"],
            # campaign:customer:kind:sender, as Gmail's Postmaster Tools count complaints (support.google.com, 6254652).
            feedback_id=f"{number}:{sender['list_id'].rpartition('<')[2].rstrip('>')}:letter:publisher",
            date=date,
            pictures=[
                Enclosure(f"{one.facts.file_name}@{domain}", one.facts.media_type, one.content) for one in pictures
            ],
        )

    @property
    def size(self) -> int:
        """About how many bytes a letter has, the pictures that it carries included."""
        return self._template.size

    def letter(self, delivery_id: int, reader: Reader) -> Letter:
        """One reader's letter with its envelope. Raises RenderError for what no header or command may hold."""
        identity, number, subscriber_id = self._identity, self._number, reader.subscriber_id
        return self._template.letter(
            delivery_id,
            reader,
            identity.leave_url(subscriber_id),
            identity.message_id(number, subscriber_id),
            identity.return_path(number, subscriber_id),
        )
