"""What sources gave: never stored twice, and offered to an issue by its date."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlmodel import func, select

from publisher.config.settings import SourceOptions
from publisher.domain.health import Health
from publisher.domain.issue import IssueState, Pick
from publisher.domain.item import ColumnFound, ItemFound, Rights
from publisher.domain.message import Picture
from publisher.domain.urls import canonical_url
from publisher.errors import NotFound
from publisher.store import issues, items, sources
from publisher.store.db import Database
from publisher.store.items import Saved
from publisher.store.tables import ItemRow
from tests.makers import NOW, an_issue

DAY = timedelta(days=1)
WEEK_AGO = NOW - 7 * DAY
NEWS = SourceOptions(name="news", kind="feed", title="The News", language="en", rights=Rights.EXCERPT)
BLOG = SourceOptions(name="blog", kind="feed", rights=Rights.OWN)


def found(identity: str = "1", published_at: datetime | None = NOW - DAY, headline: str = "Rain") -> ItemFound:
    return ItemFound(identity, headline, f"https://example.org/{identity}", "It rained.", published_at)


def a_column(*items: ItemFound, published_at: datetime | None = NOW - DAY, title: str = "In one bite") -> ColumnFound:
    return ColumnFound(
        identity="week-22",
        series="Small Bites",
        title=title,
        deks=("first", "둘째"),
        note="A note.",
        byline="Kim",
        byline_address="kim@example.org",
        items=items,
        url="https://example.org/column",
        published_at=published_at,
        language="ko",
    )


def save(database: Database, *items_found: ItemFound, now: datetime = NOW, source: str = "news") -> Saved:
    with database.write() as session:
        return items.save_items(session, source, Rights.EXCERPT, items_found, now)


def looked_at(database: Database, *options: SourceOptions, until: datetime = NOW) -> list[str]:
    with database.read() as session:
        found = items.candidates(session, options or (NEWS,), WEEK_AGO, until)
    return [candidate.headline for candidate in found]


def use(database: Database, number: int, *item_ids: int, state: IssueState = IssueState.DRAFT) -> None:
    """An issue that has picked these items."""
    with database.write() as session:
        row = issues.create(session, an_issue(number), composed_at=NOW)
        assert row.id is not None
        picks = [Pick(position, item_id, "h", "b", "s", "r") for position, item_id in enumerate(item_ids, start=1)]
        issues.put_picks(session, row.id, picks)
        issues.set_state(session, row, state, now=NOW)


def ids(database: Database) -> list[int]:
    with database.read() as session:
        return [id_ for id_ in session.exec(select(ItemRow.id).order_by(func.coalesce(ItemRow.id, 0))) if id_]


# --- saving


def test_an_item_comes_back_as_it_was_found(database: Database) -> None:
    picture = Picture("https://example.org/p.jpg", "an alt", "캡션", "credit")
    item = replace(found(), byline="Kim", language="ko", picture=picture, url="https://www.example.org/1?utm_source=x")
    assert save(database, item) == Saved(new=1)
    with database.read() as session:
        row = items.get_item(session, items.id_of(session, "news", "1"))
    assert (row.headline, row.body, row.byline, row.language) == ("Rain", "It rained.", "Kim", "ko")
    assert (row.url, row.canonical_url) == (item.url, canonical_url(item.url or ""))
    assert (row.published_at, row.first_seen_at, row.updated_at) == (NOW - DAY, NOW, NOW)
    assert items.picture_of(row) == picture


def test_the_same_reading_twice_changes_nothing(database: Database) -> None:
    assert save(database, found("1"), found("2")) == Saved(new=2)
    assert save(database, found("1"), found("2"), now=NOW + DAY) == Saved(unchanged=2)
    with database.read() as session:
        assert {row.updated_at for row in items.list_items(session)} == {NOW}


@pytest.mark.parametrize(
    "edited",
    [
        found(headline="Rain and wind"),
        found(published_at=NOW),
        found(published_at=None),
        replace(found(), url="https://example.org/moved"),
        replace(found(), picture=Picture("https://example.org/new.jpg")),
    ],
)
def test_an_edit_or_a_changed_date_updates_and_never_makes_a_second_one(database: Database, edited: ItemFound) -> None:
    save(database, found())
    before = ids(database)
    assert save(database, edited, now=NOW + DAY) == Saved(edited=1)
    assert ids(database) == before
    with database.read() as session:
        row = items.get_item(session, before[0])
    assert (row.headline, row.published_at, row.url) == (edited.headline, edited.published_at, edited.url)
    assert (row.first_seen_at, row.updated_at) == (NOW, NOW + DAY)


def test_two_sources_may_use_the_same_identity(database: Database) -> None:
    save(database, found())
    assert save(database, found(), source="blog") == Saved(new=1)
    assert len(ids(database)) == 2


def test_one_identity_twice_in_one_reading_is_one_item(database: Database) -> None:
    assert save(database, found(headline="first"), found(headline="second")) == Saved(new=1, unchanged=1)
    assert save(database, found(headline="first"), found(headline="second")) == Saved(unchanged=2)


def test_other_rights_are_written_without_calling_it_an_edit(database: Database) -> None:
    save(database, found())
    with database.write() as session:
        assert items.save_items(session, "news", Rights.OWN, [found()], NOW) == Saved(unchanged=1)
    with database.read() as session:
        assert items.list_items(session)[0].rights == "own"


def test_an_empty_reading_is_nothing(database: Database) -> None:
    assert save(database) == Saved()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=12), st.lists(st.integers(0, 12)))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_a_source_is_read_each_identity_is_stored_once_as_it_was_last(
    database: Database, given_: list[tuple[int, int]], cuts: list[int]
) -> None:
    source = f"s{time.monotonic_ns()}"
    last: dict[str, str] = {}
    edges = [0, *sorted(cut for cut in cuts if cut < len(given_)), len(given_)]
    for start, end in pairwise(edges):
        reading = [found(str(identity), headline=str(words)) for identity, words in given_[start:end]]
        first = {item.identity: item.headline for item in reversed(reading)}
        expected_new = len(first.keys() - last.keys())
        expected_edited = sum(1 for key in first.keys() & last.keys() if first[key] != last[key])
        saved = save(database, *reading, source=source)
        assert (saved.new, saved.edited) == (expected_new, expected_edited)
        assert saved.new + saved.edited + saved.unchanged == len(reading)
        last |= first
    with database.read() as session:
        rows = items.list_items(session, 100, source=source)
    assert {row.identity: row.headline for row in rows} == last


def test_thirteen_hundred_entries_are_saved_in_a_moment(database: Database) -> None:
    entries = [replace(found(str(number)), body="word " * 600) for number in range(1_300)]
    for expected in (Saved(new=1_300), Saved(unchanged=1_300)):
        start = time.process_time()
        assert save(database, *entries) == expected
        assert time.process_time() - start < 1.0  # 0.1 s when the machine has nothing else to do


# --- candidates


def test_a_candidate_is_the_item_with_its_sources_settings(database: Database) -> None:
    save(database, found())
    save(database, replace(found("b"), language="ko"), source="blog")
    with database.read() as session:
        blog, news = sorted(items.candidates(session, (BLOG, NEWS), WEEK_AGO, NOW), key=lambda one: one.source_order)
    assert (blog.source_order, blog.attribution, blog.rights, blog.language) == (0, "example.org", Rights.OWN, "ko")
    assert (news.source_order, news.attribution, news.rights, news.language) == (1, "The News", Rights.EXCERPT, "en")
    assert (news.headline, news.body, news.dated_at, news.used_in) == ("Rain", "It rained.", NOW - DAY, None)


def test_the_window_holds_both_its_ends(database: Database) -> None:
    tick = timedelta(microseconds=1)
    for name, at in {"before": WEEK_AGO - tick, "first": WEEK_AGO, "last": NOW, "after": NOW + tick}.items():
        save(database, found(name, at, name))
    assert looked_at(database) == ["last", "first"]


def test_sources_that_are_not_configured_any_more_are_left_out(database: Database) -> None:
    save(database, found(headline="old"), source="gone")
    save(database, found(headline="new"))
    assert looked_at(database) == ["new"]


def test_undated_items_of_the_first_reading_are_back_catalogue_and_later_ones_count(database: Database) -> None:
    save(database, found("old", None, "back catalogue"), now=NOW - 3 * DAY)
    with database.write() as session:
        sources.remember(session, "news", Health(last_success_at=NOW - 3 * DAY), NOW - 3 * DAY)
    assert looked_at(database) == []
    save(database, found("old", None, "back catalogue"), found("new", None, "fresh"), now=NOW - DAY)
    with database.write() as session:
        sources.remember(session, "news", Health(last_success_at=NOW - DAY), NOW - DAY)
    assert looked_at(database) == ["fresh"]
    with database.read() as session:
        assert items.candidates(session, (NEWS,), WEEK_AGO, NOW)[0].dated_at == NOW - DAY
    assert looked_at(database, until=NOW - 2 * DAY) == []


def test_an_undated_item_that_an_editor_wrote_counts_although_nothing_was_read(database: Database) -> None:
    save(database, found("1", None, "written"), source="blog")
    assert looked_at(database, BLOG) == ["written"]


def test_a_used_item_names_its_issue_unless_that_was_cancelled(database: Database) -> None:
    save(database, found("1"), found("2"), found("3"))
    one, two, _ = ids(database)
    use(database, 4, one)
    use(database, 5, two, state=IssueState.CANCELLED)
    use(database, 6, one, state=IssueState.SENT)
    with database.read() as session:
        used = {c.item_id: c.used_in for c in items.candidates(session, (NEWS,), WEEK_AGO, NOW)}
    assert list(used.values()).count(None) == 2
    assert used[one] == 6
    assert used[two] is None


# --- columns


def test_a_column_keeps_its_words_and_the_order_of_its_items(database: Database) -> None:
    with database.write() as session:
        saved = items.save_column(session, "col", Rights.OWN, a_column(found("b"), found("a"), found("c")), NOW)
    assert saved == Saved(new=3)
    with database.read() as session:
        (column,) = items.columns(session, WEEK_AGO, NOW)
        identities = [items.get_item(session, id_).identity for id_ in column.item_ids]
        assert {row.language for row in items.list_items(session)} == {"ko"}
    assert identities == ["b", "a", "c"]
    assert (column.series, column.title, column.deks) == ("Small Bites", "In one bite", ("first", "둘째"))
    assert (column.note, column.byline, column.byline_address) == ("A note.", "Kim", "kim@example.org")


def test_an_edited_column_is_the_same_column_and_what_it_drops_is_not_offered(database: Database) -> None:
    col = SourceOptions(name="col", kind="column", rights=Rights.OWN)
    with database.write() as session:
        items.save_column(session, "col", Rights.OWN, a_column(found("a"), found("b"), found("c")), NOW)
    with database.write() as session:
        edited = a_column(found("c"), found("a", headline="Snow"), title="In two bites")
        assert items.save_column(session, "col", Rights.OWN, edited, NOW + DAY) == Saved(edited=1, unchanged=1)
    with database.read() as session:
        (column,) = items.columns(session, WEEK_AGO, NOW)
        assert [items.get_item(session, id_).identity for id_ in column.item_ids] == ["c", "a"]
        assert {c.headline for c in items.candidates(session, (col,), WEEK_AGO, NOW)} == {"Rain", "Snow"}
        assert len(items.candidates(session, (col,), WEEK_AGO, NOW)) == 2
    assert column.title == "In two bites"


def test_the_same_column_again_changes_nothing(database: Database) -> None:
    for now, expected in ((NOW, Saved(new=1)), (NOW + DAY, Saved(unchanged=1))):
        with database.write() as session:
            assert items.save_column(session, "col", Rights.OWN, a_column(found()), now) == expected
    with database.read() as session:
        assert items.column_row(session, "col", "week-22").updated_at == NOW


def test_a_pasted_column_without_a_date_counts_from_when_it_was_first_seen(database: Database) -> None:
    pasted = a_column(found("a", None), published_at=None)
    with database.write() as session:
        items.save_column(session, "col", Rights.OWN, pasted, NOW - DAY)
        sources.remember(session, "col", Health(last_success_at=NOW - DAY), NOW - DAY)
    col = SourceOptions(name="col", kind="column", rights=Rights.OWN)
    with database.read() as session:
        (column,) = items.columns(session, WEEK_AGO, NOW)
        (candidate,) = items.candidates(session, (col,), WEEK_AGO, NOW)
    assert column.item_ids == (candidate.item_id,)
    assert candidate.dated_at == NOW - DAY


def test_items_of_a_column_take_its_date(database: Database) -> None:
    with database.write() as session:
        items.save_column(session, "news", Rights.OWN, a_column(found("a", None), published_at=NOW - 9 * DAY), NOW)
    assert looked_at(database) == []
    with database.read() as session:
        assert items.columns(session, WEEK_AGO, NOW) == []


def test_a_column_offers_what_no_issue_has_and_goes_when_all_is_used(database: Database) -> None:
    with database.write() as session:
        items.save_column(session, "col", Rights.OWN, a_column(found("a"), found("b")), NOW)
    first, second = ids(database)
    use(database, 1, first)
    with database.read() as session:
        assert items.columns(session, WEEK_AGO, NOW)[0].item_ids == (second,)
    use(database, 2, second)
    with database.read() as session:
        assert items.columns(session, WEEK_AGO, NOW) == []


def test_the_newest_column_comes_first(database: Database) -> None:
    for identity, days in (("old", 3), ("new", 1), ("older", 5)):
        column = replace(a_column(found(identity)), identity=identity, title=identity, published_at=NOW - days * DAY)
        with database.write() as session:
            items.save_column(session, "col", Rights.OWN, column, NOW)
    with database.read() as session:
        assert [column.title for column in items.columns(session, WEEK_AGO, NOW)] == ["new", "old", "older"]


# --- looking


def test_what_is_not_there_is_named(database: Database) -> None:
    with database.read() as session:
        with pytest.raises(NotFound, match="no item 7; `publisher items list`"):
            items.get_item(session, 7)
        with pytest.raises(NotFound, match="news has no item x"):
            items.id_of(session, "news", "x")


def test_the_newest_items_are_listed_first(database: Database) -> None:
    save(database, found("1", headline="a"), now=NOW - DAY)
    save(database, found("2", headline="b"), found("3", headline="c"))
    with database.read() as session:
        assert [row.headline for row in items.list_items(session, 2)] == ["c", "b"]
        assert [row.headline for row in items.list_items(session, since=NOW)] == ["c", "b"]


def test_a_long_history_is_not_read_for_one_week(database: Database) -> None:
    """SQLite's plan, held: it would otherwise search by source and read every item there ever was."""
    if database.dialect != "sqlite":
        return  # PostgreSQL decides by its statistics
    said: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *told: said.append((told[2], told[3])))
    with database.read() as session:
        items.candidates(session, (NEWS, BLOG), WEEK_AGO, NOW)
        statement, values = said[-1]
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        steps = [row[3] for row in plan]
    assert "SEARCH item USING INDEX item_published_at_idx (published_at>? AND published_at<?)" in steps
    assert not any(step.startswith("SCAN item") for step in steps)
