"""The demo's inbox: a real SMTP server in this process, on 127.0.0.1 only, that keeps every letter as a file."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Inbox:
    """What has arrived, in the order it came. `port` is where it listens."""

    folder: Path
    port: int = 0
    files: list[Path] = field(default_factory=list)

    def letters(self) -> list[EmailMessage]:
        """Every letter, parsed."""
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in self.files]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one letter; the name and the arguments are aiosmtpd's."""
        content = envelope.content
        assert isinstance(content, bytes)
        path = self.folder / f"{len(self.files) + 1:04}-{envelope.rcpt_tos[0].partition('@')[0]}.eml"
        path.write_bytes(content)
        self.files.append(path)
        return f"250 2.0.0 kept as {path.name}"


@contextmanager
def inbox(folder: Path) -> Iterator[Inbox]:
    """Listen on a free port of 127.0.0.1 until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = Inbox(folder)
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(
        loop.create_server(lambda: SMTP(kept, hostname="localhost", loop=loop), "127.0.0.1", 0)
    )
    kept.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="inbox", daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        listening.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
