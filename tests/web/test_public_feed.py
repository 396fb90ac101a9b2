"""The Atom feed, as RFC 4287 has it and as feed readers read it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import feedparser
import pytest
from sqlalchemy import text

from publisher.store import issues, skips
from publisher.store.tables import CorrectionRow
from tests.newsroom import FRIDAY
from tests.web.site import HEADLINES, Site, open_site, reopened, sends

ATOM = "{http://www.w3.org/2005/Atom}"
TAG = re.compile(r"tag:[a-z0-9.-]+,\d{4}-\d\d-\d\d:[A-Za-z0-9._~!$&'()*+,;=:@%/-]+")  # RFC 4151, 2.1


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path, f"sqlite:///{tmp_path}/publisher.db", sent=2) as opened:
        yield opened


def read(site: Site) -> ElementTree.Element:
    answer = site.get("/feed.atom")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo and parsed.version == "atom10"
    feed = ElementTree.fromstring(answer.content)
    well_formed(feed)
    return feed


def well_formed(feed: ElementTree.Element) -> None:
    """What RFC 4287 demands in 4.1.1 and 4.1.2: one id, title and updated each; an author; links; ids that differ."""
    entries = feed.findall(f"{ATOM}entry")
    for element in (feed, *entries):
        for name in ("id", "title", "updated"):
            found = element.findall(f"{ATOM}{name}")
            assert len(found) == 1 and found[0].text, name
        assert datetime.fromisoformat(element.findtext(f"{ATOM}updated", "")).tzinfo
        assert element.findall(f"{ATOM}link[@rel='alternate']")
    assert feed.findall(f"{ATOM}author/{ATOM}name") and feed.findall(f"{ATOM}link[@rel='self']")
    ids = [entry.findtext(f"{ATOM}id", "") for entry in entries]
    assert len(set(ids)) == len(ids)
    assert all(TAG.fullmatch(identity) for identity in ids), ids


def texts(feed: ElementTree.Element, name: str) -> list[str]:
    return [entry.findtext(f"{ATOM}{name}", "") for entry in feed.findall(f"{ATOM}entry")]


def test_the_feed_has_every_issue_whole_the_newest_first(site: Site) -> None:
    feed = read(site)
    assert texts(feed, "title") == [f"{HEADLINES[0]}, week 2", f"{HEADLINES[0]}, week 1"]
    newest = texts(feed, "content")[0]
    assert all(f"{headline}, week 2" in newest for headline in HEADLINES)
    assert "<script" not in newest and "<style" not in newest
    assert texts(feed, "published") == ["2026-06-04T22:30:00Z", "2026-05-28T22:30:00Z"]
    links = [link.get("href") for link in feed.findall(f"{ATOM}entry/{ATOM}link")]
    assert links == ["http://127.0.0.1:8000/issues/2", "http://127.0.0.1:8000/issues/1"]


def test_a_feed_without_issues_is_a_feed(tmp_path: Path) -> None:
    with open_site(tmp_path, f"sqlite:///{tmp_path}/publisher.db", sent=0) as site:
        assert texts(read(site), "title") == []


def test_ids_outlive_a_new_name_sender_and_address(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/publisher.db"
    with open_site(tmp_path, url, sent=1) as site:
        before = read(site)
        config = site.room.root / "config.toml"
        changed = (
            config.read_text().replace("Small Bites", "Big Bites").replace("letter@example.org", "news@other.example")
        )
        config.write_text(changed.replace("http://127.0.0.1:8000", "https://other.example"))
        room = reopened(site.room)
    from publisher.web.app import create
    from publisher.web.server import serving
    from publisher.web.shell import Shell

    with serving(create(Shell(room.publication, lambda: FRIDAY))) as served:
        after = read(Site(room, served))
    room.database.close()
    assert after.findtext(f"{ATOM}title") == "Big Bites"
    assert texts(after, "id") == texts(before, "id")
    assert after.findtext(f"{ATOM}id") == before.findtext(f"{ATOM}id")
    assert texts(before, "id") == ["tag:example.org,2026-05-28:letter/1"]


def test_a_correction_is_an_update_and_not_a_new_entry(site: Site) -> None:
    before = read(site)
    with site.room.database.write() as session:
        row = issues.by_number(session, 1)
        assert row.id is not None
        page, words = b"<html><main id=main><p>Corrected.</p></main></html>", {"title": "Corrected"}
        correction = CorrectionRow(issue_id=row.id, editor_id=1, explanation="Tuesday.", words=words, page=page)
        correction.corrected_at = FRIDAY + timedelta(days=8)
        session.add(correction)
    after = read(site)
    assert texts(after, "id") == texts(before, "id")
    assert texts(after, "title")[1] == "Corrected" and texts(after, "content")[1] == "<p>Corrected.</p>"
    assert texts(after, "updated") == [texts(before, "updated")[0], "2026-06-05T22:30:00Z"]
    assert after.findtext(f"{ATOM}updated") == "2026-06-05T22:30:00Z"


def test_a_skipped_week_is_an_entry_of_its_own(site: Site) -> None:
    with site.room.database.write() as session:
        skips.put(
            session, FRIDAY + timedelta(days=14), reason="", tells_readers=True, skipped_by="k@example.org", now=FRIDAY
        )
    feed = read(site)
    assert texts(feed, "title")[0] == "No issue on Friday, 12 June 2026"
    assert texts(feed, "content")[0] == "The next one comes as usual."


def test_words_that_no_xml_may_hold_do_not_break_it(site: Site) -> None:
    with site.room.database.connect(write=True) as connection:
        connection.execute(text("UPDATE issue SET title = :title"), {"title": 'A <b> & "c" ]]>\x01\x1b\ufffe end'})
    assert texts(read(site), "title")[0] == 'A <b> & "c" ]]> end'


def test_a_page_without_a_main_part_is_linked(tmp_path: Path) -> None:
    with open_site(tmp_path, f"sqlite:///{tmp_path}/publisher.db", sent=0) as site:
        (site.room.root / "templates" / "page.html.j2").write_text("<p>{{ issue.title }}</p>", encoding="utf-8")
        sends(site.room, 1)
        assert texts(read(site), "content") == [
            f'<p><a href="http://127.0.0.1:8000/issues/1">{HEADLINES[0]}, week 1</a></p>'
        ]
