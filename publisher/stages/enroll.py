"""People come and go: subscribers, suppressions, editors."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress as suppressed
from datetime import datetime
from enum import StrEnum

from publisher.domain.audience import ImportRow, masked
from publisher.domain.audit import Action
from publisher.domain.rights import Role
from publisher.errors import NotFound, WrongUse
from publisher.mail.identity import leaver
from publisher.store import audit, editors, subscribers
from publisher.store.db import Database
from publisher.store.subscribers import Imported
from publisher.transfer.addresses import BadAddress, address


def import_rows(
    database: Database, rows: Sequence[ImportRow], list_name: str, *, origin: str, now: datetime, is_dry: bool = False
) -> Imported:
    """Bring `rows` onto a list in one transaction; with `is_dry` only say what would happen."""
    with database.write() as session:
        imported = subscribers.import_rows(session, rows, list_name, f"import of {origin}", now)
        if is_dry:
            session.rollback()
    return imported


class Entry(StrEnum):
    """What came of adding one person to a list."""

    NEW = "new"
    JOINED = "joined"  # known before, and on this list from now on
    THERE = "there"  # on it already
    LEFT_BEFORE = "left-before"  # and stays away: only they can come back
    SUPPRESSED = "suppressed"  # never to be mailed, and not added


def add(
    database: Database, email: str, name: str, list_name: str, *, now: datetime, consent: str = "", by: str = ""
) -> Entry:
    """Add one person, by an editor, who says how they consented. Raises WrongUse for what is no address."""
    row = ImportRow(email=_address(email), name=name, attributes={})
    origin = f"added by hand{f' by {by}' if by else ''}{f': {consent}' if consent else ''}"
    with database.write() as session:
        imported = subscribers.import_rows(session, [row], list_name, origin, now)
        entry = _entry(imported)
        if entry in (Entry.NEW, Entry.JOINED):
            told = f"{masked(row.email)} on {list_name}"
            audit.note(session, by, Action.SUBSCRIBER_ADDED, detail=told, now=now)
    return entry


def leave(database: Database, who: int | str, *, now: datetime, list_name: str | None = None, by: str = "") -> None:
    """Take somebody, by id or address, off every list, or off one. Raises NotFound."""
    with database.write() as session:
        row = subscribers.leave(session, who, now, list_name=list_name)
        told = f"{masked(row.email)}{f' on {list_name}' if list_name else ''}"
        audit.note(session, by, Action.SUBSCRIBER_LEFT, detail=told, now=now)


def leave_by_link(database: Database, secret: bytes, token: str, *, now: datetime) -> bool:
    """Take the reader of a leave link off every list; False for a link of nobody's.

    Again does nothing more. Who was erased, and who has a test letter, is on no list and may leave too.
    """
    subscriber_id = leaver(secret, token)
    if subscriber_id is None:
        return False
    with suppressed(NotFound), database.write() as session:
        subscribers.leave(session, subscriber_id, now)
    return True


def suppress(database: Database, email: str, reason: str, *, now: datetime) -> None:
    """Never mail this address again, whether it subscribes or not."""
    with database.write() as session:
        subscribers.suppress(session, _address(email), reason, now)


def add_editor(database: Database, email: str, role: str | None, *, now: datetime, language: str | None = None) -> str:
    """Add an editor, or give them another role or language; returns the address as it is kept.

    Without a role they keep theirs. The first editor is an admin then, since somebody must be, and others are editors.
    """
    kept = _address(email).lower()
    with database.write() as session:
        before = editors.role_of(session, kept)
        role = role or before or (Role.EDITOR if editors.list_editors(session) else Role.ADMIN).value
        editors.add(session, kept, role, now, language)
        if before is None:
            audit.note(session, "", Action.INVITED, detail=f"{kept} as {role}", now=now)
        elif before != role:
            audit.note(session, "", Action.ROLE_CHANGED, detail=f"{kept}: {before} → {role}", now=now)
    return kept


def _entry(imported: Imported) -> Entry:
    if imported.suppressed:
        return Entry.SUPPRESSED
    if imported.kept_left:
        return Entry.LEFT_BEFORE
    return Entry.NEW if imported.new else Entry.JOINED if imported.joined else Entry.THERE


def _address(text: str) -> str:
    try:
        return address(text)
    except BadAddress as reason:
        raise WrongUse(f"{text!r} is not an address: {reason}") from reason
