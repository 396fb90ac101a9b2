"""Eight days of nine real feeds, collected day by day."""

from __future__ import annotations

from pathlib import Path

from tests.replay import replay


def test_eight_days_of_nine_feeds_leave_no_item_twice_and_miss_none(tmp_path: Path, shared: Path) -> None:
    told = replay(shared / "data" / "replay", tmp_path / "publication")
    back = sum(poll.back for poll in told.later)
    assert told.twice == []
    assert told.items == told.entries
    # An entry that its feed drops and has again is the item it was, whatever it says now: counted from one day to the
    # next it is new, and here it is an edit.
    assert back == 1
    assert sum(poll.new for poll in told.later) + back == 34
    assert sum(poll.edited for poll in told.later) - back == 5
    assert told.redated - back == 3
    assert len(told.idle) == 22
