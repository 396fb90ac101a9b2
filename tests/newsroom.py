"""A whole publication in a temporary folder, and its week, told in verbs."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from publisher.domain.audience import ImportRow
from publisher.errors import DatabaseError
from publisher.sources.editor import written
from publisher.stages import approve, collect, compose, edit, enroll, init, release, render, send
from publisher.store import db
from publisher.store.engine import place_of
from publisher.store.pages import issue as pages
from publisher.wiring import Publication, load_settings

THURSDAY = datetime(2026, 5, 28, 0, 0, tzinfo=UTC)  # 09:00 in Seoul
FRIDAY = datetime(2026, 5, 28, 22, 30, tzinfo=UTC)  # 07:30 in Seoul: the planned time

CONFIG = """
[publication]
name = "{name}"
language = "{language}"
timezone = "Asia/Seoul"
base_url = "http://127.0.0.1:8000"
sender = "{name} <letter@example.org>"
reply_to = "editor@example.org"
series = "{series}"
postal_address = "1 Example Street, Seoul"
secret = "file:var/secret"

[database]
url = "{url}"

[schedule]
approvals = {approvals}

[issue]
per_source = {per_source}

[[source]]
name = "desk"
kind = "editor"

{more}
"""

FOLDER = '[[channel]]\nname = "out"\nkind = "folder"\npath = "out"\n'


def smtp(port: int, *, connections: int = 4) -> str:
    """An smtp channel on the loopback."""
    return (
        f'[[channel]]\nname = "letter"\nkind = "smtp"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
        f'connections = {connections}\nlists = ["weekly"]\n'
    )


def x(api_url: str, *, spacing: str = "20m", links: str = "first") -> str:
    """An X channel whose keys are in the environment, as `X_KEYS` has them."""
    keys = "".join(f'{name} = "env:{variable}"\n' for name, variable in X_KEYS.items())
    return (
        f'[[channel]]\nname = "x"\nkind = "x"\napi_url = "{api_url}"\nlinks = "{links}"\nspacing = "{spacing}"\n{keys}'
    )


X_KEYS = {
    "consumer_key": "X_CONSUMER_KEY",
    "consumer_secret": "X_CONSUMER_SECRET",
    "access_token": "X_ACCESS_TOKEN",
    "access_token_secret": "X_ACCESS_TOKEN_SECRET",
}


def begin(url: str, root: Path) -> None:
    """`publisher db upgrade`; a file that is not there yet is copied from one that this process made before."""
    path = place_of(url, root).path
    if path is not None and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        path.write_bytes(_blank())
    try:
        db.open_database(url, root).close()
    except DatabaseError:  # not upgraded yet; to see that there is nothing to do takes an upgrade a tenth of a second
        db.upgrade(url, root)


@cache
def _blank() -> bytes:
    with TemporaryDirectory(prefix="blank-") as folder:
        db.upgrade("sqlite:///live.db", Path(folder))
        db.backup("sqlite:///live.db", Path(folder), Path(folder, "blank.db"))
        return Path(folder, "blank.db").read_bytes()


@cache
def _begun(begins: Callable[[Newsroom], None], more: str, options: tuple[tuple[str, Any], ...]) -> Path:
    folder = Path(mkdtemp(prefix="begun-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    room = Newsroom.open(folder / "publication", "sqlite:///var/publisher.db", more, **dict(options))
    begins(room)
    room.database.close()
    return room.root


@dataclass
class Newsroom:
    """One publication. Every verb takes the time at which it happens."""

    publication: Publication

    @classmethod
    def open(
        cls,
        folder: Path,
        url: str,
        more: str = FOLDER,
        *,
        name: str = "Small Bites",
        series: str = "AI in small bites",
        language: str = "en",
        approvals: int = 1,
        per_source: int = 6,
    ) -> Newsroom:
        init.run(folder, random_bytes=lambda count: b"s" * count)
        config = CONFIG.format(
            name=name, series=series, language=language, url=url, approvals=approvals, per_source=per_source, more=more
        )
        (folder / "config.toml").write_text(config, encoding="utf-8")
        publication = Publication(load_settings(folder / "config.toml"))
        begin(publication.settings.database.url, publication.settings.root)
        return cls(publication)

    @classmethod
    def begun(cls, begins: Callable[[Newsroom], None], folder: Path, more: str = FOLDER, **options: Any) -> Newsroom:
        """One in SQLite that has begun like this: a copy of one that began so before in this process."""
        shutil.copytree(_begun(begins, more, tuple(sorted(options.items()))), folder)
        return cls(Publication(load_settings(folder / "config.toml")))

    @property
    def root(self) -> Path:
        return self.publication.settings.root

    @property
    def database(self) -> db.Database:
        return self.publication.database

    def writes(self, *headlines: str, now: datetime = THURSDAY - timedelta(days=1)) -> None:
        for number, headline in enumerate(headlines):
            item = written(
                headline=headline,
                body=f"{headline}: what happened, in a sentence that is long enough to be read. And one more to weigh.",
                url=f"https://news.example.org/{number}-{abs(hash(headline))}",
                byline="",
                language="en",
                picture=None,
                now=now,
            )
            collect.write(self.database, self.publication.editor_source(), item, now=now)

    def has_readers(self, count: int, *, prefix: str = "reader") -> None:
        rows = [
            ImportRow(email=f"{prefix}{number}@example.org", name=f"Reader {number}", attributes={})
            for number in range(1, count + 1)
        ]
        enroll.import_rows(self.database, rows, "weekly", origin="a test", now=THURSDAY)

    def has_editors(self, *addresses: str, role: str = "admin") -> None:
        for address in addresses:
            enroll.add_editor(self.database, address, role, now=THURSDAY)

    def composes(self, *, now: datetime = THURSDAY) -> compose.Composed:
        publication = self.publication
        return compose.run(self.database, publication.settings, publication.renderer, publication.rule, now=now)

    def edits(self, change: edit.Edit, *, number: int = 1, now: datetime = THURSDAY, by: str = "") -> edit.Edited:
        publication = self.publication
        least = publication.settings.issue.min_items
        renderer, rule = publication.renderer, publication.rule
        return edit.run(self.database, number, change, renderer, rule, min_items=least, now=now, by=by)

    def looks(self, *, number: int = 1, now: datetime = THURSDAY) -> render.Shown:
        publication = self.publication
        return render.run(self.database, number, publication.renderer, publication.rule, now=now)

    def approves(
        self, by: str = "kim@example.org", *, number: int = 1, now: datetime = THURSDAY, **more: Any
    ) -> approve.Sealed:
        schedule = self.publication.settings.schedule
        return approve.run(
            self.database,
            number,
            by=by,
            approvals=schedule.approvals,
            cooling_off=schedule.cooling_off,
            identity=self.publication.identity(),
            grace=schedule.grace,
            now=now,
            **more,
        )

    def releases(self, *, now: datetime = FRIDAY) -> list[release.Released]:
        schedule = self.publication.settings.schedule
        return release.run(
            self.database,
            self.publication.spacings(),
            channels=[options.name for options in self.publication.settings.channels],
            approvals=schedule.approvals,
            grace=schedule.grace,
            now=now,
        )

    def sends(self, *, now: datetime = FRIDAY) -> Sequence[send.Sent]:
        publication = self.publication
        spacings = publication.spacings()
        with send.alone(self.database):
            return send.run(
                send.Sending(
                    database=self.database,
                    mail=publication.mail_channels(),
                    socials=[(channel, spacings[channel.name]) for _, channel in publication.social_channels()],
                    identity=publication.identity(),
                    worker=publication.worker,
                    journals=publication.journals,
                    clock=publication.clock(now),
                )
            )

    def issue(self, number: int = 1) -> dict[str, Any]:
        with self.database.read() as session:
            return pages.one(session, number)

    def letters(self) -> list[str]:
        """Every letter that the folder channel wrote, as it stands in the file."""
        return [
            path.read_text(encoding="ascii") for path in sorted((self.root / "out" / "letters").glob("issue-*.eml"))
        ]
