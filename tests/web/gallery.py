"""Publications that have something of everything, and the addresses of their pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlmodel import select

from publisher.domain import health as healths
from publisher.domain.health import Failed, Health
from publisher.errors import Fault
from publisher.mail.identity import INVITE, RESET, ApprovalLink, approve_url, enter_url, password_url
from publisher.stages import approve, edit, skip
from publisher.stages.preview import TEST_READER
from publisher.store import editors, issues, proofs, sources
from publisher.store.tables import DeliveryRow
from publisher.web import app
from publisher.web.server import serving
from publisher.web.shell import Shell
from tests.newsroom import FOLDER, FRIDAY, THURSDAY, Newsroom

WEEK = timedelta(days=7)
NOW = THURSDAY + 3 * WEEK + timedelta(hours=1)
MIDWAY = FRIDAY + timedelta(seconds=3)
LOST = "the sender stopped before the answer came"
TROUBLE = "cannot connect to 127.0.0.1:25 (Connection refused); see that the relay runs and correct host and port"
HEADLINES = {
    "ko": ("햇빛에 지붕을 빌려준 도서관", "기다릴 줄 아는 심야버스", "오리를 세는 저수지 관리인", "시계를 고치는 동네"),
    "en": ("The library that lends its roof", "A night bus that waits", "The duck counter", "A clock is mended"),
}
NAMES = {"ko": "한입 뉴스", "en": "The Weekly Bite"}
FEEDS = "".join(
    f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "https://{name}.example.org/feed"\n'
    for name in ("windmere", "harbour", "gone", "valley")
)
SURFACES = ("letter?ground=light", "letter?ground=dark", "page?ground=light", "page?ground=dark")


@contextmanager
def gallery(folder: Path, language: str) -> Iterator[dict[str, str]]:
    """The address of each page by its name.

    The publication is one that has gone on for weeks, or one that is new, or one whose first issue is on its way.
    """
    full, new = _full(folder / "full", language), _new(folder / "new", language)
    midway = _midway(folder / "midway", language)
    kim = "kim@example.org"
    with (
        serving(app.create(Shell(full.publication, lambda: NOW, lambda: [TROUBLE], guest=kim))) as desk,
        serving(app.create(Shell(full.publication, lambda: NOW))) as public,
        serving(app.create(Shell(new.publication, lambda: NOW, guest=kim, is_demo=True))) as beginning,
        serving(app.create(Shell(midway.publication, lambda: MIDWAY, guest=kim))) as leaving,
    ):
        reader = urlsplit(full.publication.identity().leave_url(1)).path
        test_reader = urlsplit(full.publication.identity().leave_url(TEST_READER)).path
        identity = full.publication.identity()
        with full.database.read() as session:
            row = editors.by_email(session, kim)
            badge, standing = editors.badge(row), editors.standing(row)
        yield {
            "desk": f"{desk}/desk",
            "desk, new": f"{beginning}/desk",
            "desk, not signed in": f"{public}/desk",
            "enter": enter_url(identity.secret, public, badge, NOW + WEEK),
            "enter, expired": enter_url(identity.secret, public, badge, NOW - WEEK),
            "sign in": f"{public}/desk/sign-in",
            "forgotten": f"{public}/desk/forgotten",
            "invited": password_url(identity.secret, public, INVITE, standing, NOW + WEEK),
            "reset, used": password_url(identity.secret, public, RESET, standing[:-4] + "0000", NOW + WEEK),
            "account": f"{desk}/desk/account",
            "codes": f"{desk}/desk/account/codes",
            "editors": f"{desk}/desk/editors",
            "editors, one": f"{beginning}/desk/editors",
            "trail": f"{desk}/desk/trail",
            "trail, nothing": f"{desk}/desk/trail?issue=99",
            "specimens": f"{desk}/desk/specimens",
            "a sent issue": f"{desk}/desk/issues/1",
            "a cancelled issue": f"{desk}/desk/issues/2",
            "a held issue": f"{desk}/desk/issues/3",
            "an approved issue": f"{desk}/desk/issues/4",
            "choose": f"{desk}/desk/issues/3/choose",
            "write": f"{desk}/desk/issues/3/write",
            "revisions": f"{desk}/desk/issues/3/revisions?of=0",
            "revisions, none": f"{desk}/desk/issues/4/revisions",
            "choose, nothing found": f"{desk}/desk/issues/3/choose?q=nothing",
            "choose, further back": f"{desk}/desk/issues/4/choose?back=all",
            "add an address": f"{desk}/desk/issues/3/add",
            "add by hand": f"{desk}/desk/issues/3/add/by-hand",
            "add a column": f"{desk}/desk/issues/3/add/column",
            "an issue on its way": f"{leaving}/desk/issues/1",
            "before it is cancelled": f"{leaving}/desk/issues/1/cancellation",
            "approve by link": _approve_url(full, public, kim),
            "approve by link, over": f"{public}/desk/approve/7-1.x",
            "an issue as a reader has it": f"{desk}/desk/issues/3?as=1",
            "no issue": f"{desk}/desk/issues/99",
            "earlier issues": f"{desk}/desk?before=4",
            "sending": f"{leaving}/desk/sending",
            "sending, nothing": f"{beginning}/desk/sending",
            "a report": f"{desk}/desk/issues/1/report",
            "a report on its way": f"{leaving}/desk/issues/1/report",
            "a report, too early": f"{desk}/desk/issues/3/report",
            "sources": f"{leaving}/desk/sources",
            "sources, in trouble": f"{leaving}/desk/sources?only=trouble",
            "sources, well": f"{beginning}/desk/sources?only=trouble",
            "subscribers": f"{desk}/desk/subscribers",
            "subscribers, nobody": f"{beginning}/desk/subscribers",
            "a subscriber": f"{desk}/desk/subscribers/1",
            "a subscriber, added": f"{leaving}/desk/subscribers/3?said=new",
            "settings": f"{desk}/desk/settings",
            **{f"surface {name}": f"{desk}/desk/issues/1/surfaces/{name}" for name in SURFACES},
            "index": f"{public}/",
            "index, new": f"{beginning}/",
            "issue": f"{public}/issues/1",
            "leave": f"{public}{reader}",
            "leave, test letter": f"{public}{test_reader}",
            "leave, cut": f"{public}{reader[:-1]}",
            "nothing": f"{public}/nothing",
        }


def _approve_url(room: Newsroom, home: str, email: str) -> str:
    """That editor's link to approve No. 3."""
    with room.database.read() as session:
        row, badge = issues.by_number(session, 3), editors.badge(editors.by_email(session, email))
        proof = proofs.newest_row(session, row.id or 0)
    assert proof
    link = ApprovalLink(badge, row.number, row.revision, proof.digest)
    return approve_url(room.publication.identity().secret, home, link, NOW + WEEK)


