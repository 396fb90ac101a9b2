"""What is unknown is settled by evidence or by an editor's word, and by nothing else."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from publisher.domain.issue import IssueState
from publisher.domain.sending import SendAgain, settle
from publisher.errors import WrongUse
from publisher.mail.identity import message_id
from publisher.stages import cancel, resolve
from publisher.store import issues, ledger
from publisher.store.resolve import Unknowns
from publisher.store.tables import AttemptRow, DecisionRow, DeliveryRow, PostRow
from tests.cli.command import publisher
from tests.mail.test_maillog import cleanup, queued, status
from tests.newsroom import FOLDER, FRIDAY, Newsroom, smtp
from tests.stages.conftest import HEADLINES

LATER = FRIDAY + timedelta(hours=1)
LOST = "the sender stopped before the answer came"


def unknown(room: Newsroom, letters: Sequence[str] = (), posts: int = 0) -> Newsroom:
    """The released issue is settled; these readers' letters, and so many posts, are unknown, the rest is accepted."""
    room.composes()
    room.approves()
    room.releases()
    with room.database.write() as session:
        for row in session.exec(select(DeliveryRow).order_by("id")):
            is_lost = row.channel == "letter" and f"reader{row.subscriber_id}" in letters
            row.state, row.attempts, row.reason = ("unknown", 1, LOST) if is_lost else ("accepted", 1, "")
        for at, post in enumerate(session.exec(select(PostRow).order_by("id"))):
            post.state, post.attempts = ("unknown", 2) if at < posts else ("accepted", 1)
        issue = issues.by_number(session, 1)
        issue.sent_at = FRIDAY
        issues.set_state(session, issue, IssueState.SENT, now=FRIDAY)
    return room


@pytest.fixture
def room(tmp_path: Path, database_url: str) -> Iterator[Newsroom]:
    """Six readers get the letter by mail, and a copy is written; nothing composed yet."""
    room = Newsroom.open(tmp_path / "publication", database_url, smtp(9) + FOLDER)
    room.writes(*HEADLINES)
    room.has_readers(6)
    room.has_editors("kim@example.org")
    yield room
    room.database.close()


def letters(room: Newsroom) -> Counter[str]:
    with room.database.read() as session:
        return Counter(session.exec(select(DeliveryRow.state).where(DeliveryRow.channel == "letter")).all())


# --- an editor's word


def test_what_is_left_stays_unknown_and_nobody_is_asked_any_more(room: Newsroom) -> None:
    unknown(room, ["reader1", "reader4"], posts=1)
    assert room.issue()["undecided"] == {"letters": 2, "posts": 1}
    assert resolve.leave(room.database, 1, now=LATER, by="kim@example.org") == Unknowns(2, 1)
    page = room.issue()
    assert (page["undecided"], page["left_so"]) == ({"letters": 0, "posts": 0}, {"letters": 2, "posts": 1})
    assert letters(room) == {"unknown": 2, "accepted": 4}
    assert (page["state"], page["unexplained"]) == ("sent", 0)
    with room.database.read() as session:
        decided = session.exec(select(DecisionRow)).all()
    assert {(row.decided_by, row.decided_at) for row in decided} == {("kim@example.org", LATER)}
    with pytest.raises(WrongUse, match=r"nothing of No\. 1 is unknown and undecided"):
        resolve.leave(room.database, 1, now=LATER)


def test_what_becomes_unknown_later_is_asked_about(room: Newsroom) -> None:
    unknown(room, ["reader1"])
    resolve.leave(room.database, 1, now=LATER)
    with room.database.write() as session:
        mailed = select(DeliveryRow).where(DeliveryRow.subscriber_id == 2, DeliveryRow.channel == "letter")
        session.exec(mailed).one().state = "unknown"
    assert resolve.look(room.database, 1) == (Unknowns(1, 0), Unknowns(1, 0))


def test_what_is_sent_again_is_queued_and_the_issue_goes_out_once_more(room: Newsroom) -> None:
    unknown(room, ["reader1", "reader4"])
    assert resolve.send_again(room.database, 1, now=LATER, by="kim@example.org") == Unknowns(2, 0)
    assert letters(room) == {"queued": 2, "accepted": 4}
    page = room.issue()
    assert (page["state"], page["sent_at"], page["unexplained"]) == ("sending", None, 0)
    with room.database.read() as session:
        kept = session.exec(select(AttemptRow)).all()
        reasons = set(session.exec(select(DeliveryRow.reason).where(DeliveryRow.state == "queued")))
    assert {(row.result, row.reason) for row in kept} == {("unknown", f"{LOST}; sent again by kim@example.org")}
    assert reasons == {"sent again by kim@example.org"}


