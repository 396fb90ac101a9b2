"""From a sealed proof to each reader's letter. Nothing is rendered here: only slots are filled."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from publisher.domain.message import Letter
from publisher.domain.proof import Proof
from publisher.mail.address import Mailbox
from publisher.mail.identity import leave_url, message_id
from publisher.mail.message import LetterTemplate, Reader
from publisher.mail.verp import return_path


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes letters this publication's: where links lead, and the secret that signs them."""

    base_url: str
    secret: bytes


class LetterWriter:
    """Writes the letters of one issue. `date` is its release time, so a letter sent again is the same letter."""

    def __init__(self, proof: Proof, number: int, identity: Identity, date: datetime, *, mark: str = "") -> None:
        sender = json.loads(proof["sender"])
        self._number = number
        self._identity = identity
        self._domain = Mailbox.parse(sender["from"], "publication.sender").domain
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
        )

    def letter(self, delivery_id: int, reader: Reader) -> Letter:
        """One reader's letter with its envelope. Raises RenderError for what no header or command may hold."""
        secret = self._identity.secret
        return self._template.letter(
            delivery_id,
            reader,
            leave_url(secret, self._identity.base_url, reader.subscriber_id),
            message_id(secret, self._number, reader.subscriber_id, self._domain),
            return_path(secret, self._number, reader.subscriber_id, self._domain),
        )
