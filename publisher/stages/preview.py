"""Show a proof: as files, or as a test letter. What is shown is what an approval seals."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from publisher.channels import MailChannel
from publisher.domain.message import Accepted
from publisher.domain.proof import Proof
from publisher.errors import ChannelDown, PublisherError
from publisher.mail.message import Reader
from publisher.mail.writer import Identity, LetterWriter
from publisher.render.preview import files

# Nobody subscribes with this number, so a test letter's leave link takes nobody off.
TEST_READER = 0


def write(proof: Proof, number: int, identity: Identity, out: Path, *, now: datetime) -> list[Path]:
    """Write `email.html`, `email.txt`, `email.eml`, `web.html` and `social.json` into `out`; returns their paths."""
    reader = Reader(TEST_READER, "reader@example.org")
    letter = LetterWriter(proof, number, identity, now).letter(0, reader)
    values = {"email": reader.email, "leave_url": identity.leave_url(TEST_READER)}
    written = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files(proof, values, letter.content).items():
            (out / name).write_bytes(content)
            written.append(out / name)
    except OSError as error:
        raise PublisherError(f"{out} cannot be written: {error.strerror}") from error
    return written


def send_test(proof: Proof, number: int, identity: Identity, channel: MailChannel, to: str, *, now: datetime) -> str:
    """Send the letter to one address with [TEST] before its subject; returns what the other side said."""
    writer = LetterWriter(proof, number, identity, now, mark="[TEST] ")
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
