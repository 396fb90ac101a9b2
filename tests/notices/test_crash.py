"""A process that dies while a notice is on the wire: unknown, told by name, and never sent twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from publisher.domain.sending import State
from publisher.store import notices
from publisher.store.ledger import mark
from publisher.store.tables import NoticeRow
from tests.channels.smtp_servers import Do, ScriptedRelay
from tests.cli.command import THURSDAY as SHOWN_THURSDAY
from tests.cli.command import publisher
from tests.newsroom import THURSDAY, Newsroom, smtp
from tests.notices.makers import READY, is_due, mails, outbox, tells


def test_killed_between_the_mark_and_the_answer_it_is_unknown_and_not_sent_again(
    tmp_path: Path, database_url: str
) -> None:
    with ScriptedRelay({"dot": [Do.HANG]}) as relay:
        room = Newsroom.open(tmp_path / "publication", database_url, smtp(relay.port, connections=1))
        room.has_editors("kim@example.org")
        tells(room, READY)
        killed = subprocess.Popen(
            [sys.executable, "-m", "publisher", "send", "--now", SHOWN_THURSDAY],
            cwd=room.root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while not relay.had:
            assert time.monotonic() < deadline and killed.poll() is None, "it never sent"
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
        killed.wait(30)
        assert [row.state for row in outbox(room)] == [State.SENDING]
        assert is_due(room), "the next sender has to look at it"

        for _ in range(2):
            said = publisher(room.root, "send", "--now", SHOWN_THURSDAY)
            assert said.status == 0, said.err
        [row] = json.loads(publisher(room.root, "notices", "list", "--json").out)
        assert (row["state"], row["attempts"], row["recipient"]) == ("unknown", 1, "kim@example.org")
        assert "before the answer came" in row["reason"]
        assert len(relay.had) == 1
        room.database.close()


def test_what_was_claimed_and_never_marked_is_sent_by_the_next_one(tmp_path: Path, database_url: str) -> None:
    with ScriptedRelay() as relay:
        room = Newsroom.open(tmp_path / "publication", database_url, smtp(relay.port))
        room.has_editors("kim@example.org", "lee@example.org")
        tells(room, READY)
        with room.database.write() as session:
            due = notices.claim(session, worker="gone", now=THURSDAY, until=THURSDAY, limit=10)
            assert mark(session, NoticeRow, [due[0].id], "gone") == {due[0].id}
        assert mails(room).accepted == 1
        assert sorted(row.state for row in outbox(room)) == ["accepted", "unknown"]
        assert len(relay.had) == 1
        room.database.close()
