"""Sources on the desk: how each fares, what it gave last, and a look at it now that no page waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from publisher.domain import health as healths
from publisher.domain.health import Failed, Health
from publisher.errors import Fault
from publisher.stages.collect import SourceReport
from publisher.store import sources
from publisher.store.tables import AuditRow
from publisher.web.desk.checks import Checks
from tests.newsroom import FOLDER, THURSDAY
from tests.web.desks import KIM, Desk, open_desk

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Windmere</title>
<item><title>The duck counter</title><link>https://windmere.example.org/ducks</link>
<pubDate>Wed, 27 May 2026 08:00:00 GMT</pubDate><description>A reservoir keeps a tally.</description></item>
</channel></rss>"""
MORE = FOLDER + "".join(
    f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "file:{name}.xml"\n' for name in ("windmere", "harbour")
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """One source that can be read, and one that is not there."""
    with open_desk(tmp_path / "publication", MORE) as desk:
        (desk.room.root / "windmere.xml").write_text(FEED)
        yield desk.enters()


def looked(desk: Desk, until: str) -> str:
    """The page once it says that."""
    end = time.monotonic() + 20
    while until not in (shown := desk.sees("/desk/sources")):
        assert time.monotonic() < end, shown
        time.sleep(0.05)
    return shown


def test_a_look_now_brings_what_is_new(desk: Desk) -> None:
    assert "windmere New feed · excerpt 0 items · never read yet Check now : windmere" in desk.sees("/desk/sources")
    answer = desk.post("/desk/sources/windmere/checks", allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/sources#source-windmere")
    shown = looked(desk, "Read just now: 1 new, 0 edited.")
    assert "windmere Well feed · excerpt 1 item" in shown
    assert "The duck counter Wed 27 May 2026, 17:00" in shown
    desk.post("/desk/sources/windmere/checks")
    looked(desk, "Read just now: nothing new.")


def test_a_look_that_fails_says_why_and_what_to_do(desk: Desk) -> None:
    desk.post("/desk/sources/harbour/checks")
    shown = looked(desk, "Read just now: it still fails.")
    assert "harbour.xml" in shown
    assert "1 of 3 needs a look." in shown
    assert "windmere" not in desk.sees("/desk/sources?only=trouble")


def test_the_trail_tells_who_looked(desk: Desk) -> None:
    desk.post("/desk/sources/windmere/checks")
    looked(desk, "Read just now")
    with desk.room.database.read() as session:
        noted = session.exec(select(AuditRow).where(AuditRow.action == "source-checked")).one()
    assert (noted.by, noted.detail) == (KIM, "windmere")


def test_one_that_is_left_alone_says_until_when(desk: Desk) -> None:
    failed = Failed("the server did not answer", Fault.UNREACHED)
    with desk.room.database.write() as session:
        sources.remember(session, "windmere", healths.after(Health(), failed, THURSDAY, 0.0), THURSDAY)
    shown = desk.sees("/desk/sources?only=trouble")
    assert "Failing" in shown
    assert "Nothing to do yet: it is asked again on Thu 28 May 2026, 09:05." in shown


def test_only_a_source_of_config_toml_can_be_looked_at(desk: Desk) -> None:
    assert desk.post("/desk/sources/strange/checks").status_code == 404
    assert desk.post("/desk/sources/desk/checks").status_code == 409
    desk.room.has_editors("new@example.org", role="author")
    author = desk.enters("new@example.org")
    assert author.post("/desk/sources/windmere/checks").status_code == 403
    assert "Check now" not in author.sees("/desk/sources")


def test_whoever_watches_is_sent_only_what_is_new(desk: Desk) -> None:
    tag = desk.get("/desk/sources/progress").headers["etag"]
    assert desk.get("/desk/sources/progress", headers={"If-None-Match": tag}).status_code == 304
    desk.post("/desk/sources/windmere/checks")
    looked(desk, "Read just now")
    assert desk.get("/desk/sources/progress", headers={"If-None-Match": tag}).status_code == 200


def test_a_source_is_looked_at_once_at_a_time() -> None:
    checks, may_end = Checks(), threading.Event()

    def look() -> SourceReport:
        may_end.wait(20)
        return SourceReport("windmere", new=1)

    assert checks.begin("windmere", look)
    assert not checks.begin("windmere", look)
    assert checks.are_under_way
    may_end.set()
    _until(lambda: not checks.are_under_way)
    found = checks.of("windmere")
    assert found is not None and found.report == SourceReport("windmere", new=1)
    assert checks.begin("windmere", look)


def test_a_look_that_breaks_is_told_and_ends() -> None:
    checks = Checks()

    def look() -> SourceReport:
        raise RuntimeError("a mistake of ours")

    checks.begin("windmere", look)
    _until(lambda: not checks.are_under_way)
    found = checks.of("windmere")
    assert found is not None and "unexpectedly" in found.trouble


def _until(is_so: Callable[[], bool], within: timedelta = timedelta(seconds=20)) -> None:
    end = time.monotonic() + within.total_seconds()
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)
