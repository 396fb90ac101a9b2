"""Which items tell the same story."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from publisher.domain.item import Candidate
from publisher.editorial.similar import Headline, alike, headline_of, least_shared
from publisher.editorial.translations import translated

NEAR = timedelta(days=4)  # further apart, the same headline is news again
SAME_SOURCE = timedelta(hours=18)  # further apart, a source that repeats a headline has a series ("Daily briefing")
LOOKED_AT = 12  # the newest headlines with a word in common that one is compared with: what keeps this linear


def fold(candidates: Sequence[Candidate]) -> list[tuple[Candidate, ...]]:
    """Groups of candidates that tell the same story, singles included; groups and members in the order given.

    Two tell the same story when their canonical URL is the same (unless one source uses it for several stories, as a
    page of release notes does), or when they are dated within `NEAR` and their headlines are alike
    (`editorial/similar.py`) or they tell it in two languages (`editorial/translations.py`). Takes time linear in the
    number of candidates.
    """
    headlines = [headline_of(candidate.headline, candidate.attribution) for candidate in candidates]
    leader = list(range(len(candidates)))
    for one, other in _same_address(candidates, headlines):
        _join(leader, one, other)
    for one, other in _near_headlines(candidates, headlines):
        if _leader(leader, one) != _leader(leader, other) and _is_same(candidates, headlines, one, other):
            _join(leader, one, other)
    for one, other in translated(candidates, headlines, NEAR):
        _join(leader, one, other)
    groups: dict[int, list[Candidate]] = {}
    for at, candidate in enumerate(candidates):
        groups.setdefault(_leader(leader, at), []).append(candidate)
    return [tuple(group) for group in groups.values()]


def _same_address(candidates: Sequence[Candidate], headlines: Sequence[Headline]) -> Iterator[tuple[int, int]]:
    """Pairs with one address, where the address stands for one story."""
    addresses: dict[str, list[int]] = defaultdict(list)
    for at, candidate in enumerate(candidates):
        if candidate.canonical_url:
            addresses[candidate.canonical_url].append(at)
    for members in addresses.values():
        first_of: dict[str, Headline] = {}
        if len(members) > 1 and all(
            _says_the_same(first_of.setdefault(candidates[at].source, headlines[at]), headlines[at]) for at in members
        ):
            yield from ((members[0], at) for at in members[1:])


def _says_the_same(one: Headline, other: Headline) -> bool:
    return one.squeezed == other.squeezed or alike(one, other)


def _near_headlines(candidates: Sequence[Candidate], headlines: Sequence[Headline]) -> Iterator[tuple[int, int]]:
    """Pairs worth comparing: the same words, or one of the rarest words in common (prefix filtering, Chaudhuri 2006).

    Two alike headlines share at least `least_shared` stems, so they share one of the rarest few of each.
    """
    frequency = Counter(stem for headline in headlines for stem in set(headline.stems))
    recent: dict[tuple[str, tuple[str, ...]], deque[int]] = defaultdict(lambda: deque(maxlen=LOOKED_AT))
    dated = [(candidate.dated_at, at) for at, candidate in enumerate(candidates) if candidate.dated_at is not None]
    for _, at in sorted(dated):
        headline = headlines[at]
        if not headline.stems:
            continue
        words = sorted(set(headline.stems), key=lambda stem: (frequency[stem], stem))
        rarest = words[: len(words) - least_shared(len(words)) + 1]
        met: set[int] = set()
        for block in (f"={headline.squeezed}", *rarest):
            others = recent[block, headline.numbers]
            met.update(others)
            others.append(at)
        yield from ((other, at) for other in sorted(met - {at}))


def _is_same(candidates: Sequence[Candidate], headlines: Sequence[Headline], earlier: int, later: int) -> bool:
    one, other = candidates[earlier], candidates[later]
    assert one.dated_at is not None
    assert other.dated_at is not None
    apart = abs(other.dated_at - one.dated_at)
    if apart > (SAME_SOURCE if one.source == other.source else NEAR) or not alike(headlines[earlier], headlines[later]):
        return False
    return (headlines[earlier].is_specific and headlines[later].is_specific) or _host(one) == _host(other)


def _host(candidate: Candidate) -> str:
    """The host of the item's page; the source itself where it has none, so that two without are not neighbours."""
    return urlsplit(candidate.canonical_url).netloc or candidate.source


def _leader(leader: list[int], at: int) -> int:
    while leader[at] != at:
        leader[at] = leader[leader[at]]
        at = leader[at]
    return at


def _join(leader: list[int], one: int, other: int) -> None:
    low, high = sorted((_leader(leader, one), _leader(leader, other)))
    leader[high] = low
