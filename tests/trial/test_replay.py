"""Eight days of nine real feeds, day by day: nothing twice, nothing missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.replay import Poll, Replay, replay


@pytest.mark.trial
def test_eight_days_of_nine_feeds_as_a_table(tmp_path: Path, shared: Path) -> None:
    told = replay(shared / "data" / "replay", tmp_path / "publication")
    print("\n" + table(told))
    assert told.twice == []
    assert told.items == told.entries


def table(told: Replay) -> str:
    """One row a feed, one column a day: entries, new (+), edited (~), came back (^); a dot for the same bytes."""
    days = sorted({poll.day for poll in told.polls})
    lines = [f"{'feed':22}" + "".join(f"{day[5:]:>12}" for day in days)]
    for feed in dict.fromkeys(poll.feed for poll in told.polls):
        cells = [next(poll for poll in told.polls if (poll.day, poll.feed) == (day, feed)) for day in days]
        lines.append(f"{feed:22}" + "".join(f"{cell(poll):>12}" for poll in cells))
    later = told.later
    back = sum(poll.back for poll in later)
    new, edited = sum(poll.new for poll in later), sum(poll.edited for poll in later)
    lines += [
        f"after the first day: {new} new and {back} that came back, {edited} edits, {back} of them of what came back",
        f"{told.redated} edits changed a date, {back} of them of what came back",
        f"{len(told.idle)} looks at changed bytes with nothing new or edited",
        f"{told.items} items of {told.entries} pages; twice: {len(told.twice)}",
    ]
    return "\n".join(lines)


def cell(poll: Poll) -> str:
    marks = [f"{mark}{count}" for mark, count in (("+", poll.new), ("~", poll.edited), ("^", poll.back)) if count]
    return " ".join([str(poll.new + poll.edited + poll.unchanged), *marks]) if poll.is_changed else "."
