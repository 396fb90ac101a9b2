"""The items of an issue in their order, each under its section: what moving, dropping, adding and swapping make of it.

Items of one section stand together, because a letter has one heading for each. What is put between two of another
section belongs to them from then on; at a border it keeps its own where that is one of the two, else it goes with what
stands before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from publisher.errors import WrongUse


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Item ids in order; `sections` has the heading of each that stands under one."""

    order: tuple[int, ...]
    sections: Mapping[int, str]

    def section(self, item: int) -> str:
        return self.sections.get(item, "")

    def moved(self, item: int, to: int) -> Arrangement:
        """The item at another place, counted from 0; beyond an end is at that end. Raises WrongUse."""
        others = self._without(item)
        at = min(max(to, 0), len(others))
        return replace(self, order=(*others[:at], item, *others[at:]))._settled(item)

    def stepped(self, item: int, by: int) -> Arrangement:
        """One up (-1) or down (1). Over the border of a section it changes the section first. Raises WrongUse."""
        at = self._place(item)
        beside = at + by
        if not 0 <= beside < len(self.order):
            return self
        theirs, own = self.section(self.order[beside]), self.section(item)
        if theirs != own:
            return self._under(item, theirs)
        return self.moved(item, beside)

    def dropped(self, item: int) -> Arrangement:
        """Raises WrongUse where it is not there."""
        return replace(self, order=self._without(item))

    def added(self, item: int, section: str = "") -> Arrangement:
        """The item at the end of its section, or else of all. Raises WrongUse where it is there already."""
        if item in self.order:
            raise WrongUse(f"item {item} is in the issue already")
        return replace(self, order=(*self.order, item))._at_the_end(item, section)

    def swapped(self, item: int, other: int) -> Arrangement:
        """`other` in the place of `item`, under its heading. Raises WrongUse."""
        at = self._place(item)
        if other in self.order:
            raise WrongUse(f"item {other} is in the issue already")
        order = (*self.order[:at], other, *self.order[at + 1 :])
        return replace(self, order=order)._under(other, self.section(item))

    def sectioned(self, item: int, section: str) -> Arrangement:
        """The item under that heading, with those that are under it already. Raises WrongUse."""
        self._place(item)
        if section == self.section(item):
            return self
        return self._at_the_end(item, section)

    def _place(self, item: int) -> int:
        if item not in self.order:
            raise WrongUse(f"item {item} is not in the issue any more")
        return self.order.index(item)

    def _without(self, item: int) -> tuple[int, ...]:
        self._place(item)
        return tuple(one for one in self.order if one != item)

    def _under(self, item: int, section: str) -> Arrangement:
        return replace(self, sections={**self.sections, item: section})

    def _settled(self, item: int) -> Arrangement:
        at = self.order.index(item)
        beside = [self.section(one) for one in (*self.order[max(at - 1, 0) : at], *self.order[at + 1 : at + 2])]
        if not beside or (self.section(item) in beside and len(set(beside)) == len(beside)):
            return self
        return self._under(item, beside[0])

    def _at_the_end(self, item: int, section: str) -> Arrangement:
        """Under that heading, behind what it has; a new one begins beside its section."""
        others = self._without(item)
        same = [at for at, one in enumerate(others) if self.section(one) == section]
        if not same and not section:
            return self._under(item, section)._settled(item)
        at = same[-1] + 1 if same else self._beside_its_section(item, others)
        return replace(self, order=(*others[:at], item, *others[at:]))._under(item, section)

    def _beside_its_section(self, item: int, others: tuple[int, ...]) -> int:
        """Where it cuts nothing in two: where it stands, behind its section, or before what has no heading yet."""
        same = [at for at, one in enumerate(others) if self.section(one) == self.section(item)]
        at = self.order.index(item)
        if not same or not same[0] < at <= same[-1]:
            return at
        return same[-1] + 1 if self.section(item) else same[0]
