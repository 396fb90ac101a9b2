"""A publication whose public pages are served, and the readers who come to them over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from sqlalchemy import text

from publisher.web import app
from publisher.web.kept import Kept
from publisher.web.public import issues
from publisher.web.server import serving
from publisher.web.shell import Shell
from tests.newsroom import FOLDER, FRIDAY, THURSDAY, Newsroom

WEEK = timedelta(days=7)
HEADLINES = ("A harbour counts ships", "The bakery bakes by forecast", "Robots take the night shift")
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROGRAM = {"Accept": "*/*"}


@dataclass
class Site:
    """The pages at `url`. `now` is the time that they go by, and `troubles` what the process has."""

    room: Newsroom
    url: str
    now: list[datetime] = field(default_factory=lambda: [FRIDAY + timedelta(days=1)])
    troubles: list[str] = field(default_factory=list)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.asks("GET", path, **more)

    def post(self, path: str, **more: Any) -> requests.Response:
        return self.asks("POST", path, **more)

    def asks(self, method: str, path: str, *, language: str = "", **more: Any) -> requests.Response:
        """One request, as a browser sends it, without following a redirect."""
        headers = BROWSER | ({"Accept-Language": language} if language else {}) | more.pop("headers", {})
        return requests.request(method, f"{self.url}{path}", headers=headers, timeout=20, allow_redirects=False, **more)

    def leave_link(self, subscriber_id: int) -> str:
        """The path of a reader's own link."""
        return urlsplit(self.room.publication.identity().leave_url(subscriber_id)).path

    def sets(self, state: str, number: int = 1) -> None:
        """The issue is in another state, as if the days had gone by."""
        with self.room.database.connect(write=True) as connection:
            connection.execute(text("UPDATE issue SET state = :state WHERE number = :number"), locals() | {"self": 0})

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        with self.room.database.connect() as connection:
            return sorted((tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))), key=repr)


@contextmanager
def open_site(
    folder: Path, url: str, *, sent: int = 1, every: float = 0.0, mount: Any = None, base_url: str = "", **options: Any
) -> Iterator[Site]:
    """A site with `sent` issues, whose pages are kept for `every` seconds; `mount` may put the app into another."""
    room = Newsroom.open(folder, url, FOLDER, **options)
    if base_url:
        config = room.root / "config.toml"
        config.write_text(config.read_text().replace("http://127.0.0.1:8000", base_url))
        room = reopened(room)
    room.has_editors("kim@example.org")
    room.has_readers(3)
    for number in range(1, sent + 1):
        sends(room, number)
    site = Site(room, "")
    shell = Shell(room.publication, lambda: site.now[0], troubles=lambda: tuple(site.troubles))
    made = app.create(shell, kept=Kept(lambda: issues.version(shell), every=every))
    with serving(mount(made) if mount else made) as served:
        site.url = served
        yield site
    room.database.close()


def sends(room: Newsroom, number: int, *headlines: str) -> None:
    """One whole week: written, composed, approved and released."""
    week = (number - 1) * WEEK
    headlines = headlines or tuple(f"{headline}, week {number}" for headline in HEADLINES)
    room.writes(*headlines, now=THURSDAY + week - timedelta(days=1))
    room.composes(now=THURSDAY + week)
    room.approves(number=number, now=THURSDAY + week)
    room.releases(now=FRIDAY + week)


def reopened(room: Newsroom) -> Newsroom:
    from publisher.wiring import Publication, load_settings

    return Newsroom(Publication(load_settings(room.root / "config.toml")))