def _full(folder: Path, language: str) -> Newsroom:
    """No. 1 is sent, No. 2 was skipped, No. 3 is held, No. 4 is approved, and the week after it is left out."""
    room = Newsroom.open(folder, "sqlite:///var/publisher.db", language=language, name=NAMES[language])
    room.has_editors("kim@example.org", "lee@example.org")
    room.has_readers(12)
    for week in range(4):
        time = THURSDAY + week * WEEK
        room.writes(*(f"{headline} {week + 1}" for headline in HEADLINES[language]), now=time - timedelta(days=1))
        room.composes(now=time)
    room.approves(number=1, now=THURSDAY)
    room.releases(now=FRIDAY)
    room.sends(now=FRIDAY)
    schedule, zone = room.publication.settings.schedule, room.publication.settings.publication.timezone
    for day, reason in ((date(2026, 6, 5), ""), (date(2026, 6, 26), "")):
        skip.run(
            room.database, day, line=schedule.send, zone=zone, now=THURSDAY, reason=reason, tells_readers=True, by="kim"
        )
    room.edits(edit.Edit(bodies={1: "1,200 ships, says Ann Li: “We count them.”"}), number=3, now=THURSDAY + 2 * WEEK)
    approve.hold(room.database, 3, reason="held by an editor", now=THURSDAY + 2 * WEEK)
    room.approves(number=4, now=THURSDAY + 3 * WEEK)
    return room


def _new(folder: Path, language: str) -> Newsroom:
    room = Newsroom.open(folder, "sqlite:///var/publisher.db", language=language, name=NAMES[language])
    room.has_editors("kim@example.org")
    return room


def _midway(folder: Path, language: str) -> Newsroom:
    """No. 1 has left for half a minute: some have it, of some nobody can tell, most wait."""
    room = Newsroom.open(folder, "sqlite:///var/publisher.db", FOLDER + FEEDS, language=language, name=NAMES[language])
    room.has_editors("kim@example.org")
    room.has_readers(12)
    room.writes(*HEADLINES[language])
    room.composes()
    _sources_in_trouble(room)
    room.approves()
    room.releases()
    states = ("accepted", "accepted", "accepted", "refused", "unknown", "sending")
    with room.database.write() as session:
        for row, state in zip(session.exec(select(DeliveryRow).order_by("id")), states, strict=False):
            row.state, row.attempts = state, 1
            row.accepted_at = FRIDAY if state == "accepted" else None
            row.reason = {"refused": "550 5.1.1 no such user", "unknown": LOST}.get(state, "")
    return room


def _sources_in_trouble(room: Newsroom) -> None:
    """One source is well, one fails since yesterday, one is gone, and one was never read."""
    since = MIDWAY - timedelta(days=1)
    with room.database.write() as session:
        well = Health(last_success_at=MIDWAY, newest_at=MIDWAY)
        sources.remember(session, "windmere", well, MIDWAY)
        failing = Failed("https://news.example.org/feed answers 503 (service unavailable)", Fault.PASSING)
        health = Health(last_success_at=since, failing_since=since, failures=4)
        sources.remember(session, "harbour", healths.after(health, failing, MIDWAY, 0.0), MIDWAY)
        gone = Failed(
            "https://gone.example.org/feed answers 410 (gone); it is gone for good and is not asked any more: give it "
            "another url, or take it out",
            Fault.GONE,
        )
        sources.remember(session, "gone", healths.after(Health(), gone, MIDWAY, 0.0), MIDWAY)
