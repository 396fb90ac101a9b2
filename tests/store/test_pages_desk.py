"""What the desk reads, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from publisher.domain.proof import Proof, Surface
from publisher.domain.run import RunState
from publisher.errors import NotFound
from publisher.store import editors, issues, proofs
from publisher.store.db import Database
from publisher.store.pages import desk, home
from publisher.store.tables import AttemptRow, DeliveryRow, NoticeRow, PostRow, RunRow, SkipRow
from tests.makers import NOW, RULE, an_issue, going_out, post_surface
from tests.newsroom import FRIDAY, THURSDAY

HOUR = timedelta(hours=1)


def retitled(title: str) -> Proof:
    """A proof whose letter says `title`."""
    words = {"html": f"<p>{title}</p>", "text": title, "subject": "News"}
    surfaces = [Surface("audience", RULE.to_text()), *(Surface(name, content) for name, content in words.items())]
    return Proof(tuple(surfaces))


def a_draft(database: Database, *titles: str) -> int:
    """An issue that was rendered once with each title; Kim approved the first."""
    with database.write() as session:
        row = issues.create(session, an_issue(), composed_at=NOW)
        assert row.id is not None
        kim = editors.add(session, "kim@example.org", "editor", NOW)
        assert kim.id is not None
        for title in titles:
            proofs.save(session, row.id, retitled(title), 3, NOW)
        proofs.approve(session, row.id, kim.id, retitled(titles[0]).digest, 3, NOW)
        return row.id


def test_an_approval_stands_only_for_its_own_proof(database: Database) -> None:
    a_draft(database, "Rain")
    with database.read() as session:
        assert desk.progress(session, 1, NOW)["approved_by"] == ["kim@example.org"]
    with database.write() as session:
        proofs.save(session, issues.by_number(session, 1).id or 0, retitled("Wind"), 3, NOW)
    with database.read() as session:
        assert desk.progress(session, 1, NOW)["approved_by"] == []


def test_what_changed_is_against_the_last_approval_or_what_was_seen(database: Database) -> None:
    a_draft(database, "Rain", "Wind", "Snow")
    with database.read() as session:
        approved = desk.issue(session, 1, NOW)["changed"]
        seen = desk.issue(session, 1, NOW, retitled("Wind").digest)["changed"]
        nothing = desk.issue(session, 1, NOW, retitled("Snow").digest)["changed"]
        unknown = desk.issue(session, 1, NOW, "0" * 64)["changed"]
    assert approved.is_last_approval
    assert [(change.surface, change.diff[-2:]) for change in approved.changes] == [
        ("html", ("-<p>Rain</p>", "+<p>Snow</p>")),
        ("text", ("-Rain", "+Snow")),
    ]
    assert not seen.is_last_approval
    assert seen.changes[-1].diff[-2:] == ("-Wind", "+Snow")
    assert nothing.changes == ()
    assert unknown == approved  # what was seen while somebody typed is not kept


def test_a_released_issue_shows_its_sealed_proof(database: Database) -> None:
    a_draft(database, "Rain", "Wind")
    with database.write() as session:
        issues.by_number(session, 1).sealed_digest = retitled("Rain").digest
    with database.read() as session:
        assert desk.issue(session, 1, NOW)["proof"]["text"] == "Rain"


def test_an_issue_without_a_proof_is_shown_all_the_same(database: Database) -> None:
    with database.write() as session:
        issues.create(session, an_issue(), composed_at=NOW)
    with database.read() as session:
        shown = desk.issue(session, 1, NOW)
        assert (shown["proof"], shown["changed"], shown["lists"], shown["left_out"]["items"]) == (None, None, (), [])
        with pytest.raises(NotFound):
            desk.issue(session, 2, NOW)


def test_tries_that_did_not_end_well_are_told_with_whom_the_last_first(database: Database) -> None:
    issue_id = going_out(database, 2)
    with database.write() as session:
        letter = session.exec(select(DeliveryRow).order_by(text("id"))).first()
        assert letter is not None
        post = PostRow(
            issue_id=issue_id,
            channel="x",
            position=2,
            key="k",
            content=post_surface("Rain."),
            queued_at=NOW,
            due_at=NOW,
        )
        session.add(post)
        session.flush()
        session.add(AttemptRow(delivery_id=letter.id, at=NOW, result="deferred", reason="busy"))
        session.flush()
        session.add(AttemptRow(post_id=post.id, at=NOW + HOUR, result="refused", reason="too long"))
    with database.read() as session:
        attempts = desk.issue(session, 1, NOW)["attempts"]
    assert [(row["channel"], row["whom"], row["position"], row["reason"]) for row in attempts] == [
        ("x", "", 2, "too long"),
        ("letter", "reader1@example.org", None, "busy"),
    ]


def test_the_notices_of_an_issue_are_those_about_it(database: Database) -> None:
    issue_id = a_draft(database, "Rain")
    with database.write() as session:
        for key, about in (("a", issue_id), ("b", None)):
            session.add(
                NoticeRow(
                    key=key,
                    kind="held",
                    issue_id=about,
                    recipient="kim@example.org",
                    language="en",
                    subject="Held",
                    text="",
                    html="",
                    made_at=NOW,
                    due_at=NOW,
                )
            )
    with database.read() as session:
        assert [row.key for row in desk.issue(session, 1, NOW)["notices"]] == ["a"]


def test_the_overview_lists_a_page_at_a_time(database: Database) -> None:
    with database.write() as session:
        for number in range(1, home.LISTED + 4):
            row = replace(an_issue(number), send_at=NOW + number * HOUR)
            issues.create(session, row, composed_at=NOW)
    with database.read() as session:
        first = home.overview(session)
        second = home.overview(session, before=first["earlier"])
        nothing = home.overview(session, before=1)
    assert [row["number"] for row in first["issues"]] == list(range(home.LISTED + 3, 3, -1))
    assert [row["number"] for row in second["issues"]] == [3, 2, 1]
    assert (first["later"], second["later"], second["earlier"]) == (False, True, None)
    assert (nothing["issues"], second["open"]) == ([], [])
    assert len(first["open"]) == home.OPEN_SHOWN


def test_the_overview_counts_each_issue_by_itself(database: Database) -> None:
    going_out(database, 3)
    with database.write() as session:
        issues.create(session, replace(an_issue(2), title="Wind"), composed_at=NOW)
        session.execute(text("UPDATE delivery SET state = 'accepted' WHERE id IN (SELECT min(id) FROM delivery)"))
        session.add(SkipRow(send_at=FRIDAY, reason="a break", skipped_at=NOW))
        for hours, stage in enumerate(("collect", "compose")):
            at = THURSDAY + hours * HOUR
            session.add(RunRow(stage=stage, occurrence=at, line="0 9 * * *", state=RunState.DONE, started_at=at))
    with database.read() as session:
        shown = home.overview(session)
    assert [(row["number"], row["audience"], row["accepted"]) for row in shown["issues"]] == [
        (2, None, None),
        (1, 3, 1),
    ]
    assert [row.reason for row in shown["skips"]] == ["a break"]
    assert [row.stage for row in shown["runs"]] == ["compose", "collect"]
