"""The demo's inbox: a real SMTP server in this process, on 127.0.0.1 only, that keeps every letter as a file."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter that has arrived for one recipient. Numbers count from 1, in the order of arrival."""

    number: int
    path: Path
    recipient: str
    arrived_at: datetime


@dataclass
class Inbox:
    """What has arrived, in the order it came. `port` is where it listens, `gone` the mailboxes that it refuses."""

    folder: Path
    gone: Collection[str] = ()
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    port: int = 0
    mails: list[Mail] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient or refuse it; the name and the arguments are aiosmtpd's."""
        if address in self.gone:
            return "550 5.1.1 this mailbox is not there any more"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one letter; the name and the arguments are aiosmtpd's."""
        content = envelope.content
        assert isinstance(content, bytes)
        number = len(self.mails) + 1
        path = self.folder / f"{number:04}.eml"
        path.write_bytes(content)
        arrived_at = self.now()
        self.mails += [
            Mail(each, path, recipient, arrived_at)
            for each, recipient in enumerate(dict.fromkeys(envelope.rcpt_tos), number)
        ]
        return f"250 2.0.0 kept as {path.name}"


@contextmanager
def inbox(
    folder: Path, *, gone: Collection[str] = (), now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[Inbox]:
    """Listen on a free port of 127.0.0.1 until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = Inbox(folder, gone, now)
    listening = socket.create_server(("127.0.0.1", 0))
    kept.port = listening.getsockname()[1]
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_serve, args=(kept, listening, loop), name="inbox", daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def _serve(kept: Inbox, listening: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
    """Until the loop is stopped. All of it in this thread: the one that began may have a loop of its own."""
    server = loop.run_until_complete(
        loop.create_server(lambda: SMTP(kept, hostname="localhost", loop=loop), sock=listening)
    )
    loop.run_forever()
    server.close()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
