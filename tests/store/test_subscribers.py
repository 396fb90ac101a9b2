"""Who is on which list, who left, and who is never mailed."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from publisher.domain.audience import AudienceRule, ChannelAudience, ImportRow, SubscriberState, email_key
from publisher.errors import NotFound
from publisher.store import subscribers
from publisher.store.db import Database
from publisher.store.pages import subscriber as pages
from publisher.store.subscribers import Imported
from publisher.store.tables import SubscriberRow
from tests.makers import NOW

HOUR = timedelta(hours=1)


def put(database: Database, *rows: ImportRow | str, list_name: str = "weekly") -> Imported:
    with database.write() as session:
        given_ = [ImportRow(row) if isinstance(row, str) else row for row in rows]
        return subscribers.import_rows(session, given_, list_name, "a test", NOW)


def audience(database: Database, *lists: str) -> int:
    rule = AudienceRule((ChannelAudience("letter", lists or ("weekly",)),))
    with database.read() as session:
        return subscribers.audience_count(session, rule)


def row_of(database: Database, email: str) -> SubscriberRow:
    with database.read() as session:
        row = subscribers.find(session, email)
    assert row is not None
    return row


# --- importing


def test_an_import_makes_active_subscribers_with_their_consent(database: Database) -> None:
    assert put(database, ImportRow("Kim@Example.org", "Kim", {"city": "서울"})) == Imported(new=1)
    row = row_of(database, "kim@example.org")
    assert (row.email, row.name, row.attributes, row.state) == ("Kim@Example.org", "Kim", {"city": "서울"}, "active")
    with database.read() as session:
        page = pages.one(session, "kim@example.org")
    assert page is not None
    assert page["lists"] == [{"list": "weekly", "joined_at": NOW, "left_at": None, "origin": "a test"}]


def test_the_same_file_twice_changes_nothing(database: Database) -> None:
    put(database, "a@example.org", "b@example.org")
    assert put(database, "A@example.org", "b@EXAMPLE.org") == Imported(unchanged=2)
    assert audience(database) == 2


def test_an_import_fills_in_and_never_empties(database: Database) -> None:
    put(database, ImportRow("a@example.org", "Ann", {"city": "Seoul", "job": "editor"}))
    changed = ImportRow("a@example.org", "", {"city": "Busan", "job": ""})
    assert put(database, changed) == Imported(updated=1)
    row = row_of(database, "a@example.org")
    assert (row.name, row.attributes) == ("Ann", {"city": "Busan", "job": "editor"})


def test_known_subscribers_join_another_list(database: Database) -> None:
    put(database, "a@example.org")
    assert put(database, "a@example.org", "b@example.org", list_name="extra") == Imported(new=1, joined=1)
    assert (audience(database, "weekly"), audience(database, "extra")) == (1, 2)


def test_who_left_stays_away_whatever_is_imported(database: Database) -> None:
    put(database, "a@example.org", "b@example.org")
    put(database, "b@example.org", list_name="extra")
    with database.write() as session:
        subscribers.leave(session, "A@example.org", NOW + HOUR)
        subscribers.leave(session, "b@example.org", NOW + HOUR, list_name="extra")
    assert put(database, ImportRow("a@example.org", "new name")) == Imported(kept_left=1)
    assert put(database, "a@example.org", "b@example.org", list_name="extra") == Imported(kept_left=2)
    assert (row_of(database, "a@example.org").state, row_of(database, "a@example.org").name) == ("left", "")
    assert (audience(database), audience(database, "extra")) == (1, 0)


def test_suppression_beats_every_import_before_and_after(database: Database) -> None:
    with database.write() as session:
        subscribers.suppress(session, "New@Example.org", "complained", NOW)
    assert put(database, "new@example.org", "a@example.org") == Imported(new=1, suppressed=1)
    with database.write() as session:
        assert subscribers.find(session, "new@example.org") is None
        subscribers.suppress(session, "a@example.org", "bounced", NOW)
    assert audience(database) == 0
    assert put(database, ImportRow("A@example.org", "again"), list_name="extra") == Imported(suppressed=1)
    assert audience(database, "weekly", "extra") == 0


def test_an_address_that_was_pending_is_active_once_its_owner_imports_it(database: Database) -> None:
    put(database, "a@example.org")
    with database.write() as session:
        row = subscribers.find(session, "a@example.org")
        assert row is not None
        row.state = SubscriberState.PENDING.value
        session.add(row)
    assert audience(database) == 0
    assert put(database, "a@example.org") == Imported(updated=1)
    assert audience(database) == 1


def test_one_address_in_two_spellings_is_one_subscriber(database: Database) -> None:
    twice = [ImportRow("a@example.org", "Ann"), ImportRow("A@EXAMPLE.org", "", {"city": "Seoul"})]
    assert put(database, *twice) == Imported(new=1, unchanged=1)
    row = row_of(database, "a@example.org")
    assert (row.name, row.attributes) == ("Ann", {"city": "Seoul"})


def test_an_import_that_is_rolled_back_did_nothing(database: Database) -> None:
    with database.write() as session:
        assert subscribers.import_rows(session, [ImportRow("a@example.org")], "weekly", "t", NOW).new == 1
        session.rollback()
    with database.read() as session:
        assert subscribers.find(session, "a@example.org") is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["import", "leave", "suppress", "leave list"]),
            st.integers(0, 4),
            st.sampled_from(["weekly", "extra"]),
        ),
        max_size=25,
    )
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_who_left_or_is_suppressed_ever_comes_back_by_an_import(
    database: Database, steps: list[tuple[str, int, str]]
) -> None:
    domain = f"run{time.monotonic_ns()}.example"
    gone: set[tuple[int, str]] = set()
    on_list: set[tuple[int, str]] = set()
    for verb, reader, list_name in steps:
        email = f"reader{reader}@{domain}"
        with database.write() as session:
            known = subscribers.find(session, email) is not None
            if verb == "import":
                done = subscribers.import_rows(session, [ImportRow(email)], list_name, "t", NOW)
                assert sum(getattr(done, name) for name in done.__slots__) == 1
                if (reader, list_name) not in gone:
                    on_list.add((reader, list_name))
            elif verb == "suppress":
                subscribers.suppress(session, email, "asked", NOW)
                gone |= {(reader, "weekly"), (reader, "extra")}
            elif known:
                of_list = list_name if verb == "leave list" else None
                was_on = (reader, list_name) in on_list
                subscribers.leave(session, email, NOW, list_name=of_list)
                if of_list is None:
                    gone |= {(reader, "weekly"), (reader, "extra")}
                elif was_on:
                    gone.add((reader, list_name))
    with database.read() as session:
        for list_name in ("weekly", "extra"):
            members = {row.email for row in pages.export(session, list_name) if row.email.endswith(domain)}
            due = {reader for reader, name in on_list - gone if name == list_name}
            assert members == {f"reader{reader}@{domain}" for reader in due}


def test_many_rows_are_imported_in_a_moment(database: Database) -> None:
    rows = [ImportRow(f"reader{number}@example.org", f"Reader {number}", {"n": "1"}) for number in range(12_000)]
    start = time.process_time()
    assert put(database, *rows) == Imported(new=12_000)
    assert put(database, *rows) == Imported(unchanged=12_000)
    assert time.process_time() - start < 5.0  # 0.6 s when the machine has nothing else to do
    assert audience(database) == 12_000


# --- leaving


def test_leaving_is_remembered_once(database: Database) -> None:
    put(database, "a@example.org")
    with database.write() as session:
        row = subscribers.leave(session, "a@example.org", NOW + HOUR)
        assert row.id is not None
        subscribers.leave(session, row.id, NOW + 2 * HOUR)
    with database.read() as session:
        page = pages.one(session, "a@example.org")
    assert page is not None
    assert page["lists"][0]["left_at"] == row_of(database, "a@example.org").left_at == NOW + HOUR
    assert page["state"] == "left"


def test_who_does_not_subscribe_cannot_leave_and_is_named_only_in_part(database: Database) -> None:
    with database.write() as session:
        with pytest.raises(NotFound, match=r"no subscriber k…@example.org"):
            subscribers.leave(session, "kim@example.org", NOW)
        with pytest.raises(NotFound, match="with the id 7"):
            subscribers.leave(session, 7, NOW)


def test_an_erased_subscribers_id_is_never_given_out_again(database: Database) -> None:
    put(database, "a@example.org", "b@example.org")
    last = row_of(database, "b@example.org")
    with database.write() as session:
        session.execute(text(f"DELETE FROM membership WHERE subscriber_id = {last.id}"))
        session.execute(text(f"DELETE FROM subscriber WHERE id = {last.id}"))
    put(database, "c@example.org")
    assert (row_of(database, "c@example.org").id or 0) > (last.id or 0)


# --- the audience


def test_the_audience_counts_everybody_once_and_no_copies(database: Database) -> None:
    put(database, *(f"{name}@example.org" for name in "abcd"))
    put(database, "d@example.org", "e@example.org", list_name="extra")
    put(database, "f@example.org", list_name="elsewhere")
    with database.write() as session:
        subscribers.leave(session, "a@example.org", NOW)
        subscribers.suppress(session, "b@example.org", "bounced", NOW)
        mail = ChannelAudience("letter", ("weekly", "extra"))
        second = ChannelAudience("second", ("extra",))
        copy = ChannelAudience("out", ("weekly", "extra", "elsewhere"), is_copy=True)
        assert subscribers.audience_count(session, AudienceRule((mail, second, copy))) == 3
        assert subscribers.audience_count(session, AudienceRule((copy,))) == 4
        assert subscribers.audience_count(session, AudienceRule(())) == 0


def test_suppression_is_known_by_every_spelling_and_keeps_its_first_reason(database: Database) -> None:
    with database.write() as session:
        assert not subscribers.is_suppressed(session, "a@example.org")
        subscribers.suppress(session, "A@Example.org", "bounced", NOW)
        subscribers.suppress(session, "a@example.org", "complained", NOW + HOUR)
    with database.read() as session:
        assert subscribers.is_suppressed(session, "a@EXAMPLE.ORG")
        suppression = subscribers.suppression_of(session, "a@example.org")
        assert suppression is not None
        assert suppression.reason == "bounced"
        assert "example" not in suppression.email_hash


# --- looking


def test_subscribers_are_found_by_part_of_an_address_or_name(database: Database) -> None:
    put(database, ImportRow("kim@example.org", "김한입"), ImportRow("lee@example.org", "100% Lee"))
    put(database, "park@example.org", list_name="extra")
    with database.read() as session:

        def found(search: str, list_name: str | None = None) -> list[str]:
            rows = pages.some(session, list_name=list_name, search=search, limit=50)
            assert pages.count(session, list_name=list_name, search=search) == len(rows)
            return [row["email"].partition("@")[0] for row in rows]

        assert found("") == ["kim", "lee", "park"]
        assert found("KIM") == ["kim"]
        assert found("한입") == ["kim"]
        assert found("%") == ["lee"]
        assert found("", "weekly") == ["kim", "lee"]
        assert pages.some(session, list_name=None, search="", limit=1)[0]["email"] == "kim@example.org"


def test_an_export_can_be_imported_and_holds_nobody_who_is_gone(database: Database) -> None:
    ann = ImportRow("a@example.org", "Ann", {"city": "Seoul"})
    put(database, ann, "b@example.org", "c@example.org")
    with database.write() as session:
        subscribers.leave(session, "b@example.org", NOW)
        subscribers.suppress(session, "c@example.org", "bounced", NOW)
    with database.read() as session:
        assert list(pages.export(session, "weekly")) == [ann]
        assert pages.one(session, "nobody@example.org") is None
        assert pages.one(session, "not an address") is None


def test_a_key_is_the_same_for_every_spelling_of_an_address(database: Database) -> None:
    put(database, "김@한입.example")
    for spelling in ("김@한입.example", "김@xn--yu5b36w.example", "김@한입.EXAMPLE."):
        assert row_of(database, spelling).email_key == email_key(spelling)


def test_who_leaves_during_an_import_waits_for_it_and_then_has_left(database: Database) -> None:
    kim = [ImportRow(email="kim@example.org", name="Kim", attributes={})]
    with database.write() as session:
        subscribers.import_rows(session, kim, "weekly", "first", NOW)

    def leave() -> None:
        with database.write() as session:
            subscribers.leave(session, "kim@example.org", NOW)

    leaving = threading.Thread(target=leave)
    with database.write() as session:
        subscribers.import_rows(session, kim, "daily", "second", NOW)
        leaving.start()
        leaving.join(0.3)
        assert leaving.is_alive()
    leaving.join(10)
    with database.read() as session:
        found = subscribers.find(session, "kim@example.org")
        assert found is not None and found.state == "left"
        assert subscribers.audience_count(session, AudienceRule((ChannelAudience("letter", ("daily",)),))) == 0
