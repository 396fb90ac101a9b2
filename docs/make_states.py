"""Draws the states into docs/explanation/guarantees.md by trying every happening in every state:
`python docs/make_states.py`. `tests/test_docs.py` fails when the drawing is not what this would draw.

Deliveries and posts are tried on `domain/sending.settle`, issues on a whole publication in a temporary folder.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from publisher.domain.issue import IssueState  # noqa: E402 - the checkout is put on the path first
from publisher.domain.message import Accepted, Deferred, Refused, Unknown  # noqa: E402
from publisher.domain.sending import (  # noqa: E402
    EXPIRES_AFTER,
    Claimed,
    Dropped,
    Happening,
    Impossible,
    LeaseEnded,
    Marked,
    Progress,
    Returned,
    SendAgain,
    State,
    settle,
)
from publisher.errors import PublisherError  # noqa: E402
from publisher.stages import approve, cancel, compose, pause, resolve, skip  # noqa: E402
from publisher.stages.edit import Edit  # noqa: E402
from publisher.wiring import Publication, load_settings  # noqa: E402
from tests.newsroom import FRIDAY, THURSDAY, Newsroom  # noqa: E402

PAGE = ROOT / "docs" / "explanation" / "guarantees.md"
NOW = datetime(2026, 5, 29, 7, 30, tzinfo=UTC)

Arrow = tuple[str, str, str]  # from, to, and what happened
START = "[*]"  # Mermaid's sign for where it begins and where it ends
HEADLINES = ("A harbour counts ships", "The bakery bakes by forecast", "Robots take the night shift")

# Each happening with the words on its arrow and its line in the table.
DELIVERY: dict[type, tuple[Happening, str, str]] = {
    Claimed: (Claimed(NOW), "claimed", "A sender takes the row for some minutes; nothing is on the wire."),
    Marked: (Marked(), "marked", "Written down durably: the next thing is its first byte on the wire."),
    Accepted: (Accepted(), "accepted", "The other side says that it has it; or, of an unknown, that it had it."),
    Refused: (Refused(""), "refused", "The other side will not have it, ever; the reason is about this reader."),
    Deferred: (Deferred(""), "deferred", "Certainly not delivered; it is tried again, for 24 hours."),
    Unknown: (Unknown(""), "answer lost", "The last byte had left and no answer came."),
    Returned: (
        Returned(""),
        "given back",
        "The channel cannot work, or the sender was asked to stop: it did not leave.",
    ),
    LeaseEnded: (LeaseEnded(), "sender gone", "The sender that held the row is gone: killed, or the power went."),
    Dropped: (
        Dropped(""),
        "dropped",
        "It must not be sent any more: the reader left or is suppressed, or the issue was cancelled.",
    ),
    SendAgain: (
        SendAgain(""),
        "send again",
        "An editor, or evidence that nothing arrived, takes it back into the queue.",
    ),
}
EXPIRED = ("expired", "Deferred again when the 24 hours are over.")


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(drawn_into(text), encoding="utf-8")


def drawn_into(text: str) -> str:
    """The page with its drawings renewed, each between `<!-- drawn: NAME -->` and `<!-- end -->`."""
    for name, draw in (("deliveries", deliveries), ("issues", issues)):
        begin = f"<!-- drawn: {name} -->\n"
        before, found, rest = text.partition(begin)
        assert found, f"{PAGE} has no place for {name}"
        text = before + begin + draw() + rest[rest.index("<!-- end -->") :]
    return text


# --- deliveries and posts


def deliveries() -> str:
    assert set(DELIVERY) == set(get_args(Happening)), "a happening has no words here"
    arrows = list(_delivery_arrows())
    rows = [(label, told, [arrow for arrow in arrows if arrow[2] == label]) for label, told in _delivery_words()]
    return _drawing([(START, State.QUEUED, "released"), *arrows]) + _table(rows)


def _delivery_words() -> Iterable[tuple[str, str]]:
    for _, label, told in DELIVERY.values():
        yield label, told
        if label == "deferred":
            yield EXPIRED


def _delivery_arrows() -> Iterable[Arrow]:
    for state in State:
        for happening, label, _ in DELIVERY.values():
            fresh = Progress(state, due_at=NOW, attempts=1)
            old = Progress(state, due_at=NOW, attempts=1, first_deferred_at=NOW - EXPIRES_AFTER)
            try:
                became, late = settle(fresh, happening, NOW).state, settle(old, happening, NOW).state
            except Impossible:
                continue
            yield state, became, label
            if late != became:
                yield state, late, EXPIRED[0]


# --- issues


def issues() -> str:
    arrows = [*_composed(), *(arrow for state, newsroom in _newsrooms() for arrow in _tried(state, newsroom))]
    words = [(label, told) for label, told, _, _ in COMPOSED] + [(label, told) for label, told, _ in ISSUE]
    rows = [(label, told, [arrow for arrow in arrows if arrow[2] == label]) for label, told in words]
    return _drawing(arrows) + _table(rows)


def _edits(*, title: str = "", drop: tuple[int, ...] = ()) -> Callable[[Newsroom], object]:
    return lambda room: room.edits(Edit(title=title or None, drop=drop))


def _adds(room: Newsroom) -> None:
    from publisher.stages import edit
    from publisher.store.pages import item

    with room.database.read() as session:
        unused = [row["id"] for row in item.newest(session, 50) if row["used_in"] is None]
    sources = room.publication.settings.sources
    room.edits(Edit(add=tuple(edit.candidate(room.database, sources, item_id) for item_id in unused)))


def _sends_again(room: Newsroom) -> None:
    from sqlmodel import select

    from publisher.store.tables import DeliveryRow

    with room.database.write() as session:
        for row in session.exec(select(DeliveryRow).where(DeliveryRow.state == State.ACCEPTED)):
            row.state = State.UNKNOWN
    resolve.send_again(room.database, 1, now=FRIDAY)


# The words on the arrow, its line in the table, and how it happens.
ISSUE: list[tuple[str, str, Callable[[Newsroom], object]]] = [
    (
        "an edit",
        "A word or the order is changed; what was approved must be approved anew.",
        _edits(title="Other words"),
    ),
    ("too few items", "An item is taken out, and fewer than `min_items` are left.", _edits(drop=(1,))),
    ("enough items", "An item is put in, and there are `min_items`.", _adds),
    ("approved", "The last approval that is needed seals the proof.", lambda room: room.approves()),
    (
        "approved despite the hold",
        "The same, by an editor who has read why it is held.",
        lambda room: room.approves(despite_hold=True),
    ),
    (
        "pulled back",
        "An editor takes the approval back before it leaves.",
        lambda room: approve.pull_back(room.database, 1, by="kim@example.org", now=THURSDAY),
    ),
    (
        "hold",
        "An editor holds it.",
        lambda room: approve.hold(room.database, 1, reason="wait", now=THURSDAY),
    ),
    ("released", "Its time has come: every subscriber gets a row in the ledger.", lambda room: room.releases()),
    (
        "too late",
        "Its time has passed by more than `grace`, approved or not: nothing leaves by itself.",
        lambda room: room.releases(now=FRIDAY + timedelta(hours=7)),
    ),
    (
        "skipped",
        "Its day is left out on purpose (`publisher issues skip`).",
        lambda room: skip.run(room.database, _day(), **_planned(room), now=THURSDAY),
    ),
    (
        "skip taken back",
        "It leaves on its day after all, and must be approved anew.",
        lambda room: skip.undo(room.database, _day(), **_planned(room), now=THURSDAY, holidays=()),
    ),
    (
        "paused",
        "An editor pauses it, or so much is refused that one must look: what has not left waits.",
        lambda room: pause.run(room.database, 1, now=FRIDAY),
    ),
    ("resumed", "An editor lets it go on.", lambda room: pause.resume(room.database, 1, now=FRIDAY)),
    (
        "cancelled",
        "An editor cancels it for good: what has not left never leaves.",
        lambda room: cancel.run(room.database, 1, now=THURSDAY),
    ),
    ("settled", "Every letter and every post is settled.", lambda room: room.sends()),
    ("sent again", "Of some it is unknown whether they arrived, and an editor sends them again.", _sends_again),
]
# What is nothing of its own where the other one leads to the same state.
SAME_AS = {"enough items": "an edit", "approved despite the hold": "approved"}
# The words, the line in the table, how many items there are, and how long after its time it is composed.
COMPOSED = [
    ("composed", "At the time of `schedule.compose`, or by hand.", 3, timedelta(0)),
    ("composed of too few", "There are fewer items than `min_items`.", 2, timedelta(0)),
    ("composed too late", "More than `grace` after its time: the machine was off.", 3, timedelta(hours=7)),
]
RECIPES: list[tuple[IssueState, list[Callable[[Newsroom], object]]]] = [
    (IssueState.DRAFT, []),
    (IssueState.HELD, [_edits(drop=(1,))]),
    (IssueState.APPROVED, [lambda room: room.approves()]),
    (IssueState.CANCELLED, [lambda room: skip.run(room.database, _day(), **_planned(room), now=THURSDAY)]),
    (IssueState.SENDING, [lambda room: room.approves(), lambda room: room.releases()]),
    (
        IssueState.PAUSED,
        [
            lambda room: room.approves(),
            lambda room: room.releases(),
            lambda room: pause.run(room.database, 1, now=FRIDAY),
        ],
    ),
    (IssueState.SENT, [lambda room: room.approves(), lambda room: room.releases(), lambda room: room.sends()]),
]


def _day() -> date:
    return FRIDAY.astimezone(ZoneInfo("Asia/Seoul")).date()


def _planned(room: Newsroom) -> dict[str, Any]:
    settings = room.publication.settings
    return {"line": settings.schedule.send, "zone": settings.publication.timezone}


def _composed() -> Iterable[Arrow]:
    for label, _, items, late in COMPOSED:
        with tempfile.TemporaryDirectory(prefix="states-") as folder:
            room = Newsroom.open(Path(folder), "sqlite:///var/publisher.db")
            with closing(room.database):
                room.writes(*HEADLINES[:items])
                publication = room.publication
                given = (room.database, publication.settings, publication.renderer, publication.rule)
                compose.run(*given, now=THURSDAY + late, occurrence=THURSDAY)
                yield START, room.issue()["state"], label


def _newsrooms() -> Iterable[tuple[IssueState, Path]]:
    """A publication whose first issue is in each state, as a folder that is gone afterwards."""
    for state, recipe in RECIPES:
        with tempfile.TemporaryDirectory(prefix="states-") as folder:
            root = Path(folder) / "made"
            room = Newsroom.open(root, "sqlite:///var/publisher.db")
            with closing(room.database):
                room.writes(*HEADLINES)
                room.has_readers(2)
                room.has_editors("kim@example.org")
                room.composes()
                room.writes("One more that came later")
                for step in recipe:
                    step(room)
                assert room.issue()["state"] == state
            yield state, root


def _tried(state: IssueState, made: Path) -> Iterable[Arrow]:
    found: set[tuple[str, str]] = set()
    for label, _, happen in ISSUE:
        copy = made.with_name("tried")
        shutil.copytree(made, copy)
        room = Newsroom(Publication(load_settings(copy / "config.toml")))
        with closing(room.database):
            try:
                happen(room)
            except PublisherError:
                became = state
            else:
                became = room.issue()["state"]
        shutil.rmtree(copy)
        if became != state and (SAME_AS.get(label, ""), became) not in found:
            found.add((label, became))
            yield state, IssueState(became), label


# --- drawing


def _drawing(arrows: Iterable[Arrow]) -> str:
    """Mermaid: one line for each pair of states, with all that leads from one to the other."""
    together: dict[tuple[str, str], list[str]] = {}
    for origin, target, label in arrows:
        together.setdefault((origin, target), []).append(label)
    lines = [f"    {origin} --> {target}: {', '.join(labels)}" for (origin, target), labels in together.items()]
    ends = sorted({target for _, target in together} - {origin for origin, _ in together})
    lines += [f"    {end} --> {START}" for end in ends]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```", "", ""])


def _table(rows: Iterable[tuple[str, str, list[Arrow]]]) -> str:
    lines = ["| what happens | from | to | |", "|---|---|---|---|"]
    for label, told, arrows in rows:
        for target in dict.fromkeys(target for _, target, _ in arrows):
            origins = ", ".join(origin for origin, reached, _ in arrows if reached == target).replace(START, "")
            lines.append(f"| {label} | {origins} | {target} | {told} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
