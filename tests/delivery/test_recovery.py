"""What a worker that is gone had taken: by its journal each row is known, and without it the block is unknown."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from publisher.delivery import journal as journals
from publisher.delivery.journal import Journal
from publisher.delivery.recovery import LOST, recover
from publisher.domain.message import Accepted, Deferred, Refused, Unknown
from publisher.domain.sending import Returned
from publisher.errors import ChannelDown
from publisher.store import ledger
from publisher.store.db import Database
from publisher.store.hot import Deliveries, Part
from publisher.store.tables import AttemptRow, DeliveryRow
from tests.makers import NOW, going_out

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journals"


@pytest.fixture
def journal(folder: Path) -> Iterator[Journal]:
    journal = Journal(folder, "letter")
    yield journal


def claimed(database: Database, journal: Journal, count: int) -> list[int]:
    """So many rows of a new issue, taken by the worker of that journal."""
    issue_id = going_out(database, count)
    with database.read() as session:
        bounds = ledger.bounds(session, issue_id, "letter")
    assert bounds
    with closing(
        Deliveries(database.driver, Part(issue_id, "letter", ("weekly",), *bounds), journal.claimed_by)
    ) as deliveries:
        return [due.id for due in deliveries.claim(NOW, LATER, count).rows]


def dies(journal: Journal) -> None:
    """The kernel lets go of what a process held, and keeps what it wrote."""
    os.close(journal._file)


def rows(database: Database) -> dict[int, DeliveryRow]:
    with database.read() as session:
        return {row.id: row for row in session.exec(select(DeliveryRow)) if row.id is not None}


def states(database: Database) -> Counter[str]:
    return Counter(row.state for row in rows(database).values())


def test_what_had_not_begun_is_queued_what_was_under_way_is_unknown_and_what_was_answered_is_settled(
    database: Database, folder: Path, journal: Journal
) -> None:
    waiting, out, accepted, deferred, refused, lost, back = claimed(database, journal, 7)
    for delivery_id in (out, accepted, deferred, refused, lost, back):
        journal.leaves(delivery_id)
    journal.answered([(accepted, Accepted("250 2.0.0 queued as 4F2A"))], NOW)
    journal.answered([(deferred, Deferred("451 later", 451))], NOW)
    journal.answered([(refused, Refused("550 no such user", 550))], NOW)
    journal.answered([(lost, Unknown("the answer was lost"))], NOW)
    journal.answered([(back, Returned("421 closing"))], NOW)
    dies(journal)

    assert recover(database, folder, LATER) == 2

    after = rows(database)
    assert {row_id: row.state for row_id, row in after.items()} == {
        waiting: "queued", out: "unknown", accepted: "accepted", deferred: "queued", refused: "refused",
        lost: "unknown", back: "queued",
    }  # fmt: skip
    assert after[accepted].receipt == "250 2.0.0 queued as 4F2A"
    assert after[accepted].accepted_at == NOW
    assert after[waiting].attempts == after[back].attempts == 0
    assert after[deferred].attempts == after[refused].attempts == after[out].attempts == 1
    assert after[deferred].due_at > NOW
    with database.read() as session:
        tried = {(row.delivery_id, row.result) for row in session.exec(select(AttemptRow))}
    assert tried == {(out, "unknown"), (deferred, "deferred"), (refused, "refused"), (lost, "unknown")}
    assert list(folder.iterdir()) == []


def test_without_its_journal_the_whole_block_is_unknown_and_never_sent_again_by_itself(
    database: Database, folder: Path, journal: Journal
) -> None:
    claimed(database, journal, 5)
    dies(journal)
    for path in folder.iterdir():
        path.unlink()
    assert recover(database, folder, LATER) == 5
    assert states(database) == {"unknown": 5}
    assert {row.reason for row in rows(database).values()} == {LOST}


@pytest.mark.parametrize("what", ["boot", "host"])
def test_the_journal_of_another_boot_or_host_says_nothing(
    database: Database, folder: Path, journal: Journal, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed(database, journal, 3)
    dies(journal)
    monkeypatch.setattr(journals, what, lambda: "another")
    assert recover(database, folder, LATER) == 3
    assert states(database) == {"unknown": 3}


def test_a_worker_that_still_runs_keeps_what_it_has(database: Database, folder: Path, journal: Journal) -> None:
    first, *_ = claimed(database, journal, 3)
    journal.leaves(first)
    assert recover(database, folder, LATER) == 0
    assert states(database) == {"claimed": 3}
    journal.begin_anew({first})
    assert recover(database, folder, LATER) == 0
    dies(journal)
    assert recover(database, folder, LATER) == 1
    assert states(database) == {"unknown": 1, "queued": 2}


def test_a_journal_that_was_begun_anew_remembers_only_what_is_still_out(
    database: Database, folder: Path, journal: Journal
) -> None:
    first, second, _ = claimed(database, journal, 3)
    journal.leaves(first)
    journal.leaves(second)
    journal.answered([(first, Accepted("250 ok"))], NOW)
    journal.mark()
    journal.begin_anew({second})
    dies(journal)
    left = journals.read(folder, journal.claimed_by)
    assert left is not None
    assert (left.out, left.outcomes) == ({second}, {})


def test_what_was_answered_while_the_database_was_told_of_others_is_not_forgotten(
    database: Database, folder: Path, journal: Journal
) -> None:
    first, second, third = claimed(database, journal, 3)
    for delivery_id in (first, second, third):
        journal.leaves(delivery_id)
    journal.answered([(first, Accepted("250 ok"))], NOW)
    journal.mark()
    journal.answered([(second, Refused("550 no such user", 550))], NOW)
    journal.begin_anew({third})
    dies(journal)
    left = journals.read(folder, journal.claimed_by)
    assert left is not None
    assert (left.out, left.outcomes) == ({third}, {second: (Refused("550 no such user"), NOW)})


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_last_line_that_was_cut_off_is_as_if_it_had_not_been_written(
    database: Database, folder: Path, journal: Journal, cut: int
) -> None:
    """What it was about to tell of had not happened yet, or is not known."""
    [only] = claimed(database, journal, 1)
    journal.leaves(only)
    journal.answered([(only, Accepted("250 ok"))], NOW)
    dies(journal)
    [path] = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-cut])
    assert recover(database, folder, LATER) == 1
    assert states(database) == {"unknown": 1}


def test_a_line_that_was_cut_short_is_followed_by_no_other(
    database: Database, folder: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = claimed(database, journal, 3)
    journal.leaves(first)
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, octets: write(file, octets[:3]))
    with pytest.raises(ChannelDown, match="No space left"):
        journal.leaves(second)
    monkeypatch.undo()
    with pytest.raises(ChannelDown, match="No space left"):
        journal.leaves(third)
    dies(journal)
    assert recover(database, folder, LATER) == 1
    assert states(database) == {"unknown": 1, "queued": 2}


def test_a_channel_that_is_at_work_is_left_alone(database: Database, folder: Path, journal: Journal) -> None:
    claimed(database, journal, 2)
    dies(journal)
    assert recover(database, folder, LATER, besides=["letter"]) == 0
    assert states(database) == {"claimed": 2}


def test_a_name_of_a_journal_leads_to_no_other_file(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.journal"
    other.write_bytes(b"kept")
    assert journals.read(folder, "journal ../other") is None
    journals.forget(folder, "journal ../other")
    assert other.exists()
