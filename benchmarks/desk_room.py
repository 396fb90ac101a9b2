"""A publication after four years, with 200,000 subscribers: `python -m benchmarks.desk_room FOLDER [ISSUES]`.

Its first and its two newest issues are made by the stages themselves; what lies between is copied in bulk, so that it
takes a minute. No. 200 is the draft, No. 199 is half out, the two before it have all their deliveries, and of the
others only the counts are there.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from publisher.store import issues
from publisher.store.db import Database
from tests.newsroom import FRIDAY, THURSDAY, X_KEYS, Newsroom, smtp, x

URL = "sqlite:///var/publisher.db"
WEEK = timedelta(weeks=1)
KIM, LEE = "kim@example.org", "lee@example.org"
FAMILIES = ("김", "이", "박", "최", "정", "Hale", "Stone", "Marsh", "Vale", "Brook")
GIVEN = ("지우", "서연", "민준", "하린", "도윤", "Robin", "Ada", "Noor", "Ivo", "Mina")
WORDS = (
    *("harbour", "library", "robots", "ships", "bread", "forecast", "night", "shift", "learns", "counts", "takes"),
    *("measures", "valley", "council", "paper", "engine", "river", "winter", "people", "city", "light", "small"),
    *("도서관", "항구", "버스", "지붕", "시계", "오리", "저수지", "전기", "아이들", "동네", "숫자", "밤"),
)
POST = "https://x.com/weeklybite/status/1790000000000000000"
_PICTURE = ("picture_url", "picture_alt", "picture_caption", "picture_credit")
SOURCES = tuple(f"source-{number}" for number in range(1, 25))
WHOLE = 2  # of the issues that were sent have all their deliveries
REVISIONS = 12
AUDITS = 30


@dataclass(frozen=True)
class Size:
    """How much there is."""

    subscribers: int = 200_000
    items: int = 20_000
    issues: int = 200


def make(folder: Path, size: Size = Size()) -> Newsroom:
    """The publication, in an empty folder; its newest issue waits for approval, the one before is going out."""
    os.environ |= dict.fromkeys(X_KEYS.values(), "a key that opens nothing")
    room = Newsroom.open(folder, URL, _config(), per_source=2)
    room.has_editors(KIM, LEE)
    room.has_readers(1, prefix="first.reader")
    with _fast(room) as connection:
        _items(connection, size)
    room.composes(now=THURSDAY)
    room.approves(now=THURSDAY + timedelta(minutes=34))
    room.releases(now=FRIDAY)
    with _fast(room) as connection:
        _subscribers(connection, size.subscribers)
        _past(connection, size)
    newest = size.issues - 1
    room.composes(now=THURSDAY + (newest - 1) * WEEK)
    room.approves(number=newest, now=THURSDAY + (newest - 1) * WEEK)
    room.releases(now=FRIDAY + (newest - 1) * WEEK)
    room.composes(now=THURSDAY + newest * WEEK)
    with _fast(room) as connection:
        _half_out(connection, newest, now(size))
        connection.execute("ANALYZE")
    return room


def now(size: Size = Size()) -> datetime:
    """The time that its pages go by: an hour after the newest draft was made."""
    return THURSDAY + (size.issues - 1) * WEEK + timedelta(hours=1)


def now_of(database: Database) -> tuple[int, datetime]:
    """The number of the newest issue of such a publication, and the time that its pages go by."""
    with database.read() as session:
        newest = max(row.number for row in issues.list_issues(session))
    return newest, now(Size(issues=newest))


def _config() -> str:
    feeds = "".join(
        f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "http://127.0.0.1:9/{name}.xml"\n' for name in SOURCES
    )
    return smtp(9) + x("http://127.0.0.1:9") + feeds


@contextmanager
def _fast(room: Newsroom) -> Iterator[sqlite3.Connection]:
    """A connection that is in a hurry; at the end it is committed."""
    room.database.close()
    with closing(sqlite3.connect(room.root / "var" / "publisher.db", isolation_level=None)) as connection:
        for line in ("synchronous = OFF", "cache_size = -200000", "foreign_keys = OFF"):
            connection.execute(f"PRAGMA {line}")
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")


def _items(connection: sqlite3.Connection, size: Size) -> None:
    """Evenly over the years, up to an hour before the newest draft is made."""
    dice = random.Random(1)
    end = now(size) - timedelta(hours=2)
    apart = size.issues * WEEK / size.items
    for number in range(size.items):
        at = _at(end - (size.items - number - 1) * apart)
        url = f"https://news.example.org/{number}"
        row = {"source": SOURCES[number % len(SOURCES)], "identity": url, "fingerprint": f"{number:064x}", "url": url}
        row |= {"canonical_url": url, "headline": _line(dice), "body": _prose(dice), "rights": "excerpt"}
        row |= {"published_at": at, "first_seen_at": at, "updated_at": at, "language": "en", "byline": "A. Reporter"}
        _insert(connection, "item", row | dict.fromkeys(_PICTURE, ""))
    for name in SOURCES:
        row = {"name": name, "etag": "", "last_modified": "", "failures": 0, "last_error": ""}
        _insert(connection, "source", row | dict.fromkeys(("last_read_at", "last_success_at", "newest_at"), _at(end)))


def _subscribers(connection: sqlite3.Connection, count: int) -> None:
    """One in twenty has left, one in five hundred is suppressed."""
    dice = random.Random(2)
    joined = _at(THURSDAY)
    people, members, suppressed = [], [], []
    for number in range(2, count + 1):
        email = f"{dice.choice(WORDS[:22])}.{number}@{dice.choice(('mail', 'post', 'inbox'))}.example.org"
        name = f"{dice.choice(FAMILIES)} {dice.choice(GIVEN)}"
        hashed = hashlib.sha256(email.encode()).hexdigest()
        left = joined if number % 20 == 0 else None
        people.append((number, email, email, hashed, name, "{}", "left" if left else "active", joined, left))
        members.append(("weekly", number, joined, left, "import of readers.csv"))
        if number % 500 == 1:
            suppressed.append((hashed, "hard bounce", joined))
    for table, names, rows in (
        ("subscriber", "id, email, email_key, email_hash, name, attributes, state, added_at, left_at", people),
        ("membership", "list_name, subscriber_id, joined_at, left_at, origin", members),
        ("suppression", "email_hash, reason, suppressed_at", suppressed),
    ):
        places = ", ".join("?" * (names.count(",") + 1))
        connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)


def _past(connection: sqlite3.Connection, size: Size) -> None:
    """No. 1 is sent, and so is every issue up to the one before the last two, each a copy of it."""
    readers = connection.execute("SELECT count(*) FROM subscriber WHERE state = 'active'").fetchone()[0]
    connection.execute("UPDATE issue SET state = 'sent', sent_at = ?", (_at(FRIDAY + timedelta(minutes=40)),))
    connection.execute("UPDATE delivery SET state = 'accepted', accepted_at = due_at")
    connection.execute("UPDATE post SET state = 'accepted', accepted_at = due_at, receipt = id, url = ?", (POST,))
    connection.execute("INSERT INTO settled VALUES (1, 'letter', 'accepted', 1)")
    for number in range(2, size.issues - 1):
        _copy(connection, number, size)
        connection.execute("UPDATE issue SET audience_released = ? WHERE id = ?", (readers, number))
        is_whole = number >= size.issues - 1 - WHOLE
        if is_whole:
            _deliver(connection, number, readers)
        counts = {"accepted": readers - 300 - is_whole, "refused": 200, "unknown": int(is_whole), "dropped": 100}
        for state, count in counts.items():
            connection.execute("INSERT INTO settled VALUES (?, 'letter', ?, ?)", (number, state, count))


def _copy(connection: sqlite3.Connection, number: int, size: Size) -> None:
    """No. 1 without its deliveries, so many weeks later, with what editors did to it."""
    weeks = (number - 1) * WEEK
    first_item = max(1, size.items - (size.issues - number + 1) * (size.items // size.issues))
    for row in _rows(connection, "issue", "id"):
        _insert(connection, "issue", _later(row, weeks) | {"id": number, "number": number})
    for table in ("pick", "candidate", "approval", "post"):
        for place, row in enumerate(_rows(connection, table, "issue_id")):
            row = _later(row, weeks) | {"issue_id": number}
            row |= {"id": None} if "id" in row else {}
            row |= {"item_id": first_item + place} if "item_id" in row else {}
            row |= {"key": f"{row['key']}-{number}"} if "key" in row else {}
            _insert(connection, table, row)
    for row in _rows(connection, "proof", "issue_id"):
        proof = _insert(connection, "proof", _later(row, weeks) | {"id": None, "issue_id": number})
        for surface in _rows(connection, "surface", "proof_id", row["id"]):
            _insert(connection, "surface", surface | {"proof_id": proof})
    _desk(connection, number, THURSDAY + weeks)


def _desk(connection: sqlite3.Connection, number: int, composed_at: datetime) -> None:
    """Two editors worked on it for half an hour."""
    dice = random.Random(number)
    words = {"title": _line(dice), "note": _prose(dice), "order": "1 2 3 4 5 6"}
    words |= {f"pick:{item}:{field}": _prose(dice) for item in range(1, 7) for field in ("headline", "body", "blurb")}
    for edit in range(REVISIONS + 1):
        at = _at(composed_at + edit * timedelta(minutes=2))
        fields = json.dumps([dice.choice(list(words))])
        row = {"issue_id": number, "number": edit, "by": dice.choice((KIM, LEE)), "begun_at": at, "made_at": at}
        _insert(connection, "revision", row | {"fields": fields, "words": json.dumps(words, ensure_ascii=False)})
    connection.execute("UPDATE issue SET revision = ? WHERE id = ?", (REVISIONS, number))
    for act in range(AUDITS):
        row = {"at": _at(composed_at + act * timedelta(minutes=1)), "by": dice.choice((KIM, LEE)), "action": "edited"}
        _insert(connection, "audit", row | {"issue_number": number, "detail": "title"})


def _deliver(connection: sqlite3.Connection, number: int, readers: int) -> None:
    """Every delivery of an issue that was sent."""
    at = _at(FRIDAY + (number - 1) * WEEK)
    connection.execute(
        "INSERT INTO delivery (issue_id, channel, subscriber_id, state, due_at, accepted_at, claimed_by, attempts,"
        " reason, receipt) SELECT ?, 'letter', id, 'accepted', ?, ?, 'worker', 1, '', '250 queued' FROM subscriber"
        " WHERE state = 'active' ORDER BY id",
        (number, at, at),
    )
    last = connection.execute("SELECT max(id) FROM delivery").fetchone()[0]
    for state, begin, end, reason in (
        ("refused", 0, 200, "550 5.1.1 no such user"),
        ("dropped", 200, 300, "left"),
        ("unknown", 300, 301, "the sender stopped before the answer came"),
    ):
        connection.execute(
            "UPDATE delivery SET state = ?, reason = ?, accepted_at = NULL WHERE id > ? AND id <= ?",
            (state, reason, last - end, last - begin),
        )


def _half_out(connection: sqlite3.Connection, number: int, time: datetime) -> None:
    """It left twenty minutes ago: half is accepted, the newest of it just now, some wait for another try."""
    connection.execute("UPDATE issue SET released_at = ? WHERE number = ?", (_at(time - timedelta(minutes=20)), number))
    of_issue = "issue_id = (SELECT id FROM issue WHERE number = ?)"
    first, last = connection.execute(f"SELECT min(id), max(id) FROM delivery WHERE {of_issue}", (number,)).fetchone()
    done = (first + last) // 2
    accepted = "UPDATE delivery SET state = 'accepted', attempts = 1, accepted_at = ? WHERE id > ? AND id <= ?"
    connection.execute(accepted, (_at(time - timedelta(minutes=9)), first - 1, done - 2_000))
    connection.execute(accepted, (_at(time - timedelta(seconds=12)), done - 2_000, done))
    for state, reason, begin, end in (
        ("refused", "550 5.1.1 no such user", 0, 90),
        ("unknown", "the sender stopped before the answer came", 90, 95),
        ("queued", "451 4.7.1 try again later", 95, 800),
    ):
        connection.execute(
            "UPDATE delivery SET state = ?, reason = ?, attempts = 1, accepted_at = NULL WHERE id > ? AND id <= ?",
            (state, reason, done - end, done - begin),
        )


# --- rows


def _rows(connection: sqlite3.Connection, table: str, key: str, of: int = 1) -> list[dict[str, Any]]:
    cursor = connection.execute(f"SELECT * FROM {table} WHERE {key} = ?", (of,))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> int:
    names, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
    statement = f"INSERT INTO {table} ({names}) VALUES ({places})"
    return connection.execute(statement, list(row.values())).lastrowid or 0


def _later(row: dict[str, Any], by: timedelta) -> dict[str, Any]:
    """The row with all its times so much later."""
    times = {name: value for name, value in row.items() if name.endswith("_at") and value}
    return row | {name: _at(datetime.fromisoformat(value) + by) for name, value in times.items()}


def _at(moment: datetime) -> str:
    """As the store writes it."""
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def _line(dice: random.Random) -> str:
    return " ".join(dice.sample(WORDS, k=7)).capitalize()


def _prose(dice: random.Random) -> str:
    return " ".join(f"{' '.join(dice.choices(WORDS, k=14)).capitalize()}." for _ in range(3))


if __name__ == "__main__":
    began = time.perf_counter()
    made = make(Path(sys.argv[1]), Size(issues=int(sys.argv[2])) if sys.argv[2:] else Size())
    size = (made.root / "var" / "publisher.db").stat().st_size / 1e6
    print(f"{made.root}: {size:.0f} MB in {time.perf_counter() - began:.0f} s")
