"""A newsroom whose desk is open, and an editor's way around it: over HTTP, as a browser without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from sqlalchemy import text
from sqlmodel import select

from publisher.domain.password import SALT_BYTES, kept
from publisher.store import editors
from publisher.store.sessions import LASTS
from publisher.store.tables import SessionRow
from publisher.web import app
from publisher.web.server import serving
from publisher.web.shell import Shell
from tests.newsroom import FOLDER, THURSDAY, Newsroom

PASSWORD = "harbour bakery lighthouse"
KIM, LEE = "kim@example.org", "lee@example.org"
WEEK = timedelta(days=7)
HEADLINES = (
    "A harbour counts ships",
    "The bakery bakes by forecast",
    "Robots take the night shift",
    "A bus that waits",
)


@dataclass
class Desk:
    """The desk at `url`. `now` is the time that its pages go by; a session is one browser."""

    room: Newsroom
    url: str
    times: list[datetime]
    browser: requests.Session = field(default_factory=requests.Session)

    @property
    def now(self) -> datetime:
        return self.times[0]

    @now.setter
    def now(self, time: datetime) -> None:
        """Another time for the pages. Whoever is signed in was at their desk all the while."""
        self.times[0] = time
        with self.room.database.write() as session:
            for row in session.exec(select(SessionRow)):
                row.seen_at, row.ends_at = time, time + LASTS

    def has_password(self, email: str = KIM, password: str = PASSWORD) -> None:
        """That editor has had one for a while."""
        with self.room.database.write() as session:
            row = editors.by_email(session, email)
            row.password_hash = _kept(password)
            session.add(row)

    def signs_in(self, email: str = KIM, password: str = PASSWORD, **more: Any) -> requests.Response:
        """In this browser, on the page for it."""
        return self.post("/desk/sign-in", data={"email": email, "password": password}, **more)

    def link(self, email: str = KIM, *, to: str = "", lasts: timedelta = WEEK) -> str:
        """The editor's own link, at the port that this desk has."""
        with self.room.database.read() as session:
            editor = editors.by_email(session, email)
        parts = urlsplit(self.room.publication.identity().enter_url(editors.badge(editor), self.now + lasts, to))
        return self.url + parts.path + (f"?{parts.query}" if parts.query else "")

    def enters(self, email: str = KIM) -> Desk:
        """Another browser, in which that editor is signed in."""
        desk = Desk(self.room, self.url, self.times)
        assert desk.browser.post(desk.link(email), timeout=10).status_code == 200
        return desk

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.browser.get(f"{self.url}{path}", timeout=20, **more)

    def post(self, path: str, **more: Any) -> requests.Response:
        return self.browser.post(f"{self.url}{path}", timeout=20, **more)

    def sees(self, path: str = "/desk/issues/1") -> str:
        """The words of a page, without its markup."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return words_of(answer.text)

    def form(self, action: str, path: str = "/desk/issues/1") -> dict[str, str]:
        """The hidden fields of the form on the page that goes to …/`action`."""
        page = self.get(path).text
        found = re.search(rf'<form method="post" action="[^"]*/{action}[^"]*">(.*?)</form>', page, re.DOTALL)
        assert found, f"no form for {action}"
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', found[1]))

    def approves(self, path: str = "/desk/issues/1", **more: str) -> requests.Response:
        """Look at the page, then press its button."""
        return self.post(f"{path}/approvals", data=self.form("approvals", path) | more)


@cache
def _kept(password: str) -> str:
    return kept(password, b"s" * SALT_BYTES)


@contextmanager
def open_desk(folder: Path, more: str = FOLDER, *, guest: str = "", **options: Any) -> Iterator[Desk]:
    """A desk with a draft of four items for twelve readers, and two editors."""
    room = Newsroom.begun(has_a_draft, folder, more, **options)
    times = [THURSDAY]
    with serving(app.create(Shell(room.publication, lambda: times[0], guest=guest))) as address:
        yield Desk(room, address, times)
    room.database.close()


def has_a_draft(room: Newsroom) -> None:
    room.has_editors(KIM, LEE)
    room.has_readers(12)
    room.writes(*HEADLINES)
    room.composes()


def words_of(page: str) -> str:
    """What a page says, in one line."""
    page = re.sub(r"<(script|style|head)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def addresses(shell: Shell) -> list[tuple[str, str]]:
    """(method, path) of everything under /desk, with a number and names filled in."""
    return [(method, re.sub(r"\{\w+\}", "1", path.replace("{token}", "7-1.x"))) for method, path in routes(shell)]


def routes(shell: Shell) -> list[tuple[str, str]]:
    """(method, path) of every route under /desk, as it is written in the code."""
    paths = app.create(shell).openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() if path.startswith("/desk") for method in methods]


def everything(room: Newsroom) -> dict[str, list[Any]]:
    """Every row of every table."""
    with room.database.read() as session:
        tables = (
            session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
            if session.get_bind().dialect.name == "sqlite"
            else session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        )
        return {
            name: sorted(map(repr, session.execute(text(f'SELECT * FROM "{name}"')))) for (name,) in tables.fetchall()
        }
