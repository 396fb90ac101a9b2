"""What makes one story stronger than another: who tells it, what there is to show, which names the week is full of."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from itertools import combinations
from urllib.parse import urlsplit

from publisher.domain.item import Candidate, Rights
from publisher.domain.urls import canonical_url
from publisher.editorial.similar import Headline, alike, headline_of, is_everyday
from publisher.editorial.translations import is_in

Story = tuple[Candidate, ...]
Subject = tuple[str, str]

ENOUGH = 40  # columns of text that say more than the headline: about one short sentence; a Hangul syllable takes two


@dataclass(frozen=True, slots=True)
class Strength:
    """One story as it is ranked. `lead` is the version that an issue would show, `outlet` who tells that.

    `voices` counts the outlets that tell it and the `echoes`, which have other news of its subject; `richness` is 0 for
    a bare headline, 1 with text, 2 with text and a picture that may be shown; `fame` counts the outlets that have the
    best-known of its `names` in a headline; `sources` are the configured sources that tell it. `subjects` are pairs of
    rare words of its headline.
    """

    story: Story
    lead: Candidate
    outlet: str
    voices: int
    echoes: int
    richness: int
    fame: int
    names: tuple[str, ...]
    sources: int
    subjects: frozenset[Subject]
    is_in_language: bool
    day: date

    @property
    def tier(self) -> tuple[int, int]:
        """What must be equal for the outlets to take turns."""
        return (-self.voices, -self.richness)


def strengths(stories: Sequence[Story], outlets: Mapping[str, str], zone: tzinfo, language: str) -> list[Strength]:
    """The strength of every story, strongest first. Every item in them must be dated; `outlets` is of `outlets_of`.

    The order is: more voices, richness, fame, sources; the publication's language; the newer day; the order of the
    sources in the settings; the item's number.
    """
    homes = homes_of(item for story in stories for item in story)
    leads = [lead_of(story, language, homes) for story in stories]
    told_by = [frozenset(outlets[item.source] for item in story) for story in stories]
    subjects = _subjects([headline_of(lead.headline, lead.attribution) for lead in leads])
    names = [_names_in(lead.headline) for lead in leads]
    echo = _tellers(subjects, told_by)
    fame = _fame(leads, names, [outlets[lead.source] for lead in leads])
    found = []
    for at, (story, lead) in enumerate(zip(stories, leads, strict=True)):
        assert lead.dated_at is not None
        best = max((fame.get(name, 1) for name in names[at]), default=1)
        echoes = set[str]().union(*(echo[subject] for subject in subjects[at])) - told_by[at]
        found.append(
            Strength(
                story=story,
                lead=lead,
                outlet=outlets[lead.source],
                voices=len(told_by[at]) + len(echoes),
                echoes=len(echoes),
                richness=_richness(lead),
                fame=best,
                names=tuple(name for name in names[at] if fame.get(name, 1) == best > 1),
                sources=len({item.source for item in story}),
                subjects=subjects[at],
                is_in_language=not language or is_in(lead, language[:2].lower()),
                day=lead.dated_at.astimezone(zone).date(),
            )
        )
    return sorted(found, key=_rank)


def lead_of(story: Sequence[Candidate], language: str = "", homes: Mapping[str, str] | None = None) -> Candidate:
    """The version of a story to show: whose rights allow more, then one with a text, in the publication's language,
    told by whom it comes from rather than by an aggregator, with the fullest text, with a picture, the earliest.

    `homes` is of `homes_of`. A version is an aggregator's when it stands on a page of another outlet that has a version
    as well, or when its text links to the page of another version.
    """
    if len(story) == 1:
        return story[0]
    return min(
        story,
        key=lambda item: (
            _RIGHTS.index(item.rights),
            text_width(item) < ENOUGH,
            bool(language) and not is_in(item, language[:2].lower()),
            _is_second_hand(item, story, homes or {}),
            -text_width(item),
            item.picture is None,
            item.dated_at.timestamp() if item.dated_at else float("inf"),
            item.source_order,
            item.item_id,
        ),
    )


def homes_of(candidates: Iterable[Candidate]) -> dict[str, str]:
    """The site that a source speaks for: where all its items stand, or most of them and three at least."""
    pages: dict[str, set[str]] = defaultdict(set)
    for candidate in candidates:
        pages[candidate.source].add(candidate.canonical_url)
    return {source: home for source, urls in pages.items() if (home := _home(urls - {""}))}


def outlets_of(candidates: Iterable[Candidate]) -> dict[str, str]:
    """For every source the outlet it speaks for, named by the first of its sources.

    Sources are one outlet when all items of each stand on the same site, or most of them and three at least, or when
    two share three pages and a quarter of what the smaller one has. So three feeds of one blog are one voice, while
    two collections of links that point to it are two.
    """
    pages: dict[str, set[str]] = defaultdict(set)
    for candidate in candidates:
        pages[candidate.source].add(candidate.canonical_url)
    leader = {source: source for source in pages}
    at_home: dict[str, str] = {}
    for source, urls in pages.items():
        urls.discard("")
        if home := _home(urls):
            _unite(leader, at_home.setdefault(home, source), source)
    for (one, other), shared in _shared_pages(pages).items():
        if shared >= _FEW and 4 * shared >= min(len(pages[one]), len(pages[other])):
            _unite(leader, one, other)
    return {source: _leader(leader, source) for source in pages}


def text_width(item: Candidate) -> int:
    """Columns of text that say more than the headline does; 0 where only a link is allowed."""
    if item.rights is Rights.LINK_ONLY or not item.body:
        return 0
    if len(item.body) <= 2 * len(item.headline):
        headline, body = headline_of(item.headline), headline_of(item.body)
        if headline.squeezed == body.squeezed or alike(headline, body):
            return 0
    return len(item.body) if item.body.isascii() else sum(1 if c.isascii() else 2 for c in item.body)


_RIGHTS = (Rights.OWN, Rights.LICENSED, Rights.EXCERPT, Rights.LINK_ONLY)
_PICTURES_TOO = (Rights.OWN, Rights.LICENSED)  # an excerpt is of words
_FEW = 3
_CROWD = 20  # sources with the same page: everybody links to it, which says nothing of them
_EARLY = 160  # characters of a body in which words written small are looked for
_LINKS = 50  # of one text that are looked at
_LINK = re.compile(r"\]\((https?://[^\s()]+)\)")
_LATIN = re.compile(r"[A-Za-z][A-Za-z.-]*[A-Za-z]")
# fmt: off
_COMMON = frozenset((
    "more", "most", "how", "what", "why", "when", "who", "use", "uses", "using", "can", "will", "has", "have", "make",
    "get", "into", "about", "you", "we", "i'm", "we’ve", "us", "one", "two", "first", "best", "free", "open",
    "위한", "모든", "대한", "것", "수", "있는", "하는", "방법", "이유", "없는", "통해", "최고", "무료", "함께", "관한",
))
# fmt: on


def _rank(strength: Strength) -> tuple[int, ...]:
    lead = strength.lead
    return (
        *strength.tier,
        -strength.fame,
        -strength.sources,
        not strength.is_in_language,
        -strength.day.toordinal(),
        lead.source_order,
        lead.item_id,
    )


def _richness(lead: Candidate) -> int:
    if text_width(lead) < ENOUGH:
        return 0
    return 2 if lead.picture and lead.rights in _PICTURES_TOO else 1


def _subjects(headlines: Sequence[Headline]) -> list[frozenset[Subject]]:
    """For every headline the pairs of its words that name a subject: shared by some headlines, but only by a few.

    A word in more than a tenth of the headlines is what the publication is about, not a subject of this week.
    """
    seen = Counter(stem for headline in headlines for stem in set(headline.stems))
    most = max(3, len(headlines) // 10)
    found = []
    for headline in headlines:
        telling = {stem for stem in headline.stems if 2 <= seen[stem] <= most and _is_telling(stem)}
        rarest = sorted(telling, key=lambda stem: (seen[stem], stem))[:5]
        found.append(frozenset(combinations(sorted(rarest), 2)))
    return found


def _is_telling(stem: str) -> bool:
    if stem.isdecimal() or stem in _COMMON or is_everyday(stem):
        return False
    return len(stem) >= (3 if stem.isascii() else 2)


def _tellers(subjects: Sequence[frozenset[Subject]], told_by: Sequence[frozenset[str]]) -> dict[Subject, set[str]]:
    tellers: dict[Subject, set[str]] = defaultdict(set)
    for mine, outlets in zip(subjects, told_by, strict=True):
        for subject in mine:
            tellers[subject] |= outlets
    return tellers


def _names_in(headline: str) -> tuple[str, ...]:
    """The words in Latin letters that are not written small, each once."""
    return tuple(dict.fromkeys(word for word in _LATIN.findall(headline) if not word.islower() and len(word) > 2))


def _fame(leads: Sequence[Candidate], names: Sequence[tuple[str, ...]], outlets: Sequence[str]) -> dict[str, int]:
    """How many outlets write of which name.

    What somebody writes small is no name but a word in a headline in capitals, and one in more than a quarter of the
    headlines is what the publication is about.
    """
    small = {
        word for lead in leads for word in _LATIN.findall(f"{lead.headline} {lead.body[:_EARLY]}") if word.islower()
    }
    seen = Counter(name for mine in names for name in mine)
    most = max(3, len(leads) // 4)
    tellers: dict[str, set[str]] = defaultdict(set)
    for mine, outlet in zip(names, outlets, strict=True):
        for name in mine:
            if seen[name] <= most and name.lower() not in small and name.lower() not in _COMMON:
                tellers[name].add(outlet)
    return {name: len(who) for name, who in tellers.items()}


def _site(url: str) -> str:
    """Host and first folder: where many authors share a host, that is what keeps them apart."""
    parts = urlsplit(url)
    folders = parts.path.split("/")
    return f"{parts.netloc}/{folders[1]}" if len(folders) > 2 else parts.netloc


def _home(urls: Collection[str]) -> str:
    """The site of all these pages, or of most of them and of three at least; "" where they are of many."""
    home, items = Counter(map(_site, urls)).most_common(1)[0] if urls else ("", 0)
    return home if items == len(urls) or (items >= _FEW and 2 * items > len(urls)) else ""


def _is_second_hand(item: Candidate, story: Sequence[Candidate], homes: Mapping[str, str]) -> bool:
    others = [other for other in story if other.canonical_url and other is not item]
    if not _is_at_home(item, homes) and any(_is_at_home(other, homes) for other in others):
        return True
    if not others or "](" not in item.body:
        return False
    linked = {canonical_url(url) for url in _LINK.findall(item.body)[:_LINKS]} - {item.canonical_url}
    return any(other.canonical_url in linked for other in others)


def _is_at_home(item: Candidate, homes: Mapping[str, str]) -> bool:
    return bool(item.canonical_url) and homes.get(item.source) == _site(item.canonical_url)


def _shared_pages(pages: Mapping[str, set[str]]) -> Counter[tuple[str, str]]:
    """How many pages two sources have in common."""
    sources_of: dict[str, list[str]] = defaultdict(list)
    for source, urls in pages.items():
        for url in urls:
            sources_of[url].append(source)
    return Counter(
        pair for sources in sources_of.values() if len(sources) <= _CROWD for pair in combinations(sources, 2)
    )


def _leader(leader: dict[str, str], source: str) -> str:
    while leader[source] != source:
        source = leader[source]
    return source


def _unite(leader: dict[str, str], one: str, other: str) -> None:
    first, second = _leader(leader, one), _leader(leader, other)
    if first != second:
        leader[second] = first
