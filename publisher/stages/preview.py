"""Show a proof: as files, or as a test letter. What is shown is what an approval seals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from publisher.channels import MailChannel
from publisher.domain.audience import masked
from publisher.domain.audit import Action
from publisher.domain.message import Accepted
from publisher.domain.proof import Proof
from publisher.errors import ChannelDown, PublisherError, RenderError, WrongUse
from publisher.fetch.pictures import Prepared
from publisher.mail.address import wire_address
from publisher.mail.message import Reader
from publisher.mail.writer import Identity, LetterWriter
from publisher.render.preview import files
from publisher.store import audit, subscribers
from publisher.store.db import Database

# Nobody subscribes with this number, so a test letter's leave link takes nobody off.
TEST_READER = 0
MOST_AT_ONCE, MOST_IN_AN_HOUR = 10, 30


def write(
    proof: Proof, number: int, identity: Identity, out: Path, *, pictures: Sequence[Prepared] = (), now: datetime
) -> list[Path]:
    """Write `email.html`, `email.txt`, `email.eml`, `web.html` and `social.json` into `out`; returns their paths.

    `pictures` are those that the letter carries; `email.html` shows them from `picture-….jpg` beside it.
    """
    reader = Reader(TEST_READER, "reader@example.org")
    letter = LetterWriter(proof, number, identity, now, pictures=pictures).letter(0, reader)
    values = {"email": reader.email, "leave_url": identity.leave_url(TEST_READER)}
    written = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        beside = {f"picture-{picture.facts.file_name}": picture.content for picture in pictures}
        for name, content in (files(proof, values, letter.content) | beside).items():
            (out / name).write_bytes(content)
            written.append(out / name)
    except OSError as error:
        raise PublisherError(f"{out} cannot be written: {error.strerror}") from error
    return written


def weight(proof: Proof, number: int, identity: Identity, *, pictures: Sequence[Prepared] = (), now: datetime) -> int:
    """How many bytes one letter has, the pictures that it carries included."""
    return LetterWriter(proof, number, identity, now, pictures=pictures).size


def of_pictures(pictures: Sequence[Prepared]) -> int:
    """How many of those bytes are pictures: they go as base64, with an end of line after 76 characters."""
    return round(sum(len(picture.content) for picture in pictures) * 4 / 3 * 78 / 76)


def send_test(
    proof: Proof,
    number: int,
    identity: Identity,
    channel: MailChannel,
    to: str,
    *,
    pictures: Sequence[Prepared] = (),
    now: datetime,
) -> str:
    """Send the letter to one address with [TEST] before its subject; returns what the other side said."""
    writer = LetterWriter(proof, number, identity, now, pictures=pictures, mark="[TEST] ")
    letter = writer.letter(0, Reader(TEST_READER, to))
    session = channel.open()
    try:
        session.put(letter)
        [(_, answer)] = session.take()
    finally:
        session.close()
    if isinstance(answer, ChannelDown):
        raise answer
    if not isinstance(answer, Accepted):
        raise PublisherError(f"the test letter did not go out: {type(answer).__name__.lower()}, {answer.reason}")
    return answer.receipt or "accepted"


def send_tests(
    database: Database,
    proof: Proof,
    number: int,
    identity: Identity,
    channel: MailChannel,
    to: Sequence[str],
    *,
    by: str,
    pictures: Sequence[Prepared] = (),
    now: datetime,
) -> int:
    """Send the letter as a test to a few addresses, each noted in the trail before it leaves; returns how many.

    Raises WrongUse for what is no address, for too many, and for one that is never mailed; nothing has left then.
    """
    addresses = named(to)
    with database.write() as session:
        before = audit.count(session, by, Action.TESTED, now - timedelta(hours=1))
        if before + len(addresses) > MOST_IN_AN_HOUR:
            raise WrongUse(f"you have sent {before} test letters within an hour; {MOST_IN_AN_HOUR} are the most")
        for address in addresses:
            if subscribers.is_suppressed(session, address):
                raise WrongUse(f"{masked(address)} is never mailed, not as a test either; leave it out")
            audit.note(session, by, Action.TESTED, number, f"to {masked(address)}", now=now)
    for address in addresses:
        send_test(proof, number, identity, channel, address, pictures=pictures, now=now)
    return len(addresses)


def named(to: Sequence[str]) -> list[str]:
    """The addresses of a test, each once and as the wire has it. Raises WrongUse."""
    asked = list(dict.fromkeys(one for text in to for one in text.replace(",", " ").replace(";", " ").split()))
    if not asked:
        raise WrongUse("say whom the test letter is for: addresses with spaces between")
    if len(asked) > MOST_AT_ONCE:
        raise WrongUse(f"that are {len(asked)} addresses; a test letter goes to {MOST_AT_ONCE} at most")
    try:
        return list(dict.fromkeys(wire_address(one, masked(one)) for one in asked))
    except RenderError as error:
        raise WrongUse(error.message) from error
