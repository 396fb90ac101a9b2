"""Which items make up an issue, in which order, and why; and why not the others.

The ranking is deliberately simple, so that an editor can foresee it: `strength.py` states it. Sources take turns among
stories of the same strength, and nothing here is random.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo
from itertools import groupby
from typing import Protocol

from publisher.domain.item import Candidate, Choice
from publisher.editorial.stories import fold
from publisher.editorial.strength import Strength, outlets_of, strengths
from publisher.editorial.translations import is_in_another_language, is_translation


class MakeUp(Protocol):
    """How many items an issue holds, and how many of one source at most; `[issue]` of the settings is one."""

    @property
    def items(self) -> int: ...

    @property
    def per_source(self) -> int: ...


def choose(
    candidates: Sequence[Candidate], rules: MakeUp, since: datetime, until: datetime, zone: tzinfo, language: str = ""
) -> list[Choice]:
    """One choice for every candidate, in the order given: its position in the issue, or None; and a reason.

    Left out are items used before and whatever tells their story again, items without a date, outside the window
    [since, until] or without a headline or anything to point to. The rest is folded into stories, and each is shown by
    its lead (`strength.lead_of`). The strongest are taken first, and among equals the outlets take turns; no source has
    more than `rules.per_source`, but for what an editor wrote by hand. A second story of one subject, and more than
    `per_source` of one outlet or of one name of the week, wait until nothing else is left. `since` and `until` are
    aware; days in reasons are days in `zone`. Takes time linear in the number of candidates but for sorting.
    """
    reasons = {item.item_id: reason for item in candidates if (reason := _unfit(item, since, until, zone))}
    stories: dict[int, int] = {}
    open_stories = []
    for story in fold([item for item in candidates if item.item_id not in reasons or item.used_in is not None]):
        fit = tuple(item for item in story if item.item_id not in reasons)
        if used := next((item for item in story if item.used_in is not None), None):
            reasons |= {item.item_id: f"{_same_story(item, used)}, used in No. {used.used_in}" for item in fit}
            stories |= {item.item_id: used.item_id for item in fit}
        elif fit:
            open_stories.append(fit)
    ranked = strengths(open_stories, outlets_of(candidates), zone, language)
    chosen, passed_over = _make_up(ranked, rules)
    ranks = {strength.lead.item_id: rank for rank, strength in enumerate(ranked, start=1)}
    for rank, strength in enumerate(ranked, start=1):
        lead = strength.lead.item_id
        stories |= {item.item_id: lead for item in strength.story}
        others = [item for item in strength.story if item.item_id != lead]
        reasons |= {item.item_id: _same_story(item, strength.lead) for item in others}
        full = f"ranked {_ordinal(rank)}; the issue holds {rules.items}"
        reasons[lead] = _merits(strength) if lead in chosen else passed_over.get(lead, full)
    return [
        Choice(
            item.item_id,
            stories.get(item.item_id, item.item_id),
            chosen.get(item.item_id),
            reasons[item.item_id],
            ranks.get(item.item_id, 0),
        )
        for item in candidates
    ]


_STUB = re.compile(
    r"\W*(?:untitled|no title|no subject|title|headline|test|draft|null|none|undefined|nan|n/a|lorem ipsum\b.*"
    r"|제목 ?없음|무제|테스트|제목)?\W*",
    re.IGNORECASE,
)
_MONTHS = ("Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")


def _unfit(item: Candidate, since: datetime, until: datetime, zone: tzinfo) -> str:
    """Why an item cannot be in this issue, whatever else there is; empty where it can."""
    if item.used_in is not None:
        return f"used in No. {item.used_in}"
    if _STUB.fullmatch(item.headline):
        return f'no headline ("{item.headline.strip()}")' if item.headline.strip() else "no headline"
    if not item.url and not item.body.strip():
        return "neither a link nor a text"
    if item.dated_at is None:
        return "no date and was there at the first reading"
    if item.dated_at < since:
        return f"outside the window (published {_day(item.dated_at, until, zone)})"
    if item.dated_at > until:
        return f"dated after this issue was composed ({_day(item.dated_at, until, zone)})"
    return ""


def _make_up(ranked: Sequence[Strength], rules: MakeUp) -> tuple[dict[int, int], dict[int, str]]:
    """The positions of the leads that are taken, and why leads that were strong enough are not."""
    issue = _Issue(rules)
    for _, tier in groupby(ranked, key=lambda strength: strength.tier):
        issue.take_in_turns(tier)
        if issue.is_full:
            break
    waiting = [strength for strength in ranked if strength.lead.item_id in issue.waits]
    for strength in waiting:
        issue.take_anyway(strength)
    order = [strength.lead.item_id for strength in ranked if strength.lead.item_id in issue.taken]
    return {item_id: position for position, item_id in enumerate(order, start=1)}, issue.waits | issue.refused


class _Issue:
    """An issue as it fills."""

    def __init__(self, rules: MakeUp) -> None:
        self.rules = rules
        self.taken: set[int] = set()
        self.waits: dict[int, str] = {}
        self.refused: dict[int, str] = {}
        self._of_source: Counter[str] = Counter()
        self._of_outlet: Counter[str] = Counter()
        self._of_name: Counter[str] = Counter()
        self._subjects: dict[tuple[str, str], Candidate] = {}

    @property
    def is_full(self) -> bool:
        return len(self.taken) >= self.rules.items

    def take_in_turns(self, tier: Iterable[Strength]) -> None:
        """Takes stories of one tier, which come strongest first, until the issue is full.

        For every item that its outlet has in the issue, a story counts as known to one outlet less.
        """
        queues: dict[str, deque[tuple[int, Strength]]] = defaultdict(deque)
        for rank, strength in enumerate(tier):
            queues[strength.outlet].append((rank, strength))
        while queues and not self.is_full:
            outlet = min(queues, key=lambda name: self._turn(*queues[name][0]))
            _, strength = queues[outlet].popleft()
            if not queues[outlet]:
                del queues[outlet]
            if not self._is_closed_to(strength) and not self._is_too_much(strength):
                self._take(strength)

    def _turn(self, rank: int, strength: Strength) -> tuple[int, int, int]:
        already = self._of_outlet[strength.outlet]
        return (already - strength.fame, already, rank)

    def take_anyway(self, strength: Strength) -> None:
        """Takes a story that waited, if there is still room."""
        if not self.is_full and not self._is_closed_to(strength):
            del self.waits[strength.lead.item_id]
            self._take(strength)

    def _take(self, strength: Strength) -> None:
        self.taken.add(strength.lead.item_id)
        self._of_source[strength.lead.source] += 1
        self._of_outlet[strength.outlet] += 1
        self._of_name.update(strength.names)
        for subject in strength.subjects:
            self._subjects.setdefault(subject, strength.lead)

    def _is_closed_to(self, strength: Strength) -> bool:
        source = strength.lead.source
        if strength.lead.is_by_hand or self._of_source[source] < self.rules.per_source:
            return False
        self.refused[strength.lead.item_id] = f"{_items(self.rules.per_source)} of {source} already chosen"
        return True

    def _is_too_much(self, strength: Strength) -> bool:
        """Does the issue have enough of this subject, outlet or name? Then the story waits."""
        if strength.lead.is_by_hand:
            return False
        most = self.rules.per_source
        close = next((self._subjects[one] for one in sorted(strength.subjects) if one in self._subjects), None)
        name = next((one for one in strength.names if self._of_name[one] >= most), None)
        if close:
            reason = (
                f"on the same subject as item {close.item_id} ({close.attribution or close.source}), already chosen"
            )
        elif name:
            reason = f"{_items(most)} on {name} already chosen"
        elif self._of_outlet[strength.outlet] >= most:
            reason = f"{_items(most)} of {strength.outlet} already chosen, and this is a feed of the same site"
        else:
            return False
        self.waits[strength.lead.item_id] = reason
        return True


def _merits(strength: Strength) -> str:
    """Why a story was chosen, in a few words."""
    words = []
    if strength.sources > 1:
        words.append(f"told by {strength.sources} sources")
    if strength.echoes:
        words.append(f"its subject is also in {strength.echoes} other outlet{'' if strength.echoes == 1 else 's'}")
    if strength.names:
        words.append(f"{strength.names[0]} is in the headlines of {strength.fame} outlets")
    if not words:
        words.append(f"the strongest one left from {strength.lead.source}")
    if any(is_in_another_language(item, strength.lead) for item in strength.story):
        words.append("also told in another language")
    words.append(("little or no text", "has a text", "has a text and a picture")[strength.richness])
    return "; ".join(words)


def _same_story(item: Candidate, lead: Candidate) -> str:
    """How an item goes with the one that is shown of its story."""
    name = lead.attribution or lead.source
    if is_translation(item, lead):
        return f"is a translation of item {lead.item_id} ({name})"
    if is_in_another_language(item, lead):
        return f"tells the same story in another language as item {lead.item_id} ({name})"
    return f"tells the same story as item {lead.item_id} ({name})"


def _items(number: int) -> str:
    return f"{number} item{'' if number == 1 else 's'}"


def _day(moment: datetime, until: datetime, zone: tzinfo) -> str:
    day: date = moment.astimezone(zone).date()
    words = f"{day.day} {_MONTHS[day.month - 1]}"
    return words if day.year == until.astimezone(zone).year else f"{words} {day.year}"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
