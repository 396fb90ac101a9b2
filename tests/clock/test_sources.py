"""`publisher run` with a source that fails: the log says it once, the editors hear once, and once that it is well."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.clock.watch import Watch
from tests.newsroom import THURSDAY, Newsroom

HOUR = timedelta(hours=1)
MONDAY = THURSDAY - timedelta(days=3)
FEED = "<rss version='2.0'><channel><title>T</title><item><guid>1</guid><title>Rain</title></item></channel></rss>"
SOURCES = "".join(
    f'\n[[source]]\nname = "{name}"\nkind = "feed"\nurl = "file:{name}.xml"\n' for name in ("harbour", "windmere")
)


def test_the_log_and_the_editors_hear_once_of_a_source_that_fails(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db", more=SOURCES)
    room.has_editors("kim@example.org")
    (room.root / "windmere.xml").write_text(FEED)
    watch = Watch(room, MONDAY)
    told = watch.goes_on_until(MONDAY + 16 * HOUR, 4 * HOUR)
    assert watch.subjects() == []
    told += watch.goes_on_until(MONDAY + 52 * HOUR, 6 * HOUR)
    assert [line.partition(" (")[0] for line in told if "harbour" in line] == [
        "source harbour: file:harbour.xml: there is no such file"
    ]
    assert watch.subjects() == ["The source harbour cannot be read"]
    (room.root / "harbour.xml").write_text(FEED)
    told = watch.goes_on_until(MONDAY + 71 * HOUR, 6 * HOUR)
    assert "source harbour can be read again" in told
    assert [subject for subject in watch.subjects() if "source" in subject] == [
        "The source harbour cannot be read",
        "The source harbour is well again",
    ]
    room.database.close()
