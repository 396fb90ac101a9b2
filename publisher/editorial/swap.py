"""Which item would take the place of another: the best that is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate as swapping looks at it. `story` is the id of its story's lead; `rank` is 0 for what has no place."""

    item_id: int
    story: int
    source: str
    rank: int = 0
    is_used: bool = False
    is_by_hand: bool = False


def next_best(
    candidates: Iterable[Ranked], picks: Sequence[Ranked], dropping: int, per_source: int, dropped: Collection[int] = ()
) -> int | None:
    """The highest ranked lead of a story that the issue does not tell, for the place of the pick `dropping`.

    It is in no issue, was not `dropped` from this one before, and its source has fewer than `per_source` among the
    other picks, unless it is written by hand, which no limit applies to. None where nothing is left.
    """
    told = {pick.story for pick in picks}
    there = {pick.item_id for pick in picks}
    of_source = Counter(pick.source for pick in picks if pick.item_id != dropping and not pick.is_by_hand)
    fit = [
        one
        for one in candidates
        if one.rank > 0
        and not one.is_used
        and one.item_id not in there
        and one.item_id not in dropped
        and one.story not in told
        and (one.is_by_hand or of_source[one.source] < per_source)
    ]
    return min(fit, key=lambda one: (one.rank, one.item_id)).item_id if fit else None
