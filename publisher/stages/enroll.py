"""People come and go: subscribers, suppressions, editors."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress as suppressed
from datetime import datetime

from publisher.domain.audience import ImportRow
from publisher.errors import NotFound, WrongUse
from publisher.mail.identity import leaver
from publisher.store import editors, subscribers
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


def add(database: Database, email: str, name: str, list_name: str, *, now: datetime) -> str:
    """Add one person; returns what came of it, in words. Raises WrongUse for what is no address."""
    row = ImportRow(email=_address(email), name=name, attributes={})
    with database.write() as session:
        imported = subscribers.import_rows(session, [row], list_name, "added by hand", now)
    if imported.suppressed:
        return "suppressed; never to be mailed, and not added"
    if imported.kept_left:
        return "left before, and not added: only they can come back"
    return "added" if imported.new else f"on {list_name}"


def leave(database: Database, email: str, *, now: datetime) -> None:
    """Take somebody off every list. Raises NotFound."""
    with database.write() as session:
        subscribers.leave(session, email, now)


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


def add_editor(database: Database, email: str, role: str, *, now: datetime, language: str | None = None) -> str:
    """Add an editor, or give them another role or language; returns the address as it is kept."""
    kept = _address(email).lower()
    with database.write() as session:
        editors.add(session, kept, role, now, language)
    return kept


def _address(text: str) -> str:
    try:
        return address(text)
    except BadAddress as reason:
        raise WrongUse(f"{text!r} is not an address: {reason}") from reason