def test_a_row_is_sent_again_as_the_lifecycle_says(room: Newsroom) -> None:
    unknown(room, ["reader1"])
    lost = select(DeliveryRow).where(DeliveryRow.subscriber_id == 1, DeliveryRow.channel == "letter")
    with room.database.read() as session:
        before = ledger.progress_of(session.exec(lost).one())
    resolve.send_again(room.database, 1, now=LATER)
    with room.database.read() as session:
        after = ledger.progress_of(session.exec(lost).one())
    assert after == settle(before, SendAgain("sent again by an editor"), LATER)


def test_what_was_left_is_not_sent_again(room: Newsroom) -> None:
    unknown(room, ["reader1"])
    resolve.leave(room.database, 1, now=LATER)
    with pytest.raises(WrongUse, match="there is nothing to do"):
        resolve.send_again(room.database, 1, now=LATER)
    assert letters(room) == {"unknown": 1, "accepted": 5}


def test_who_decides_decides_about_what_they_saw(room: Newsroom) -> None:
    unknown(room, ["reader1", "reader2"])
    for act in (resolve.leave, resolve.send_again):
        with pytest.raises(WrongUse, match=r"2 of No\. 1 are unknown now, not 1; look again"):
            act(room.database, 1, now=LATER, seen=1)
    assert letters(room) == {"unknown": 2, "accepted": 4}


def test_nothing_of_a_cancelled_issue_is_sent_again_but_it_can_be_left(room: Newsroom) -> None:
    unknown(room, ["reader1"])
    with room.database.write() as session:
        issues.set_state(session, issues.by_number(session, 1), IssueState.SENDING, now=FRIDAY)
    cancel.run(room.database, 1, now=LATER)
    with pytest.raises(WrongUse, match=r"No\. 1 is cancelled, so nothing of it is sent again"):
        resolve.send_again(room.database, 1, now=LATER)
    assert resolve.leave(room.database, 1, now=LATER) == Unknowns(1, 0)


def test_a_paused_issue_stays_paused(room: Newsroom) -> None:
    unknown(room, ["reader1"])
    with room.database.write() as session:
        issues.set_state(session, issues.by_number(session, 1), IssueState.PAUSED, now=FRIDAY)
    resolve.send_again(room.database, 1, now=LATER)
    assert room.issue()["state"] == "paused"


# --- evidence


def in_log(room: Newsroom, *readers: int) -> str:
    identity = room.publication.identity()
    names = [(f"AB{n:04X}", message_id(identity.secret, 1, n, identity.domain)) for n in readers]
    return "".join(cleanup(queue_id, name) + queued(queue_id) for queue_id, name in names)


def looks_into(room: Newsroom, log: str) -> resolve.Found:
    identity = room.publication.identity()
    return resolve.evidence(room.database, 1, identity, io.BytesIO(log.encode()), name="mail.log", now=LATER)


def test_what_the_relay_took_is_accepted_and_the_rest_stays(room: Newsroom) -> None:
    unknown(room, ["reader1", "reader2", "reader3"])
    log = in_log(room, 1, 2, 5) + status("AB0001") + status("AB0002", "bounced")
    assert looks_into(room, log) == resolve.Found(8, 3, 2, {"sent": 1, "bounced": 1}, False)
    assert letters(room) == {"accepted": 5, "unknown": 1}
    with room.database.read() as session:
        mailed = select(DeliveryRow).where(DeliveryRow.subscriber_id == 1, DeliveryRow.channel == "letter")
        row = session.exec(mailed).one()
    assert (row.receipt, row.accepted_at, row.reason) == ("queue id AB0001", LATER, "")


def test_evidence_counts_for_what_was_left_as_well(room: Newsroom) -> None:
    unknown(room, ["reader1"])
    resolve.leave(room.database, 1, now=LATER)
    assert looks_into(room, in_log(room, 1)).accepted == 1
    assert resolve.look(room.database, 1) == (Unknowns(), Unknowns())


def test_a_log_is_no_evidence_about_copies(room: Newsroom) -> None:
    unknown(room)
    with room.database.write() as session:
        for row in session.exec(select(DeliveryRow).where(DeliveryRow.channel == "out")):
            row.state = "unknown"
    assert looks_into(room, in_log(room, 1, 2, 3)).accepted == 0


def test_a_forged_message_id_proves_nothing(room: Newsroom) -> None:
    unknown(room, ["reader1"])
    forged = "<issue-1-1-0123456789abcdef@example.org>"
    assert looks_into(room, cleanup("AB0001", forged) + queued("AB0001")).accepted == 0


