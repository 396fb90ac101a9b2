"""Show a proof: as files, or as a test letter. What is shown is what an approval seals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from publisher.channels import MailChannel
from publisher.domain.message import Accepted
from publisher.domain.proof import Proof
from publisher.errors import ChannelDown, PublisherError
from publisher.fetch.pictures import Prepared
from publisher.mail.message import Reader
from publisher.mail.writer import Identity, LetterWriter
from publisher.render.preview import files

# Nobody subscribes with this number, so a test letter's leave link takes nobody off.
TEST_READER = 0


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
