"""What is shown of an issue: every letter accounted for, by name where it matters."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import select

from publisher.domain.audience import AudienceRule, ChannelAudience
from publisher.domain.issue import IssueState, Pick
from publisher.domain.item import ItemFound, Rights
from publisher.domain.message import Picture
from publisher.domain.proof import Proof, Surface
from publisher.domain.sending import State
from publisher.errors import NotFound
from publisher.store import editors, issues, items, ledger, outgoing, proofs
from publisher.store.db import Database
from publisher.store.pages import counts, deliveries, issue, item
from publisher.store.tables import DeliveryRow
from tests.makers import NOW, RULE, an_issue, going_out, post_surface, readers

HOUR = timedelta(hours=1)
WITH_COPY = AudienceRule((*RULE.channels, ChannelAudience("out", ("weekly",), is_copy=True)))


def a_proof(rule: AudienceRule = RULE) -> Proof:
    return Proof((Surface("audience", rule.to_text()), Surface("post:x:1", post_surface("Rain."))))


def page(database: Database, number: int = 1) -> dict[str, Any]:
    with database.read() as session:
        shown = issue.one(session, number)
    json.dumps(shown, default=str)
    return shown


def set_states(database: Database, *states: str, reason: str = "", attempts: int = 1) -> None:
    """The first deliveries come to these states, after that many attempts."""
    with database.write() as session:
        rows = session.exec(select(DeliveryRow).order_by(text("id")).limit(len(states))).all()
        for row, state in zip(rows, states, strict=True):
            row.state, row.reason, row.attempts = state, reason, attempts
            session.add(row)


def test_a_draft_shows_its_words_picks_proof_and_planned_posts(database: Database) -> None:
    with database.write() as session:
        found = ItemFound("1", "Rain", "https://example.org/1", "It rained.")
        items.save_items(session, "news", Rights.OWN, [found], NOW)
        item_id = items.id_of(session, "news", "1")
        row = issues.create(session, an_issue(), composed_at=NOW)
        assert row.id is not None
        picture = Picture("https://example.org/p.jpg", "alt", "caption", "credit")
        pick = Pick(1, item_id, "Rain", "It rained.", "Rain.", "the newest", found.url, "The News", picture)
        issues.put_picks(session, row.id, [pick])
        readers(session, 3)
        proofs.save(session, row.id, a_proof(), 3, NOW)
        editor = editors.add(session, "kim@example.org", "editor", NOW)
        assert editor.id is not None
        proofs.approve(session, row.id, editor.id, a_proof().digest, 3, NOW)
    shown = page(database)
    assert (shown["number"], shown["state"], shown["title"]) == (1, "draft", "A made-up week")
    assert shown["digest"] == a_proof().digest
    assert shown["approvals"] == [
        {"editor": "kim@example.org", "digest": a_proof().digest, "approved_at": NOW, "withdrawn_at": None}
    ]
    (shown_pick,) = shown["picks"]
    assert {name: shown_pick[name] for name in ("position", "item", "headline", "body", "blurb", "reason")} == {
        "position": 1,
        "item": item_id,
        "headline": "Rain",
        "body": "It rained.",
        "blurb": "Rain.",
        "reason": "the newest",
    }
    assert shown_pick["picture"] == {
        "url": "https://example.org/p.jpg",
        "alt": "alt",
        "caption": "caption",
        "credit": "credit",
    }
    (post,) = shown["posts"]
    assert (post["channel"], post["position"], post["state"], post["text"]) == ("x", 1, "", "Rain.")
    assert (post["length"], post["limit"]) == (5, 280)
    assert (shown["audience"], shown["unexplained"], sum(shown["deliveries"].values())) == (3, None, 0)


def test_an_issue_without_a_proof_has_no_audience_yet(database: Database) -> None:
    with database.write() as session:
        issues.create(session, an_issue(), composed_at=NOW)
    shown = page(database)
    assert (shown["digest"], shown["audience"], shown["posts"], shown["approvals"]) == ("", None, [], [])
    with database.read() as session, pytest.raises(NotFound, match="no issue 2; there is 1"):
        issue.one(session, 2)


def test_every_state_is_counted_and_the_sum_is_the_audience(database: Database) -> None:
    going_out(database, 9)
    set_states(database, "claimed", "sending", "accepted", "refused", "unknown", "dropped", "queued", reason="why")
    shown = page(database)
    assert shown["deliveries"] == {
        "queued": 2,
        "claimed": 1,
        "sending": 1,
        "accepted": 1,
        "refused": 1,
        "deferred": 1,
        "unknown": 1,
        "dropped": 1,
    }
    assert (shown["audience"], shown["unexplained"]) == (9, 0)


def test_a_row_that_is_lost_is_unexplained(database: Database) -> None:
    going_out(database, 5)
    with database.write() as session:
        session.execute(text("DELETE FROM delivery WHERE id IN (SELECT min(id) FROM delivery)"))
    assert page(database)["unexplained"] == 1


@given(st.lists(st.tuples(st.sampled_from(State), st.integers(0, 2)), max_size=8))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happened_nothing_is_unexplained(database: Database, happened: list[tuple[State, int]]) -> None:
    with database.read() as session:
        is_first_example = issues.next_number(session, 1) == 1
    if is_first_example:
        going_out(database, 8)
    with database.write() as session:
        rows = session.exec(select(DeliveryRow).order_by(text("id"))).all()
        untouched = [(State.QUEUED, 0)] * (8 - len(happened))
        for row, (state, attempts) in zip(rows, [*happened, *untouched], strict=True):
            row.state, row.attempts = state.value, attempts
            session.add(row)
    shown = page(database)
    assert shown["unexplained"] == 0
    assert sum(shown["deliveries"].values()) == shown["audience"] == 8
    with database.read() as session:
        listed = [row[2] for row in deliveries.rows(session, 1)]
    assert {state: listed.count(state) for state in counts.STATES} == shown["deliveries"]


def test_a_copy_is_no_mail_and_is_shown_beside_it(database: Database) -> None:
    issue_id = going_out(database, 3, WITH_COPY)
    with database.write() as session:
        proofs.save(session, issue_id, a_proof(WITH_COPY), 3, NOW)
    shown = page(database)
    assert (shown["audience"], shown["deliveries"]["queued"], shown["unexplained"]) == (3, 3, 0)
    assert shown["copies"]["out"]["queued"] == 3
    with database.read() as session:
        assert len(list(deliveries.rows(session, 1))) == 3


def test_trouble_is_named_the_worst_first_and_what_goes_well_is_not(database: Database) -> None:
    going_out(database, 8)
    set_states(database, "dropped", "queued", "refused", "unknown", "accepted", "claimed", reason="why")
    shown = page(database)
    assert [(row["state"], row["whom"], row["attempts"], row["reason"]) for row in shown["trouble"]] == [
        ("unknown", "reader4@example.org", 1, "why"),
        ("refused", "reader3@example.org", 1, "why"),
        ("deferred", "reader2@example.org", 1, "why"),
        ("dropped", "reader1@example.org", 1, "why"),
    ]
    assert [row["due_at"] for row in shown["trouble"]] == [None, None, NOW, None]
    assert shown["trouble_more"] == 0


def test_who_waits_because_the_channel_is_down_says_why(database: Database) -> None:
    going_out(database, 3)
    set_states(database, "queued", reason="bad login", attempts=0)
    with database.write() as session:
        outgoing.pause_channel(session, "letter", "bad login", NOW)
    shown = page(database)
    assert [(row["state"], row["reason"]) for row in shown["trouble"]] == [("queued", "bad login")]
    assert shown["paused"] == {"letter": "bad login"}


def test_much_trouble_is_counted_and_not_all_named(database: Database) -> None:
    going_out(database, 60)
    with database.write() as session:
        session.execute(text("UPDATE delivery SET state = 'unknown'"))
    shown = page(database)
    assert (len(shown["trouble"]), shown["trouble_more"]) == (issue.TROUBLE_SHOWN, 10)


def test_posts_are_shown_as_they_were_sealed_with_what_came_of_them(database: Database) -> None:
    issue_id = going_out(database, 1)
    with database.write() as session:
        ledger.add_posts(
            session,
            issue_id,
            "x",
            [(2, "k2", post_surface("Wind."), NOW + HOUR), (1, "k1", post_surface("Rain."), NOW)],
            NOW,
        )
    with database.write() as session:
        session.execute(
            text("UPDATE post SET state = 'accepted', receipt = '99', url = 'https://x/99' WHERE key = 'k1'")
        )
        session.execute(text("UPDATE post SET attempts = 1, reason = 'busy' WHERE key = 'k2'"))
    first, second = page(database)["posts"]
    assert (first["position"], first["state"], first["text"], first["receipt"]) == (1, "accepted", "Rain.", "99")
    assert first["url"] == "https://x/99"
    assert (second["position"], second["state"], second["reason"]) == (2, "deferred", "busy")
    assert page(database)["trouble"][0]["whom"] == "post 2"
    with database.read() as session:
        assert [(row["number"], row["text"]) for row in issue.newest_posts(session, 1)] == [(1, "Rain.")]


def test_the_issues_are_listed_newest_first(database: Database) -> None:
    going_out(database, 1, number=1)
    with database.write() as session:
        issues.create(session, an_issue(2), composed_at=NOW)
    with database.read() as session:
        rows = issue.all_issues(session)
    assert [(row["number"], row["state"]) for row in rows] == [(2, "draft"), (1, IssueState.SENDING)]
    assert rows[1]["released_at"] == NOW


def test_each_delivery_is_one_row_with_its_message_id(database: Database) -> None:
    going_out(database, 3)
    set_states(database, "accepted")
    with database.write() as session:
        session.execute(text("UPDATE delivery SET accepted_at = due_at WHERE state = 'accepted'"))
    with database.read() as session:
        rows = list(deliveries.rows(session, 1, lambda subscriber_id: f"<{subscriber_id}@example.org>"))
    assert deliveries.HEADS == ("subscriber_id", "email", "state", "reason", "attempts", "accepted_at", "message_id")
    first = rows[0]
    assert first == (first[0], "reader1@example.org", "accepted", "", 1, NOW.isoformat(), f"<{first[0]}@example.org>")
    assert [row[1:6] for row in rows[1:]] == [(f"reader{n}@example.org", "queued", "", 0, "") for n in (2, 3)]


def test_an_item_shows_which_issue_has_it(database: Database) -> None:
    picture = Picture("https://example.org/p.jpg", "alt", "caption", "credit")
    with database.write() as session:
        found = [ItemFound("1", "Rain", "https://example.org/1", "It rained.", NOW, picture=picture, byline="Kim")]
        items.save_items(session, "news", Rights.OWN, [*found, ItemFound("2", "Wind")], NOW)
        first, second = (items.id_of(session, "news", identity) for identity in "12")
        row = issues.create(session, an_issue(7), composed_at=NOW)
        assert row.id is not None
        issues.put_picks(session, row.id, [Pick(1, first, "h", "b", "s", "r")])
    with database.read() as session:
        shown = item.one(session, first)
        assert [row["used_in"] for row in item.newest(session, 10)] == [None, 7]
        assert [row["id"] for row in item.newest(session, 1)] == [second]
        with pytest.raises(NotFound):
            item.one(session, second + 1)
    named = ("headline", "body", "url", "source", "published_at", "byline", "used_in")
    assert [shown[name] for name in named] == [
        "Rain",
        "It rained.",
        "https://example.org/1",
        "news",
        NOW,
        "Kim",
        7,
    ]
    assert shown["picture"]["credit"] == "credit"
