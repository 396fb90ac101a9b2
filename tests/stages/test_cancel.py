"""Cancelling: what has left has left, what has not never leaves, whoever is sending meanwhile."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from publisher.domain.issue import IssueState
from publisher.domain.message import Accepted, Deferred
from publisher.domain.sending import Dropped, Returned, settle
from publisher.errors import NotFound, WrongUse
from publisher.stages import approve, cancel, pause
from publisher.store import issues, ledger, outgoing
from publisher.store.db import Database
from publisher.store.tables import DeliveryRow, PostRow
from tests.cli.command import FRIDAY as COMMAND_FRIDAY
from tests.cli.command import publisher
from tests.makers import NOW, going_out, post_surface
from tests.newsroom import FRIDAY, THURSDAY, Newsroom, smtp
from tests.peers import mailbox
from tests.stages.conftest import HEADLINES

LATER = NOW + timedelta(minutes=1)


def on_its_way(database: Database, states: Iterable[str] = (), count: int = 6) -> int:
    """An issue that is going out to six readers, the first of whom are in these states already, with two posts."""
    issue_id = going_out(database, count)
    with database.write() as session:
        posts = [(n, f"key-{n}", post_surface(f"post {n}"), NOW) for n in (1, 2)]
        ledger.add_posts(session, issue_id, "x", posts, NOW)
        rows = session.exec(select(DeliveryRow).order_by("id")).all()
        for row, state in zip(rows, states, strict=False):
            row.state, row.claimed_by, row.attempts = state, "one", int(state not in ("queued", "claimed"))
            session.add(row)
    return issue_id


def states(database: Database, rows: type[DeliveryRow] | type[PostRow] = DeliveryRow) -> Counter[str]:
    with database.read() as session:
        return Counter(session.exec(select(rows.state)).all())


def issue_state(database: Database) -> tuple[str, str]:
    with database.read() as session:
        row = issues.by_number(session, 1)
        return row.state, row.state_reason


def is_due(database: Database, busy: Iterable[str] = ()) -> bool:
    with database.read() as session:
        return outgoing.is_anything_due(session, LATER, grace=timedelta(hours=6), spacings={}, busy=frozenset(busy))


def sweep(database: Database) -> int:
    """What a sender does when it has stopped, and when it begins."""
    with database.write() as session:
        return outgoing.drop_cancelled(session, LATER)


def test_what_waits_never_leaves_and_what_has_left_stays_as_it_is(database: Database) -> None:
    on_its_way(database, ["accepted", "refused", "unknown"])
    assert cancel.run(database, 1, now=LATER, reason="the  wrong\npicture", by="kim@example.org") == 5
    assert states(database) == {"accepted": 1, "refused": 1, "unknown": 1, "dropped": 3}
    assert states(database, PostRow) == {"dropped": 2}
    assert issue_state(database) == ("cancelled", "cancelled: the wrong picture (by kim@example.org)")
    with database.read() as session:
        reasons = set(session.exec(select(DeliveryRow.reason).where(DeliveryRow.state == "dropped")))
    assert reasons == {"cancelled: the wrong picture (by kim@example.org)"}
    assert not is_due(database)


@pytest.mark.parametrize(
    ("reason", "by", "told"),
    [
        ("", "", "cancelled: by an editor"),
        ("", "kim@example.org", "cancelled: by kim@example.org"),
        ("wrong date", "", "cancelled: wrong date"),
    ],
)
def test_the_reason_says_who_or_why(database: Database, reason: str, by: str, told: str) -> None:
    on_its_way(database)
    cancel.run(database, 1, now=LATER, reason=reason, by=by)
    assert issue_state(database)[1] == told


def test_a_row_is_dropped_as_the_lifecycle_says(database: Database) -> None:
    on_its_way(database, count=1)
    with database.read() as session:
        before = ledger.progress_of(session.exec(select(DeliveryRow)).one())
    cancel.run(database, 1, now=LATER)
    with database.read() as session:
        after = ledger.progress_of(session.exec(select(DeliveryRow)).one())
    assert after == settle(before, Dropped("cancelled: by an editor"), LATER)


def test_what_another_process_has_is_left_to_it_and_dropped_when_it_gives_it_back(database: Database) -> None:
    """The sender sees that the issue is cancelled, settles what was on the wire, and returns the rest."""
    issue_id = on_its_way(database, ["claimed", "claimed", "sending", "sending"])
    assert cancel.run(database, 1, now=LATER) == 4
    assert states(database) == {"claimed": 2, "sending": 2, "dropped": 2}
    assert not is_due(database, busy=["letter"])
    assert is_due(database), "if that sender is gone, another one has to settle what it had"
    with database.write() as session:
        rows = {row.id: ledger.progress_of(row) for row in session.exec(select(DeliveryRow).order_by("id"))}
        one, two, three, four = list(rows)[:4]
        after = {
            one: settle(rows[one], Returned("the sender was stopped"), LATER),
            two: settle(rows[two], Returned("the sender was stopped"), LATER),
            three: settle(rows[three], Accepted("250 ok"), LATER),
            four: settle(rows[four], Deferred("greylisted"), LATER),
        }
        settlings = [ledger.Settling(row_id, rows[row_id], progress) for row_id, progress in after.items() if row_id]
        ledger.settle_rows(session, DeliveryRow, settlings, "one")
    assert is_due(database)
    assert sweep(database) == 3
    assert states(database) == {"dropped": 5, "accepted": 1}
    assert not is_due(database)
    with database.read() as session:
        assert not outgoing.cancelled_issues(session)
        assert outgoing.unsettled(session, issue_id) == 0


def test_what_a_dead_sender_had_marked_stays_unknown(database: Database) -> None:
    on_its_way(database, ["claimed", "sending"])
    cancel.run(database, 1, now=LATER)
    with database.write() as session:
        ledger.recover(session, LATER)
    assert sweep(database) == 1
    assert states(database) == {"dropped": 5, "unknown": 1}
    assert not is_due(database)


def test_nothing_of_a_cancelled_issue_can_be_claimed(database: Database) -> None:
    issue_id = on_its_way(database)
    with database.write() as session:
        issue = issues.by_number(session, 1)
        issues.set_state(session, issue, IssueState.CANCELLED, "cancelled: by an editor", now=LATER)
    with database.write() as session:
        until = LATER + timedelta(minutes=15)
        assert ledger.claim_post(session, issue_id, "x", worker="one", now=LATER, until=until) is None


def test_a_crash_between_the_two_halves_is_made_up_for(database: Database) -> None:
    """The issue is cancelled and the rows are not dropped yet: the next look of a sender finds that."""
    on_its_way(database)
    with database.write() as session:
        issue = issues.by_number(session, 1)
        issues.set_state(session, issue, IssueState.CANCELLED, "cancelled: by an editor", now=LATER)
    assert is_due(database)
    assert sweep(database) == 8
    assert not is_due(database)


def test_a_paused_issue_can_be_cancelled_and_never_resumed(database: Database) -> None:
    on_its_way(database)
    pause.run(database, 1, now=NOW)
    assert cancel.run(database, 1, now=LATER) == 8
    with pytest.raises(WrongUse, match=r"No\. 1 is cancelled, not paused"):
        pause.resume(database, 1, now=LATER)


def test_another_issue_goes_on(database: Database) -> None:
    on_its_way(database)
    going_out(database, 6, number=2)
    cancel.run(database, 1, now=LATER)
    assert states(database) == {"dropped": 6, "queued": 6}


def test_an_issue_that_does_not_exist_says_which_do(database: Database) -> None:
    on_its_way(database)
    with pytest.raises(NotFound, match="there is no issue 9"):
        cancel.run(database, 9, now=LATER)


# --- before it leaves, and on the command line


def test_a_draft_and_an_approved_issue_are_cancelled_with_their_approvals(newsroom: Newsroom) -> None:
    newsroom.composes()
    newsroom.approves()
    assert cancel.run(newsroom.database, 1, now=THURSDAY, by="lee@example.org") == 0
    page = newsroom.issue()
    assert (page["state"], page["leaves_at"]) == ("cancelled", None)
    assert page["approvals"][0]["withdrawn_at"] is not None
    assert newsroom.releases() == []
    with pytest.raises(WrongUse, match=r"No\. 1 is cancelled and can no longer be cancelled"):
        cancel.run(newsroom.database, 1, now=THURSDAY)


def test_a_held_issue_is_cancelled_and_what_is_sent_is_not(newsroom: Newsroom) -> None:
    newsroom.composes()
    approve.hold(newsroom.database, 1, reason="wait", now=THURSDAY)
    cancel.run(newsroom.database, 1, now=THURSDAY)
    assert newsroom.issue()["state"] == "cancelled"
    with newsroom.database.write() as session:
        issues.set_state(session, issues.by_number(session, 1), IssueState.SENT, now=FRIDAY)
    with pytest.raises(WrongUse, match=r"No\. 1 is sent and can no longer be cancelled"):
        cancel.run(newsroom.database, 1, now=FRIDAY)


def test_the_accounting_equation_holds_for_a_cancelled_issue(newsroom: Newsroom) -> None:
    newsroom.composes()
    newsroom.approves()
    newsroom.releases()
    cancel.run(newsroom.database, 1, now=FRIDAY, reason="the wrong picture")
    page = newsroom.issue()
    assert (page["audience"], page["unexplained"], page["deliveries"]["dropped"]) == (3, 0, 3)
    assert page["fate"] == {"has_it": 0, "has_not": 3, "on_the_wire": 0, "unknown": 0}


def test_the_command_says_who_has_it(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path, "sqlite:///var/publisher.db")
    room.writes("A harbour learns to count ships", "Library robots take the night shift", "Bread, baked by forecast")
    room.has_readers(3)
    room.has_editors("kim@example.org")
    room.composes()
    room.approves()
    room.releases()
    with room.database.write() as session:
        row = session.exec(select(DeliveryRow)).first()
        assert row is not None
        row.state = "accepted"
    said = publisher(tmp_path, "issues", "cancel", "1", "--reason", "the wrong picture", "--by", "kim@example.org")
    assert said.status == 0, said.err
    assert said.out.splitlines() == [
        "No. 1 is cancelled: the wrong picture (by kim@example.org)",
        "1 have it, 2 have not",
    ]
    again = publisher(tmp_path, "issues", "cancel", "1")
    assert (again.status, again.complaint) == (2, "publisher: No. 1 is cancelled and can no longer be cancelled")
    assert "cancelled: the wrong picture" in publisher(tmp_path, "issues", "show", "1").out
    room.database.close()


def test_an_issue_is_cancelled_while_another_process_sends_it(tmp_path: Path) -> None:
    """Whoever the relay has a letter for has it in the ledger, and everybody else never gets one."""
    with mailbox(tmp_path) as relay:
        room = Newsroom.open(
            tmp_path / "publication", "sqlite:///var/publisher.db", smtp(relay.port) + 'pace = "40/s"\n'
        )
        room.writes(*HEADLINES)
        room.has_readers(400)
        room.has_editors("kim@example.org")
        room.composes()
        room.approves()
        command = [sys.executable, "-m", "publisher", "send", "--now", COMMAND_FRIDAY]
        sender = subprocess.Popen(command, cwd=room.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            until = time.monotonic() + 30
            while relay.count() < 20:
                assert time.monotonic() < until and sender.poll() is None, sender.communicate()
                time.sleep(0.02)
            said = publisher(room.root, "issues", "cancel", "1", "--reason", "the wrong picture")
            cancelled_at = time.monotonic()
            assert said.status == 0, said.err
            out, err = sender.communicate(timeout=30)
            assert time.monotonic() - cancelled_at < 5, "it takes half a second to notice"
        finally:
            sender.kill()
            sender.wait()
        page = room.issue()
        had = {recipient for recipient, _, _ in relay.letters()}
        assert (page["state"], page["unexplained"]) == ("cancelled", 0), (out, err)
        assert page["deliveries"]["accepted"] == len(had) == len(relay.letters()) < 400
        assert page["deliveries"]["dropped"] == 400 - len(had)
        assert page["fate"]["on_the_wire"] == 0
        assert publisher(room.root, "send", "--now", COMMAND_FRIDAY).status == 0
        assert len(relay.letters()) == len(had)
        room.database.close()


@pytest.mark.parametrize("times", range(3))
def test_a_sender_that_is_killed_after_the_cancelling_leaves_nothing_in_the_queue(tmp_path: Path, times: int) -> None:
    with mailbox(tmp_path, delay=0.05) as relay:
        room = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db", smtp(relay.port))
        room.writes(*HEADLINES)
        room.has_readers(300)
        room.has_editors("kim@example.org")
        room.composes()
        room.approves()
        command = [sys.executable, "-m", "publisher", "send", "--now", COMMAND_FRIDAY]
        sender = subprocess.Popen(command, cwd=room.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            until = time.monotonic() + 30
            while relay.count() < 10 * (times + 1):
                assert time.monotonic() < until and sender.poll() is None, sender.communicate()
                time.sleep(0.01)
            cancel.run(room.database, 1, now=FRIDAY)
        finally:
            sender.kill()
            sender.communicate()
        assert publisher(room.root, "send", "--now", COMMAND_FRIDAY).status == 0
        page = room.issue()
        counts = page["deliveries"]
        assert page["unexplained"] == 0
        assert counts["queued"] == counts["deferred"] == counts["claimed"] == counts["sending"] == 0
        had = {recipient for recipient, _, _ in relay.letters()}
        assert len(had) == len(relay.letters())
        assert counts["accepted"] <= len(had) <= counts["accepted"] + counts["unknown"]
        assert counts["unknown"] <= 4
        room.database.close()
