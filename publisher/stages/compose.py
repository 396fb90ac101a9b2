"""Make the week's issue: choose, write down why, render the proof. One issue for each planned send, and no more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from publisher.config.cron import next_time
from publisher.config.settings import Settings
from publisher.domain.approval import composed_late, too_few
from publisher.domain.audience import AudienceRule
from publisher.domain.issue import Issue, IssueState, Pick
from publisher.domain.item import Candidate, Choice
from publisher.editorial.picks import pick_from
from publisher.editorial.selection import choose
from publisher.render.proof import Renderer
from publisher.store import issues, items, pictures, proofs, skips, subscribers
from publisher.store.db import Database, Session
from publisher.store.items import FinishedColumn
from publisher.store.tables import IssueRow

WINDOWS_KNOWN = 3
UNUSED_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Composed:
    """The issue's number, and whether this run made it. `hold_reason` says why it was held, if it was.

    Where the issue planned for `send_at` is skipped on purpose, `skip_reason` says why, and there is no number.
    """

    number: int
    is_new: bool
    send_at: datetime
    hold_reason: str = ""
    skip_reason: str = ""


def run(
    database: Database,
    settings: Settings,
    renderer: Renderer,
    rule: AudienceRule,
    *,
    now: datetime,
    occurrence: datetime | None = None,
) -> Composed:
    """Compose the issue that leaves at the next planned time after `occurrence`, the planned time of this run.

    Without one it is `now`. One that is composed later than the grace is held. One that is there already is left alone,
    unless it is empty: nobody's work is in it, and there may be news by now. Pictures that no issue shows are forgotten
    after UNUSED_KEPT. Raises RenderError, having stored nothing.
    """
    zone, planned = settings.publication.timezone, occurrence or now
    send_at = next_time(settings.schedule.send, zone, planned)
    since = window_start(planned, settings.issue.window, zone)
    late = composed_late(now - planned, settings.schedule.grace)
    with database.read() as session:
        existing = issues.by_send_at(session, send_at)
        is_open = existing and existing.state != IssueState.CANCELLED and not _is_empty(session, existing)
        if not is_open and (reason := skips.why(session, send_at, zone, settings.schedule.holidays)):
            return Composed(0, is_new=False, send_at=send_at, skip_reason=reason)
        if existing and not _is_empty(session, existing):
            return Composed(existing.number, is_new=False, send_at=send_at)
        # Older items than the window holds cannot be chosen; they are here so that a story told before is known again.
        known_since = window_start(planned, WINDOWS_KNOWN * settings.issue.window, zone)
        candidates = items.candidates(session, settings.sources, known_since, now)
        columns = items.columns(session, since, now)
        number = existing.number if existing else issues.next_number(session, settings.issue.first_number)
        audience = subscribers.audience_count(session, rule)

    by_id = {candidate.item_id: candidate for candidate in candidates}
    column = next((column for column in columns if any(id_ in by_id for id_ in column.item_ids)), None)
    if column:
        choices = _choose_column(column, candidates)
    else:
        choices = choose(candidates, settings.issue, since, now, zone, settings.publication.language)
    picks = _picks(choices, by_id, column)
    reason = too_few(len(picks), settings.issue.min_items) or late
    issue = _issue(number, send_at, picks, column, settings, is_held=bool(reason))
    proof = renderer.proof(issue, rule, now)
    with database.write() as session:
        # Rendering takes its time: somebody may have skipped the day meanwhile.
        if skipped := skips.why(session, send_at, zone, settings.schedule.holidays):
            return Composed(0, is_new=False, send_at=send_at, skip_reason=skipped)
        row = _put(session, issue, reason, now, is_again=existing is not None)
        if row is None:
            return Composed(number, is_new=False, send_at=send_at)
        assert row.id is not None
        issues.put_picks(session, row.id, picks)
        issues.put_candidates(session, row.id, choices)
        proofs.save(session, row.id, proof, audience, now)
        pictures.forget_unused(session, now - UNUSED_KEPT)
    return Composed(number, is_new=True, send_at=send_at, hold_reason=row.state_reason)


def _put(session: Session, issue: Issue, reason: str, now: datetime, *, is_again: bool) -> IssueRow | None:
    """The row of the issue, new or composed again; None where somebody filled it meanwhile. Raises Busy."""
    if not is_again:
        return issues.create(session, issue, composed_at=now, state_reason=reason)
    row = issues.by_number(session, issue.number)
    if not _is_empty(session, row):
        return None
    issues.update(session, row, issue)
    issues.set_state(session, row, issue.state, reason, now=now)
    return row


def _is_empty(session: Session, issue: IssueRow) -> bool:
    assert issue.id is not None
    return issue.state == IssueState.HELD and not issues.picks(session, issue.id)


def window_start(now: datetime, window: timedelta, zone: ZoneInfo) -> datetime:
    """Local midnight of the day on which the window begins: a date without a time is never cut off."""
    return datetime.combine((now.astimezone(zone) - window).date(), time(), zone)


def _choose_column(column: FinishedColumn, candidates: Sequence[Candidate]) -> list[Choice]:
    """A finished column is an issue already: its items, in its order."""
    order = {item_id: position for position, item_id in enumerate(column.item_ids, start=1)}
    choices = []
    for candidate in candidates:
        position = order.get(candidate.item_id)
        reason = f"item {position} of the column “{column.title}”" if position else "a finished column makes this issue"
        if not position and candidate.used_in is not None:
            reason = f"used in No. {candidate.used_in}"
        choices.append(Choice(candidate.item_id, candidate.item_id, position, reason))
    return choices


def _picks(choices: Sequence[Choice], by_id: dict[int, Candidate], column: FinishedColumn | None) -> tuple[Pick, ...]:
    chosen = sorted((choice for choice in choices if choice.position), key=lambda choice: choice.position or 0)
    return tuple(
        pick_from(by_id[choice.item_id], position, choice.reason, is_whole=column is not None)
        for position, choice in enumerate(chosen, start=1)
    )


def _issue(
    number: int,
    send_at: datetime,
    picks: tuple[Pick, ...],
    column: FinishedColumn | None,
    settings: Settings,
    *,
    is_held: bool,
) -> Issue:
    publication = settings.publication
    issue = Issue(
        number=number,
        state=IssueState.HELD if is_held else IssueState.DRAFT,
        series=publication.series,
        title=picks[0].headline if picks else publication.name,
        deks=tuple(pick.headline for pick in picks[1:3]),
        note="",
        byline="",
        byline_address="",
        subject="",
        preheader="",
        language=publication.language,
        send_at=send_at,
        picks=picks,
    )
    if column:
        issue = replace(
            issue,
            series=column.series or publication.series,
            title=column.title,
            deks=column.deks,
            note=column.note,
            byline=column.byline,
            byline_address=column.byline_address,
        )
    return replace(
        issue,
        note=_literal(issue.note),
        subject=_literal(issue.title),
        preheader=_literal(" · ".join(issue.deks)),
    )


def _literal(text: str) -> str:
    """Words from a source in a field where editors may write slots: `{{` of theirs must not be taken for one."""
    return re.sub(r"\{(?=\{)", "{ ", text)
