"""The outbox through a real relay, on SQLite and on PostgreSQL: once, never silently twice, and never lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlmodel import select

from publisher.stages import notify
from publisher.store.db import Database
from publisher.store.tables import AttemptRow, EditorRow
from tests.channels.smtp_servers import Do, Inbox, ScriptedRelay, real_relay
from tests.newsroom import FOLDER, FRIDAY, THURSDAY, Newsroom, smtp
from tests.notices.makers import READY, is_due, mails, outbox, tells

MINUTES = timedelta(minutes=1)


@contextmanager
def newsroom(folder: Path, url: str, channels: str, editors: int = 2) -> Iterator[Newsroom]:
    room = Newsroom.open(folder / "publication", url, channels)
    room.has_editors(*(f"editor{number}@example.org" for number in range(1, editors + 1)))
    try:
        yield room
    finally:
        room.database.close()


def states(room: Newsroom) -> list[str]:
    return [row.state for row in outbox(room)]


def attempts(database: Database) -> list[tuple[int | None, str]]:
    with database.read() as session:
        return [(row.notice_id, row.result) for row in session.exec(select(AttemptRow))]


def test_every_editor_gets_it_once_with_a_link_of_their_own(tmp_path: Path, database_url: str) -> None:
    inbox = Inbox()
    with real_relay(inbox, "none", None) as port, newsroom(tmp_path, database_url, smtp(port), editors=9) as room:
        tells(room, READY)
        assert mails(room).accepted == 9
        assert mails(room).accepted == 0
        assert states(room) == ["accepted"] * 9
        assert not is_due(room, now=FRIDAY)
    assert sorted(envelope.rcpt_tos[0] for envelope in inbox.envelopes) == [
        f"editor{number}@example.org" for number in range(1, 10)
    ]
    contents = [envelope.content for envelope in inbox.envelopes if isinstance(envelope.content, bytes)]
    assert len({content.split(b"/desk/enter/")[1][:60] for content in contents}) == 9
    assert all(b"Auto-Submitted: auto-generated\r\n" in content for content in contents)


def test_one_refused_editor_keeps_none_of_the_others_waiting(tmp_path: Path, database_url: str) -> None:
    script = {"rcpt": [b"550 5.1.1 no such user\r\n"]}
    with ScriptedRelay(script) as relay, newsroom(tmp_path, database_url, smtp(relay.port, connections=1)) as room:
        tells(room, READY)
        tally = mails(room)
        assert (tally.refused, tally.accepted) == (1, 1)
        assert sorted(states(room)) == ["accepted", "refused"]
        assert [result for _, result in attempts(room.database)] == ["refused"]
        assert not is_due(room, now=FRIDAY)


def test_a_deferred_notice_is_tried_again_when_due_and_given_up_after_a_day(tmp_path: Path, database_url: str) -> None:
    with (
        ScriptedRelay({"rcpt": b"451 4.2.0 come again\r\n"}) as relay,
        newsroom(tmp_path, database_url, smtp(relay.port), editors=1) as room,
    ):
        tells(room, READY)
        now, tries = THURSDAY, 0
        while mails(room, now=now).deferred or outbox(room)[0].state == "queued":
            tries += 1
            assert not is_due(room, now=now + timedelta(minutes=4))
            now = outbox(room)[0].due_at
            assert tries < 60
        [row] = outbox(room)
        assert row.state == "dropped" and "expired" in row.reason
        assert timedelta(hours=22) < now - THURSDAY <= timedelta(hours=24)
        assert relay.had == []


def test_a_notice_whose_answer_was_lost_is_never_sent_again_by_itself(tmp_path: Path, database_url: str) -> None:
    with (
        ScriptedRelay({"dot": [Do.RESET]}) as relay,
        newsroom(tmp_path, database_url, smtp(relay.port), editors=1) as room,
    ):
        tells(room, READY)
        assert mails(room).unknown == 1
        assert not is_due(room, now=FRIDAY)
        for hours in (1, 24, 48):
            mails(room, now=THURSDAY + timedelta(hours=hours))
        assert states(room) == ["unknown"]
        assert len(relay.had) == 1


def test_a_relay_that_is_down_loses_nothing_and_is_not_asked_all_the_time(tmp_path: Path, database_url: str) -> None:
    with ScriptedRelay() as relay:
        port = relay.port
    with newsroom(tmp_path, database_url, smtp(port), editors=6) as room:
        tells(room, READY)
        assert "cannot connect" in mails(room).down
        assert states(room) == ["queued"] * 6
        assert not is_due(room, now=THURSDAY + 4 * MINUTES)
        assert is_due(room, now=THURSDAY + 5 * MINUTES)
        inbox = Inbox()
        with real_relay(inbox, "none", None) as working:
            config = (room.root / "config.toml").read_text().replace(f"port = {port}", f"port = {working}")
            (room.root / "config.toml").write_text(config)
            again = reopened(room)
            assert mails(again, now=THURSDAY + 5 * MINUTES).accepted == 6
            again.database.close()


def test_without_a_channel_for_mail_it_says_so_and_keeps_them(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, database_url, "") as room:
        tells(room, READY)
        assert "no channel for mail" in mails(room).down
        assert states(room) == ["queued", "queued"]
        assert not is_due(room) and is_due(room, now=THURSDAY + 5 * MINUTES)


def test_a_publication_that_writes_files_writes_its_notices_too(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, database_url, FOLDER) as room:
        tells(room, READY)
        assert mails(room).accepted == 2
        names = sorted(path.name for path in (room.root / "out" / "letters").iterdir())
        assert [name[:8] for name in names] == ["notice-1", "notice-2"]
        assert room.letters() == []


def test_who_is_no_editor_any_more_gets_nothing(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, database_url, FOLDER) as room:
        tells(room, READY)
        with room.database.write() as session:
            gone = session.exec(select(EditorRow).where(EditorRow.email == "editor1@example.org")).one()
            session.delete(gone)
        assert (mails(room).accepted, sorted(states(room))) == (1, ["accepted", "dropped"])


def test_told_to_stop_it_gives_everything_back(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, database_url, FOLDER) as room:
        tells(room, READY)
        mails(room, is_stopping=lambda: True)
        assert states(room) == ["queued", "queued"]
        assert mails(room).accepted == 2


def test_one_broken_notice_is_dropped_with_its_reason_and_the_others_go(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, database_url, FOLDER) as room:
        tells(room, READY)
        with room.database.write() as session:
            first = session.merge(outbox(room)[0])
            first.subject = "two\nlines"
        assert mails(room).accepted == 1
        [dropped] = [row for row in outbox(room) if row.state == "dropped"]
        assert "U+000A" in dropped.reason


def test_an_idle_outbox_writes_nothing(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, database_url, FOLDER) as room:
        publication = room.publication

        def refuse() -> None:
            raise AssertionError("it wrote")

        room.database.write = refuse  # type: ignore[method-assign, assignment]
        clock = publication.clock(THURSDAY)
        tally = notify.send(
            room.database, publication.notice_channel(), publication.identity(), worker="w", clock=clock
        )
        assert tally.accepted == 0


def reopened(room: Newsroom) -> Newsroom:
    from publisher.wiring import Publication, load_settings

    return Newsroom(Publication(load_settings(room.root / "config.toml")))
