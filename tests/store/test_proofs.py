"""Proofs and the approvals that seal them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from publisher.domain.approval import Approval, covering
from publisher.domain.proof import Proof, Surface
from publisher.errors import DatabaseError, NotFound
from publisher.store import editors, issues, proofs
from publisher.store.db import Database
from publisher.store.tables import ProofRow
from tests.makers import NOW, an_issue

HOUR = timedelta(hours=1)


def a_proof(subject: str = "A made-up week") -> Proof:
    return Proof((Surface("text", "본문\r\n\ue000name\ue002\ue001"), Surface("subject", subject), Surface("html", "")))


@pytest.fixture
def issue_id(database: Database) -> int:
    with database.write() as session:
        row = issues.create(session, an_issue(), composed_at=NOW)
        assert row.id is not None
        return row.id


@pytest.fixture
def editor_id(database: Database) -> int:
    with database.write() as session:
        row = editors.add(session, "kim@example.org", "editor", NOW)
        assert row.id is not None
        return row.id


def test_a_proof_comes_back_byte_for_byte(database: Database, issue_id: int) -> None:
    with database.write() as session:
        assert proofs.newest(session, issue_id) is None
        saved = proofs.save(session, issue_id, a_proof(), 12, NOW)
    with database.read() as session:
        newest = proofs.newest(session, issue_id)
    assert newest is not None
    row, proof = newest
    assert (row.id, row.digest, row.audience_count, row.rendered_at) == (saved.id, a_proof().digest, 12, NOW)
    assert {surface.name: surface.content for surface in proof.surfaces} == {
        surface.name: surface.content for surface in a_proof().surfaces
    }


def test_the_same_rendering_again_is_the_same_proof(database: Database, issue_id: int) -> None:
    with database.write() as session:
        first = proofs.save(session, issue_id, a_proof(), 12, NOW)
        assert proofs.save(session, issue_id, a_proof(), 13, NOW + HOUR).id == first.id
        other = proofs.save(session, issue_id, a_proof("Another"), 12, NOW)
        again = proofs.save(session, issue_id, a_proof(), 12, NOW)
        assert len({first.id, other.id, again.id}) == 3
    with database.read() as session:
        assert len(session.exec(select(ProofRow)).all()) == 3
        newest = proofs.newest(session, issue_id)
        assert newest is not None and newest[0].id == again.id


def test_an_older_proof_is_found_by_its_digest(database: Database, issue_id: int) -> None:
    with database.write() as session:
        proofs.save(session, issue_id, a_proof("old"), 1, NOW)
        proofs.save(session, issue_id, a_proof("new"), 1, NOW)
        found = proofs.with_digest(session, issue_id, a_proof("old").digest)
        assert found is not None and found[1]["subject"] == "old"
        assert proofs.with_digest(session, issue_id, "0" * 64) is None
        assert proofs.with_digest(session, issue_id + 1, a_proof("old").digest) is None


def test_a_proof_that_was_changed_in_the_database_is_refused(database: Database, issue_id: int) -> None:
    with database.write() as session:
        proofs.save(session, issue_id, a_proof(), 1, NOW)
        content = "X'78'" if database.dialect == "sqlite" else "'x'::bytea"
        session.execute(text(f"UPDATE surface SET content = {content} WHERE name = 'subject'"))
    with database.read() as session, pytest.raises(DatabaseError, match="was changed in the database"):
        proofs.newest(session, issue_id)


def test_an_approval_names_who_what_and_when(database: Database, issue_id: int, editor_id: int) -> None:
    digest = a_proof().digest
    with database.write() as session:
        proofs.approve(session, issue_id, editor_id, digest, 12, NOW)
    with database.read() as session:
        assert proofs.approvals(session, issue_id) == [Approval("kim@example.org", digest, NOW, None)]
        assert proofs.approvals(session, issue_id + 1) == []


def test_a_withdrawn_approval_stays_on_record_and_covers_nothing(
    database: Database, issue_id: int, editor_id: int
) -> None:
    digest = a_proof().digest
    with database.write() as session:
        proofs.approve(session, issue_id, editor_id, digest, 12, NOW)
        assert proofs.withdraw(session, issue_id, "lee@example.org", NOW + HOUR) == 1
        assert proofs.withdraw(session, issue_id, "lee@example.org", NOW + 2 * HOUR) == 0
    with database.read() as session:
        (approval,) = proofs.approvals(session, issue_id)
        assert approval.withdrawn_at == NOW + HOUR
        assert covering([approval], digest) == []
        assert proofs.audience_sealed(session, issue_id, digest) == 0


def test_the_sealed_audience_is_what_the_latest_standing_approval_saw(
    database: Database, issue_id: int, editor_id: int
) -> None:
    with database.write() as session:
        other = editors.add(session, "lee@example.org", "editor", NOW)
        assert other.id is not None
        proofs.approve(session, issue_id, editor_id, "a", 100, NOW)
        proofs.approve(session, issue_id, other.id, "a", 110, NOW + HOUR)
        proofs.approve(session, issue_id, editor_id, "b", 120, NOW + 2 * HOUR)
    with database.read() as session:
        assert proofs.audience_sealed(session, issue_id, "a") == 110
        assert proofs.audience_sealed(session, issue_id, "c") == 0


def test_an_editor_is_found_however_the_address_is_spelt(database: Database) -> None:
    with database.write() as session:
        editors.add(session, "Kim@Example.org", "editor", NOW)
    with database.write() as session:
        again = editors.add(session, "kim@EXAMPLE.org", "admin", NOW + HOUR)
        assert (again.role, again.added_at, again.email) == ("admin", NOW, "Kim@Example.org")
    with database.read() as session:
        assert editors.by_email(session, " kim@example.org ").role == "admin"
        assert len(editors.list_editors(session)) == 1


def test_who_is_no_editor_is_told_without_the_whole_address(database: Database) -> None:
    with database.read() as session, pytest.raises(NotFound, match=r"k…@example.org is not an editor") as raised:
        editors.by_email(session, "kimsecret@example.org")
    assert "secret" not in raised.value.message
