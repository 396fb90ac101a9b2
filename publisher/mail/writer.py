"""From a sealed proof to each reader's letter. Nothing is rendered here: only slots are filled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property

from publisher.domain.message import Letter
from publisher.domain.proof import Proof
from publisher.errors import RenderError
from publisher.fetch.pictures import Prepared
from publisher.mail.address import Mailbox, are_plain
from publisher.mail.dkim import Keys, Signer
from publisher.mail.identity import INVITE, RESET, ApprovalLink, Names, approve_url, enter_url, leave_url, password_url
from publisher.mail.message import Enclosure, LetterTemplate, Reader, check_links, check_reader


@dataclass(frozen=True)
class Identity:
    """What makes letters this publication's: who sends them, where links lead, the secret that signs them.

    Plain values, which another process can be given. Without `keys` the relay signs with DKIM.
    """

    base_url: str
    secret: bytes = field(repr=False)
    sender: str
    keys: Keys | None = None

    @cached_property
    def domain(self) -> str:
        """The sender's domain: Message-IDs and return paths are in it."""
        return Mailbox.parse(self.sender, "publication.sender").domain

    @cached_property
    def signer(self) -> Signer | None:
        """What signs with DKIM; None where the relay does. Raises SecretMissing where a key cannot be used."""
        return self.keys.opened(self.domain) if self.keys else None

    def __getstate__(self) -> dict[str, object]:
        return {one.name: getattr(self, one.name) for one in fields(self)}  # a key that is open cannot be handed over

    def leave_url(self, subscriber_id: int) -> str:
        return leave_url(self.secret, self.base_url, subscriber_id)

    def enter_url(self, badge: str, expires: datetime, to: str = "") -> str:
        """An editor's own link to the desk; `to` is the path there that is shown then."""
        return enter_url(self.secret, self.base_url, badge, expires, to)

    def approve_url(self, link: ApprovalLink, expires: datetime) -> str:
        """An editor's own link to approve one proof of an issue."""
        return approve_url(self.secret, self.base_url, link, expires)

    def invitation_url(self, standing: str, expires: datetime) -> str:
        """A link by which whoever was invited sets their first password."""
        return password_url(self.secret, self.base_url, INVITE, standing, expires)

    def reset_url(self, standing: str, expires: datetime) -> str:
        """A link by which an editor sets another password."""
        return password_url(self.secret, self.base_url, RESET, standing, expires)


# What a subscriber's number has at most in the database: no identifier is longer than this one's.
_WIDEST = Reader(2**63 - 1, "")


class LetterWriter:
    """Writes the letters of one issue. `date` is its release time, so a letter sent again is the same letter.

    `pictures` holds at least those that the letter carries with it. Raises RenderError where one is missing, and
    SecretMissing where a key for its signature cannot be used.
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
        self._names = Names(identity.secret, identity.base_url, number, identity.domain)
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
            signer=identity.signer,
        )
        self._links_fit = self._fit(_WIDEST)

    @property
    def size(self) -> int:
        """About how many bytes a letter has, the pictures that it carries included."""
        return self._template.size

    def letter(self, delivery_id: int, reader: Reader) -> Letter:
        """One reader's letter with its envelope. Raises RenderError for what no header or command may hold."""
        leave_url, message_id, return_path = self._names.of(reader.subscriber_id)
        if not self._links_fit:
            check_links(reader, leave_url, message_id, return_path)
        return self._template.letter(delivery_id, reader, leave_url, message_id, return_path)

    def check(self, reader: Reader) -> None:
        """Raise what `letter` would raise for this reader, without writing the letter."""
        if not self._links_fit:
            check_links(reader, *self._names.of(reader.subscriber_id))
        check_reader(reader)

    def suits(self, addresses: Sequence[str], names: Sequence[str]) -> bool:
        """Whether `check` certainly lets all readers with these addresses and names pass, in one look."""
        return self._links_fit and "".join(names).isprintable() and are_plain(addresses)

    def _fit(self, reader: Reader) -> bool:
        """Whether the links of this reader, and so of each with a shorter number, need no look of their own."""
        try:
            check_links(reader, *self._names.of(reader.subscriber_id))
        except RenderError:
            return False
        return True
