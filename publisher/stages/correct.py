"""Put right what the page of an issue says after it has gone out, and say so on it.

What was sealed, mailed and posted stays as it is; so does every earlier correction, in the open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from publisher.domain.audit import Action
from publisher.domain.correction import Correction, corrected
from publisher.domain.issue import Issue, IssueState
from publisher.editorial import markup
from publisher.editorial.hostile import UNUSABLE
from publisher.errors import ApprovalError, WrongUse
from publisher.render.proof import Renderer
from publisher.store import audit, corrections, editors, issues
from publisher.store.db import Database
from publisher.store.tables import IssueRow

AFTER_RELEASE = (IssueState.SENDING, IssueState.PAUSED, IssueState.SENT)
LONGEST = 2_000  # characters of an explanation
LONGEST_LINE = 300  # of a title or a headline: a list of issues has them all


@dataclass(frozen=True, slots=True)
class Words:
    """The words from now on; None leaves a field as it is. `headlines` and `bodies` are by position."""

    title: str | None = None
    note: str | None = None
    headlines: Mapping[int, str] = field(default_factory=dict)
    bodies: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Corrected:
    """What was stored: the `count`th correction of the issue."""

    number: int
    correction: Correction
    count: int


def run(
    database: Database, number: int, words: Words, *, by: str, explanation: str, renderer: Renderer, now: datetime
) -> Corrected:
    """Correct the page of an issue that has gone out, as the editor `by`, who says why in plain text.

    Without new words it is a remark on the page. Raises WrongUse, NotFound, ApprovalError or RenderError.
    """
    told = markup.clean_block(explanation)
    if not told:
        raise WrongUse("a correction tells its readers what was wrong; write it with --explain")
    if len(told) > LONGEST:
        raise WrongUse(f"the explanation has {len(told):,} characters, more than {LONGEST:,}; shorten it")
    with database.read() as session:
        row = issues.by_number(session, number)
        _must_have_left(row)
        editors.by_email(session, by)
        assert row.id is not None
        issue, earlier = issues.to_fact(session, row), corrections.of_issue(session, row.id)
    correction = Correction(now, told, changed_words(corrected(issue, earlier), words))
    page = renderer.corrected_page(issue, [*earlier, correction], now)
    with database.write() as session:
        row = issues.by_number(session, number)
        _must_have_left(row)
        editor = editors.by_email(session, by)
        assert row.id is not None and editor.id is not None
        if corrections.of_issue(session, row.id) != earlier:
            raise ApprovalError(f"No. {number} was corrected by somebody else meanwhile; look again and repeat yours")
        corrections.add(session, row.id, editor.id, correction, page)
        audit.note(session, editor.email, Action.CORRECTED, number, told, now=now)
    return Corrected(number, correction, len(earlier) + 1)


def changed_words(issue: Issue, words: Words) -> dict[str, str]:
    """The fields that differ, by name. A title, dek or preheader that repeats a headline word for word follows it."""
    words = _usable(words)
    known = {pick.position: pick for pick in issue.picks}
    if missing := sorted({*words.headlines, *words.bodies} - set(known)):
        raise WrongUse(f"No. {issue.number} has no item {missing[0]}; it has {len(known)}")
    was: dict[str, str] = {"title": issue.title, "note": issue.note}
    new: dict[str, str | None] = {"title": words.title, "note": words.note}
    for position, headline in words.headlines.items():
        old = known[position].headline
        was[f"pick:{position}:headline"], new[f"pick:{position}:headline"] = old, headline
        if words.title is None and issue.title == old:
            new["title"] = headline
        for at, dek in enumerate(issue.deks, start=1):
            if dek == old:
                was[f"dek:{at}"], new[f"dek:{at}"] = dek, headline
        if old and old in issue.preheader:
            was["preheader"] = issue.preheader
            new["preheader"] = (new.get("preheader") or issue.preheader).replace(old, headline)
    for position, body in words.bodies.items():
        was[f"pick:{position}:body"], new[f"pick:{position}:body"] = known[position].body, body
    asked = {name: text for name, text in new.items() if text is not None}
    changed = {name: text for name, text in asked.items() if text != was[name]}
    if asked and not changed:
        raise WrongUse(f"that is what No. {issue.number} says already; nothing was corrected")
    return changed


def _usable(words: Words) -> Words:
    """The words without what no page can show. Raises WrongUse for a title or headline that is empty or too long."""

    def line(text: str) -> str:
        cleaned = markup.clean(text)
        if not cleaned:
            raise WrongUse("a title or headline cannot be empty; say what it is from now on")
        if len(cleaned) > LONGEST_LINE:
            raise WrongUse(
                f"a title or headline of {len(cleaned):,} characters is too long; the most is {LONGEST_LINE}"
            )
        return cleaned

    return Words(
        title=None if words.title is None else line(words.title),
        note=None if words.note is None else UNUSABLE.sub("", words.note),
        headlines={position: line(text) for position, text in words.headlines.items()},
        bodies={position: UNUSABLE.sub("", text) for position, text in words.bodies.items()},
    )


def _must_have_left(row: IssueRow) -> None:
    if row.state not in AFTER_RELEASE:
        raise ApprovalError(
            f"No. {row.number} is {row.state}: a correction is for an issue that has gone out; "
            f"until then change it with `publisher issues edit {row.number}`"
        )