def test_looking_twice_changes_nothing_more(room: Newsroom) -> None:
    unknown(room, ["reader1", "reader2"])
    looks_into(room, in_log(room, 1))
    assert looks_into(room, in_log(room, 1)).accepted == 0
    assert letters(room) == {"accepted": 5, "unknown": 1}


# --- the command


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Newsroom]:
    """The same on SQLite, to run commands in."""
    room = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db", smtp(9))
    room.writes(*HEADLINES)
    room.has_readers(6)
    room.has_editors("kim@example.org")
    yield unknown(room, ["reader1", "reader2", "reader3"])
    room.database.close()


def test_the_command_says_how_many_and_decides_nothing_by_itself(folder: Newsroom) -> None:
    said = publisher(folder.root, "issues", "resolve", "1")
    assert said.status == 0
    assert "No. 1: 3 letters unknown, about 90 % probably have it" in said.out
    assert "publisher issues resolve 1 --unknown leave (or send-again)" in said.out
    assert letters(folder)["unknown"] == 3


def test_in_a_pipe_it_wants_to_be_told_that_it_is_meant(folder: Newsroom) -> None:
    said = publisher(folder.root, "issues", "resolve", "1", "--unknown", "send-again")
    assert (said.status, said.complaint) == (
        2,
        "publisher: 3 letters would be decided about; say --yes if that is meant",
    )
    assert publisher(folder.root, "issues", "resolve", "1", "--unknown", "leave", "--json").status == 2
    assert letters(folder)["unknown"] == 3


def test_evidence_first_then_the_word_in_one_command(folder: Newsroom) -> None:
    (folder.root / "mail.log").write_text(in_log(folder, 1) + status("AB0001"))
    words = ("issues", "resolve", "1", "--log", "mail.log", "--unknown", "leave", "--yes", "--by", "kim@example.org")
    said = publisher(folder.root, *words)
    assert said.status == 0, said.err
    assert said.out.splitlines() == [
        "mail.log: 3 lines; the relay had taken 1 of 3 unknown letters (1 sent)",
        "No. 1: 2 letters unknown; if that is the whole log of the time, they did not arrive",
        "2 letters stay unknown; nobody is asked about them any more",
    ]
    after = publisher(folder.root, "issues", "resolve", "1")
    assert after.out == "No. 1: nothing is unknown and undecided (2 are left as they are)\n"
    assert "of the unknown 2 are left as they are" in publisher(folder.root, "issues", "show", "1").out


def test_json_is_one_document(folder: Newsroom) -> None:
    (folder.root / "mail.log").write_text(in_log(folder, 1) + status("AB0001"))
    words = ("issues", "resolve", "1", "--log", "mail.log", "--unknown", "send-again", "--yes", "--json")
    said = json.loads(publisher(folder.root, *words).out)
    assert said == {
        "number": 1,
        "evidence": [{"lines": 3, "unknown": 3, "accepted": 1, "fates": {"sent": 1}, "is_cut": False}],
        "undecided": {"letters": 2, "posts": 0},
        "left_so": {"letters": 0, "posts": 0},
        "probably_there_percent": 90,
        "decision": "send-again",
    }
    assert letters(folder) == {"accepted": 4, "queued": 2}


def test_a_log_comes_through_a_pipe_as_well(folder: Newsroom) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "publisher", "issues", "resolve", "1", "--log", "-"],
        cwd=folder.root,
        input=in_log(folder, 2),
        text=True,
        capture_output=True,
        check=True,
    )
    assert "the relay had taken 1 of 3 unknown letters (1 queued)" in done.stdout


def test_a_log_that_is_not_there_is_named(folder: Newsroom) -> None:
    said = publisher(folder.root, "issues", "resolve", "1", "--log", "mail.log.9")
    assert (said.status, said.complaint) == (1, "publisher: mail.log.9: No such file or directory")


@pytest.mark.parametrize(
    ("answer", "after"), [("y", {"queued": 3, "accepted": 3}), ("n", {"unknown": 3, "accepted": 3})]
)
def test_on_a_terminal_it_asks(folder: Newsroom, answer: str, after: dict[str, int]) -> None:
    here, there = pty.openpty()
    os.write(here, f"{answer}\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "publisher", "issues", "resolve", "1", "--unknown", "send-again"],
        cwd=folder.root,
        stdin=there,
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
    )
    os.close(here)
    os.close(there)
    assert "send again, so that most of them get it twice, 3 letters?" in done.stdout
    assert done.returncode == (0 if answer == "y" else 1)
    assert letters(folder) == after
