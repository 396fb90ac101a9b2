"""The order of an issue: nothing is lost, doubled or cut in two, whatever is done to it."""

from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.arrangement import Arrangement
from publisher.errors import WrongUse

NAMES = ("", "Policy", "Research", "Tools")
ACTS = st.tuples(
    st.sampled_from(("moved", "up", "down", "dropped", "added", "swapped", "sectioned")),
    st.integers(1, 12),
    st.integers(0, 12),
    st.sampled_from(NAMES),
)


def arranged(*sections: tuple[str, int]) -> Arrangement:
    """So many items under each heading, counted from 1."""
    names = [name for name, count in sections for _ in range(count)]
    return Arrangement(tuple(range(1, len(names) + 1)), dict(enumerate(names, start=1)))


def act(there: Arrangement, what: str, item: int, other: int, section: str) -> Arrangement:
    match what:
        case "moved":
            return there.moved(item, other)
        case "up" | "down":
            return there.stepped(item, -1 if what == "up" else 1)
        case "dropped":
            return there.dropped(item)
        case "added":
            return there.added(item, section)
        case "swapped":
            return there.swapped(item, other + 20)
        case _:
            return there.sectioned(item, section)


def may_not(there: Arrangement, what: str, item: int, other: int) -> bool:
    is_there = item in there.order
    return is_there if what == "added" else not is_there or (what == "swapped" and other + 20 in there.order)


@given(
    st.lists(st.sampled_from(NAMES), unique=True, min_size=1),
    st.lists(st.integers(1, 3), min_size=4, max_size=4),
    st.lists(ACTS, max_size=12),
)
def test_whatever_is_done_items_stay_once_and_sections_stay_whole(
    names: list[str], counts: list[int], acts: list[tuple[str, int, int, str]]
) -> None:
    there = arranged(*zip(names, counts, strict=False))
    for what, item, other, section in acts:
        before = there
        try:
            there = act(there, what, item, other, section)
        except WrongUse:
            assert may_not(before, what, item, other)
            continue
        assert not may_not(before, what, item, other)
        assert len(set(there.order)) == len(there.order)
        came, went = set(there.order) - set(before.order), set(before.order) - set(there.order)
        assert (len(came), len(went)) == {"added": (1, 0), "dropped": (0, 1), "swapped": (1, 1)}.get(what, (0, 0))
        others = [one for one in before.order if one not in {item, *came, *went}]
        assert [one for one in there.order if one in others] == others
        assert all(there.section(one) == before.section(one) for one in others)
        headings = [name for name, _ in groupby(there.order, key=there.section)]
        assert len(set(headings)) == len(headings)


def test_a_step_over_the_border_of_a_section_changes_the_section_first() -> None:
    there = arranged(("Policy", 2), ("Tools", 2))
    once = there.stepped(3, -1)
    assert (once.order, once.section(3)) == ((1, 2, 3, 4), "Policy")
    assert once.stepped(3, -1).order == (1, 3, 2, 4)


def test_what_is_put_into_a_section_belongs_to_it() -> None:
    there = arranged(("Policy", 2), ("Tools", 2)).moved(4, 1)
    assert (there.order, there.section(4)) == ((1, 4, 2, 3), "Policy")


def test_a_new_section_does_not_cut_another_in_two() -> None:
    there = arranged(("Policy", 3)).sectioned(2, "Tools")
    assert (there.order, there.section(2)) == ((1, 3, 2), "Tools")


def test_headings_given_from_the_top_down_move_nothing() -> None:
    there = arranged(("", 5))
    for item, name in enumerate(("Policy", "Policy", "Tools", "Research", "Research"), start=1):
        there = there.sectioned(item, name)
    assert there.order == (1, 2, 3, 4, 5)


def test_what_takes_a_place_takes_its_heading() -> None:
    there = arranged(("Policy", 2)).swapped(1, 9)
    assert (there.order, there.section(9)) == ((9, 2), "Policy")


def test_one_step_beyond_an_end_leaves_all_as_it_is() -> None:
    there = arranged(("Policy", 2))
    assert there.stepped(1, -1) == there == there.stepped(2, 1)


def test_what_somebody_dropped_meanwhile_cannot_be_moved() -> None:
    with pytest.raises(WrongUse, match="item 9 is not in the issue any more"):
        arranged(("", 2)).moved(9, 0)
