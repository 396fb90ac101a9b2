"""Issues, picks, candidates, and two composers at once."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.domain.issue import IssueState, Pick
from publisher.domain.item import Choice, ItemFound, Rights
from publisher.domain.message import Picture
from publisher.errors import Busy, DatabaseError, NotFound
from publisher.store import issues, items
from publisher.store.db import Database, open_database
from tests.makers import NOW, an_issue

HOUR = timedelta(hours=1)


def create(database: Database, number: int = 1, state: IssueState = IssueState.DRAFT) -> int:
    with database.write() as session:
        row = issues.create(session, replace(an_issue(number), state=state), composed_at=NOW)
        assert row.id is not None
        return row.id


def item_ids(database: Database, count: int) -> list[int]:
    with database.write() as session:
        found = [ItemFound(str(number), f"headline {number}") for number in range(count)]
        items.save_items(session, "news", Rights.OWN, found, NOW)
        return [items.id_of(session, "news", item.identity) for item in found]


def a_pick(position: int, item_id: int, headline: str = "h") -> Pick:
    return Pick(
        position, item_id, headline, "body", "blurb", "reason", "https://example.org", "The News", Picture("https://p")
    )


def test_an_issue_comes_back_as_it_was_made(database: Database) -> None:
    issue = replace(
        an_issue(7),
        state=IssueState.HELD,
        title="제목",
        deks=("하나", "two"),
        note="A note.",
        byline="Kim",
        byline_address="kim@example.org",
        preheader="pre",
    )
    with database.write() as session:
        row = issues.create(session, issue, composed_at=NOW, state_reason="only 2 items")
        assert (row.state, row.state_reason, row.composed_at) == ("held", "only 2 items", NOW)
    with database.read() as session:
        row = issues.by_number(session, 7)
        assert issues.to_fact(session, row) == issue
        there = issues.by_send_at(session, issue.send_at)
        assert there is not None and there.id == row.id
        assert issues.by_send_at(session, issue.send_at + HOUR) is None


def test_an_unknown_number_says_which_there_are(database: Database) -> None:
    with database.read() as session, pytest.raises(NotFound, match="no issue 4; there is none yet, run `publisher co"):
        issues.by_number(session, 4)
    create(database, 7)
    with database.read() as session, pytest.raises(NotFound, match="no issue 4; there is 7"):
        issues.by_number(session, 4)
    create(database, 9)
    with database.read() as session, pytest.raises(NotFound, match="no issue 4; there are 7 to 9"):
        issues.by_number(session, 4)


def test_an_existing_newsletter_goes_on_counting(database: Database) -> None:
    with database.read() as session:
        assert issues.next_number(session, 43) == 43
    create(database, 5)
    with database.read() as session:
        assert issues.next_number(session, 1) == 6
        assert issues.next_number(session, 43) == 43


def test_an_edit_is_written_and_leaves_state_and_time_alone(database: Database) -> None:
    create(database, 1, IssueState.HELD)
    with database.write() as session:
        row = issues.by_number(session, 1)
        issues.update(session, row, replace(issues.to_fact(session, row), title="New", deks=("a",), send_at=NOW))
    with database.read() as session:
        row = issues.by_number(session, 1)
        assert (row.title, row.deks, row.state, row.send_at) == ("New", ["a"], "held", an_issue(1).send_at)


def test_picks_are_replaced_whatever_their_order_was(database: Database) -> None:
    issue_id = create(database)
    one, two, three = item_ids(database, 3)
    seen = []
    for order in ([one, two, three], [three, two, one], [two], [one, two, three]):
        with database.write() as session:
            seen.append(issues.picks(session, issue_id))  # what the session remembers makes no difference
            issues.put_picks(session, issue_id, [a_pick(n, id_, f"of {id_}") for n, id_ in enumerate(order, 1)])
            rows = issues.picks(session, issue_id)
            assert [(row.position, row.item_id, row.headline) for row in rows] == [
                (n, id_, f"of {id_}") for n, id_ in enumerate(order, 1)
            ]
    with database.write() as session:
        issues.put_picks(session, issue_id, [])
        assert issues.picks(session, issue_id) == []


def test_a_pick_comes_back_as_it_was_put(database: Database) -> None:
    issue_id = create(database)
    (item_id,) = item_ids(database, 1)
    for pick in (a_pick(1, item_id), replace(a_pick(1, item_id), picture=None, url=None)):
        with database.write() as session:
            issues.put_picks(session, issue_id, [pick])
        with database.read() as session:
            assert issues.to_fact(session, issues.by_number(session, 1)).picks == (pick,)


def test_positions_with_a_gap_are_refused(database: Database) -> None:
    issue_id = create(database)
    one, two = item_ids(database, 2)
    with database.write() as session:
        for positions in ((1, 3), (2, 3), (0, 1), (1, 1)):
            with pytest.raises(ValueError, match="without gaps"):
                issues.put_picks(session, issue_id, [a_pick(positions[0], one), a_pick(positions[1], two)])


def test_the_picks_of_another_issue_are_left_alone(database: Database) -> None:
    first, second = create(database, 1), create(database, 2)
    one, two = item_ids(database, 2)
    with database.write() as session:
        issues.put_picks(session, first, [a_pick(1, one)])
        issues.put_picks(session, second, [a_pick(1, two)])
        issues.put_picks(session, second, [])
        assert len(issues.picks(session, first)) == 1


def test_why_each_candidate_was_chosen_is_kept_and_replaced(database: Database) -> None:
    issue_id = create(database)
    one, two = item_ids(database, 2)
    with database.write() as session:
        issues.put_candidates(session, issue_id, [Choice(one, one, 1, "newest"), Choice(two, one, None, "same story")])
        issues.put_candidates(session, issue_id, [Choice(one, one, 1, "best"), Choice(two, one, None, "same story")])
    with database.read() as session:
        rows = issues.candidate_rows(session, issue_id)
    assert [(row.item_id, row.story_item_id, row.reason) for row in rows] == [
        (one, one, "best"),
        (two, one, "same story"),
    ]


def test_only_approved_issues_whose_time_has_come_are_due(database: Database) -> None:
    for number, state, leaves_at in (
        (1, IssueState.APPROVED, NOW),
        (2, IssueState.APPROVED, NOW - HOUR),
        (3, IssueState.APPROVED, NOW + HOUR),
        (4, IssueState.APPROVED, None),
        (5, IssueState.HELD, NOW - HOUR),
        (6, IssueState.SENDING, NOW - HOUR),
    ):
        create(database, number)
        with database.write() as session:
            row = issues.by_number(session, number)
            row.leaves_at = leaves_at
            issues.set_state(session, row, state, now=NOW)
    with database.read() as session:
        assert [row.number for row in issues.due_for_release(session, NOW)] == [2, 1]
        assert [row.number for row in issues.list_issues(session, 2)] == [6, 5]


def test_a_second_issue_for_the_same_time_or_number_is_refused_in_words(database: Database) -> None:
    create(database, 1)
    with database.write() as session:
        with pytest.raises(Busy, match=r"No. 1 was made for that time by another process"):
            issues.create(session, replace(an_issue(1), number=2), composed_at=NOW)
        with pytest.raises(Busy, match=r"No. 1 was made by another process meanwhile, for another time"):
            issues.create(session, replace(an_issue(1), send_at=NOW + HOUR), composed_at=NOW)
        issues.create(session, an_issue(3), composed_at=NOW)  # the transaction goes on
    with database.read() as session:
        assert [row.number for row in issues.list_issues(session)] == [3, 1]


_COMPOSER = """
import json, sys
from pathlib import Path
from publisher.errors import PublisherError
from publisher.store import issues
from publisher.store.db import open_database
from tests.makers import NOW, an_issue
database = open_database(sys.argv[1], Path("/"))
with database.read() as session:
    assert issues.by_send_at(session, an_issue(1).send_at) is None
    number = issues.next_number(session, 1)
