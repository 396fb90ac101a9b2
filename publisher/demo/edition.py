"""One made-up week, from collecting to the last post, through the same stages as a real one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.request import pathname2url
from zoneinfo import ZoneInfo

import requests

import publisher
from publisher.demo.inbox import Inbox, inbox
from publisher.demo.timeline import Timeline
from publisher.stages import approve, collect, compose, enroll, init, release, send
from publisher.store import db
from publisher.transfer.plain import read_csv
from publisher.wiring import Publication, load_settings

_HERE = Path(__file__).parent
_EDITOR = "editor@example.org"
_MONDAY = datetime(2026, 5, 25, 9)  # noqa: DTZ001  its zone is the edition's own
_PICTURES = "https://pictures.example.org/"


@dataclass(frozen=True, slots=True)
class Script:
    """What makes one language's edition: its publication and where its news come from."""

    language: str
    name: str
    series: str
    zone: str
    sources: tuple[tuple[str, str, str, str, str], ...]  # name, kind, file, shown title, rights


SCRIPTS = (
    Script(
        "ko",
        "한입 뉴스",
        "AI 한입뉴스",
        "Asia/Seoul",
        (("baram", "column", "column.html", "바람일보", "own"),),
    ),
    Script(
        "en",
        "The Weekly Bite",
        "AI in one bite",
        "Europe/London",
        (
            ("windmere", "feed", "windmere.rss.xml", "The Windmere Post", "licensed"),
            ("notes", "feed", "ward-and-field.atom.xml", "Ward & Field", "licensed"),
            ("beyond", "feed", "beyond-quarterly.feed.json", "Beyond Quarterly", "licensed"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Edition:
    """What came of it, and where to look."""

    publication: Publication
    number: int
    letters: int
    letter: Path
    inbox: Path
    timeline: Path


def run(folder: Path) -> Iterator[Edition]:
    """The week in each language, each in a folder of its own under `folder`."""
    for script in SCRIPTS:
        with inbox(folder / script.language / "inbox") as mail, _timeline(script) as timeline:
            yield _week(folder / script.language, script, mail, timeline)


def _week(folder: Path, script: Script, mail: Inbox, timeline: Timeline) -> Edition:
    publication = _publication(folder / "publication", script, mail.port, timeline.url)
    settings, database = publication.settings, publication.database
    now = _MONDAY.replace(tzinfo=ZoneInfo(script.zone))
    _enroll(publication, now)
    collect.run(database, publication.sources(), publication.fetcher, now=now)
    composed = compose.run(database, settings, publication.renderer, publication.rule, now=now)
    approve.run(
        database,
        composed.number,
        by=_EDITOR,
        approvals=settings.schedule.approvals,
        cooling_off=settings.schedule.cooling_off,
        identity=publication.identity(),
        now=now + timedelta(minutes=20),
    )
    with _clock(timeline) as time:
        time.now = datetime(2026, 5, 26, 7, 30, tzinfo=ZoneInfo(script.zone))
        release.run(
            database,
            publication.spacings(),
            channels=[options.name for options in settings.channels],
            approvals=settings.schedule.approvals,
            grace=settings.schedule.grace,
            now=time.now,
        )
        # Posts are spaced out over two hours; the demo's clock jumps from one to the next.
        while _send(publication, time.now):
            time.now += timedelta(minutes=20)
    return _look(folder, publication, composed.number, mail, timeline)


@dataclass
class _Time:
    now: datetime


@contextmanager
def _clock(timeline: Timeline) -> Iterator[_Time]:
    """The demo's own time, which the timeline shares."""
    time = _Time(timeline.now())
    timeline.now = lambda: time.now
    yield time


@contextmanager
def _timeline(script: Script) -> Iterator[Timeline]:
    with Timeline(name=script.name, language=script.language, zone=ZoneInfo(script.zone)) as timeline:
        yield timeline


def _send(publication: Publication, now: datetime) -> bool:
    """Send what is due; whether more is to come."""
    spacings = publication.spacings()
    with send.alone(publication.database):
        done = send.run(
            send.Sending(
                database=publication.database,
                mail=publication.mail_channels(),
                socials=[(channel, spacings[channel.name]) for _, channel in publication.social_channels()],
                identity=publication.identity(),
                worker=publication.worker,
                clock=publication.clock(now),
            )
        )
    return bool(done)


def _publication(folder: Path, script: Script, port: int, api_url: str) -> Publication:
    init.run(folder, random_bytes=lambda count: b"demo" * (count // 4))
    for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret"):
        (folder / "var" / f"x_{name}").write_text(f"demo-{name}", encoding="utf-8")
    (folder / "config.toml").write_text(_config(script, port, api_url), encoding="utf-8")
    publication = Publication(load_settings(folder / "config.toml"))
    db.upgrade(publication.settings.database.url, publication.settings.root)
    return publication


def _config(script: Script, port: int, api_url: str) -> str:
    keys = "".join(
        f'{name} = "file:var/x_{name}"\n'
        for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    )
    sources = "".join(
        f'[[source]]\nname = "{name}"\nkind = "{kind}"\nurl = "file:{_HERE / "week" / file}"\n'
        f'title = "{title}"\nrights = "{rights}"\n\n'
        for name, kind, file, title, rights in script.sources
    )
    return f"""\
[publication]
name = "{script.name}"
language = "{script.language}"
timezone = "{script.zone}"
base_url = "http://127.0.0.1:8000"
sender = "{script.name} <letter@example.org>"
reply_to = "{_EDITOR}"
series = "{script.series}"
postal_address = "1 Example Street, Example City"
secret = "file:var/secret"

[schedule]
compose = "0 9 * * MON"
send = "30 7 * * TUE"

[issue]
first_number = 43

{sources}[[channel]]
name = "letter"
kind = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
lists = ["weekly"]

[[channel]]
name = "x"
kind = "x"
api_url = "{api_url}"
links = "first"
spacing = "20m"
{keys}"""


def _enroll(publication: Publication, now: datetime) -> None:
    rows = read_csv(_sample().read_bytes()).rows
    enroll.import_rows(publication.database, rows, "weekly", origin="sample.csv", now=now)
    enroll.add_editor(publication.database, _EDITOR, "editor", now=now)


def _sample() -> Path:
    """The made-up readers. A wheel has them in the package, a checkout in subscribers/."""
    packaged = _HERE / "week" / "sample.csv"
    return packaged if packaged.is_file() else Path(publisher.__file__).parents[1] / "subscribers" / "sample.csv"


def _look(folder: Path, publication: Publication, number: int, mail: Inbox, timeline: Timeline) -> Edition:
    """Write what a person wants to see as files that a browser opens, with the pictures that came along."""
    part = mail.letters()[0].get_body(("html",))
    assert part is not None
    pictures = f"file://{pathname2url(str(_HERE / 'pictures'))}/"
    letter = folder / "letter.html"
    letter.write_text(part.get_content().replace(_PICTURES, pictures), encoding="utf-8")
    shown = folder / "timeline.html"
    shown.write_bytes(requests.get(timeline.url, timeout=10).content)
    return Edition(publication, number, len(mail.files), letter, mail.folder, shown)
