"""What takes the place of a pick is the best that is left, and the issue stays within its rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from publisher.editorial.swap import Ranked, next_best

CANDIDATES = st.lists(
    st.builds(
        Ranked,
        item_id=st.integers(1, 30),
        story=st.integers(1, 12),
        source=st.sampled_from(("harbour", "bakery", "desk")),
        rank=st.integers(0, 20),
        is_used=st.booleans(),
    ),
    unique_by=lambda one: one.item_id,
    min_size=1,
).map(lambda some: [replace(one, is_by_hand=one.source == "desk") for one in some])


@given(CANDIDATES, st.integers(1, 6), st.integers(1, 3), st.sets(st.integers(1, 30)))
def test_nothing_better_that_may_be_taken_is_passed_over(
    candidates: list[Ranked], count: int, per_source: int, dropped: set[int]
) -> None:
    picks = candidates[:count]
    chosen = next_best(candidates, picks, picks[0].item_id, per_source, dropped)
    others = Counter(pick.source for pick in picks[1:] if not pick.is_by_hand)

    def may_come(one: Ranked) -> bool:
        is_new = one not in picks and one.item_id not in dropped and not one.is_used
        is_another_story = all(one.story != pick.story for pick in picks)
        return one.rank > 0 and is_new and is_another_story and (one.is_by_hand or others[one.source] < per_source)

    fit = [one for one in candidates if may_come(one)]
    assert chosen == (min(fit, key=lambda one: (one.rank, one.item_id)).item_id if fit else None)


def ranked(item: int, rank: int, source: str = "harbour", **more: bool) -> Ranked:
    return Ranked(item, item, source, rank, **more)


def test_the_pick_that_goes_makes_room_for_its_own_source() -> None:
    picks = [ranked(1, 1), ranked(2, 2)]
    assert next_best([*picks, ranked(3, 3)], picks, 1, 2) == 3
    assert next_best([*picks, ranked(3, 3)], picks, 1, 1) is None


def test_pressing_again_never_brings_back_what_was_just_dropped() -> None:
    candidates = [ranked(item, item, f"source {item}") for item in range(1, 5)]
    assert next_best(candidates, candidates[1:2], 2, 2) == 1
    assert next_best(candidates, candidates[1:2], 2, 2, dropped={1}) == 3