print("looked", flush=True)
sys.stdin.readline()
try:
    with database.write() as session:
        issues.create(session, an_issue(number), composed_at=NOW)
        print("made", flush=True)
        sys.stdin.readline()
    print("committed", flush=True)
except PublisherError as error:
    print(json.dumps(error.message), flush=True)
"""


def test_two_processes_compose_for_the_same_time_and_one_row_wins(database: Database, database_url: str) -> None:
    """Both have looked and found none; the second one waits for the first and is told."""
    command = [sys.executable, "-c", _COMPOSER, database_url]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as second,
    ):
        assert first.stdin and first.stdout and second.stdin and second.stdout
        assert first.stdout.readline() == second.stdout.readline() == "looked\n"
        _go_on(first)
        assert first.stdout.readline() == "made\n"
        _go_on(second)
        _go_on(first)
        assert first.stdout.readline() == "committed\n"
        told = json.loads(second.stdout.readline())
    assert told == "No. 1 was made for that time by another process meanwhile; nothing was changed"
    with database.read() as session:
        assert len(issues.list_issues(session)) == 1


def _go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def test_a_writing_session_holds_the_issue_that_it_read(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So two verbs never change one issue at once; who only looks is not kept waiting."""
    create(database)
    monkeypatch.setattr("publisher.store.engine.PATIENCE_MS", 100)
    with closing(open_database(database_url, tmp_path)) as other, database.write() as session:
        row = issues.by_number(session, 1)
        with pytest.raises(DatabaseError, match="locked by another process"), other.write() as second:
            issues.by_number(second, 1)
        with other.read() as looking:
            assert issues.by_number(looking, 1).state == IssueState.DRAFT
        issues.set_state(session, row, IssueState.HELD, "by the first", now=NOW)
    with database.read() as session:
        assert issues.by_number(session, 1).state_reason == "by the first"
