"""Which items tell one story in two languages.

A false "same" hides a story from the editor, so both rules want more than one sign, and where two stories fit, neither
is taken. Words are never translated here: only what is written the same in both languages counts, which is names in
Latin letters, numbers and dates.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from urllib.parse import urlsplit

from publisher.domain.item import Candidate
from publisher.editorial.similar import Headline

ENOUGH = 3  # signs that a Korean item and one in Latin letters tell the same
LOOKED_AT = 12  # the newest items with a name in common that one is compared with: what keeps this linear
_EARLY = 1_500  # characters of a text that say what it is about


def translated(
    candidates: Sequence[Candidate], headlines: Sequence[Headline], near: timedelta
) -> Iterator[tuple[int, int]]:
    """Pairs of candidates that tell one story in two languages, by their positions; all dated within `near`.

    Twins stand at one address but for the language in it (`is_translation`). Others are told by signs (`_signs`), and
    only where exactly one story fits.
    """
    dated = sorted((candidate.dated_at, at) for at, candidate in enumerate(candidates) if candidate.dated_at)
    texts = [_Text(at, candidates[at], headlines[at]) for _, at in dated]
    for one, other in _side_by_side(texts):
        if _apart(one, other) <= near and is_translation(one.candidate, other.candidate):
            yield one.at, other.at
    latins: dict[int, list[_Text]] = defaultdict(list)
    koreans: dict[int, list[_Text]] = defaultdict(list)
    for korean, latin in _with_a_name_in_common(texts):
        if _apart(korean, latin) <= near and _signs(korean, latin) >= ENOUGH:
            latins[korean.at].append(latin)
            koreans[latin.at].append(korean)
    by_position = {text.at: text for text in texts}
    for at, fitting in latins.items():
        korean = by_position[at]
        for latin in fitting:
            rivals = [one for one in koreans[latin.at] if one.candidate.source == korean.candidate.source]
            if _are_one_story(fitting) and _are_one_story(rivals):
                yield at, latin.at


def is_translation(one: Candidate, other: Candidate) -> bool:
    """Do the two stand at the same address but for the language in it, and are in two languages?"""
    there, here = _without_language(one.canonical_url), _without_language(other.canonical_url)
    is_twin = one.canonical_url != other.canonical_url and there == here and _is_telling(there)
    return is_twin and is_in_another_language(one, other)


def is_in_another_language(one: Candidate, other: Candidate) -> bool:
    """Are the two in different languages? By their letters first: many feeds say no language, or a wrong one."""
    tongues = {_tongue(one), _tongue(other)}
    return len(tongues) == 2 and ("latin" not in tongues or bool(tongues & _SCRIPTS.keys()))


def is_in(candidate: Candidate, language: str) -> bool:
    """Is it in this language (as two letters)? Where only its letters are known, in any that is written with them."""
    tongue = _tongue(candidate)
    return tongue == language or (tongue == "latin" and language not in _SCRIPTS)


# --- twins

_SCRIPTS = {
    "ko": re.compile("[\uac00-\ud7a3]"),
    "ja": re.compile("[\u3040-\u30ff]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
}
# fmt: off
_LANGUAGES = frozenset((
    "en", "eng", "ko", "kor", "kr", "ja", "jpn", "jp", "zh", "de", "fr", "es", "it", "pt", "ru", "vi", "th", "id", "nl",
    "pl", "tr", "uk", "ar", "hi",
))
# fmt: on
_LONG = 300  # characters
_LETTERS = re.compile(r"[^\W\d_]")
_REGION = re.compile(r"[-_][A-Za-z]{2,4}$")
_LANGUAGE_PARAMETERS = ("lang", "hl", "locale", "language")


def _tongue(candidate: Candidate) -> str:
    """The language, as two letters; "latin" where only the letters are known."""
    text = f"{candidate.headline} {candidate.body[:_LONG]}"
    if not text.isascii():
        letters = len(_LETTERS.findall(text)) or 1
        for tongue, characters in _SCRIPTS.items():
            if len(characters.findall(text)) >= 0.1 * letters:
                return tongue
    tag = candidate.language[:2].lower()
    # A few names in Latin letters may well be Korean; a whole text in them is not.
    return "latin" if not tag or (tag in _SCRIPTS and len(text) > _LONG) else tag


def _without_language(address: str) -> str:
    """The address without the first folder, the name of a host or the parameter that is a language."""
    parts = urlsplit(address)
    host, path, query = parts.netloc, parts.path, parts.query
    first, _, rest = host.partition(".")
    folders = path.split("/")
    place = next((at for at, folder in enumerate(folders) if _is_language(folder)), None)
    if place is not None:
        path = "/".join(folders[:place] + folders[place + 1 :])
    elif _is_language(first) and "." in rest:
        host = rest
    else:
        pairs = [pair for pair in query.split("&") if not _is_language_pair(pair)]
        query = "&".join(pairs)
    return f"https://{host}{path}?{query}"


def _is_language(word: str) -> bool:
    return _REGION.sub("", word).lower() in _LANGUAGES


def _is_language_pair(pair: str) -> bool:
    name, _, value = pair.partition("=")
    return name.lower() in _LANGUAGE_PARAMETERS and _is_language(value)


def _is_telling(address: str) -> bool:
    """Does it end in words? Two languages of one site may count their pages each for itself."""
    last = re.sub(r"\.\w{2,5}$", "", urlsplit(address).path.rstrip("/").rpartition("/")[2])
    return len(re.findall(r"[^\W\d_]{2,}", last)) >= 2


def _side_by_side(texts: Sequence[_Text]) -> Iterator[tuple[_Text, _Text]]:
    """Pairs with one address but for the language."""
    there: dict[str, deque[_Text]] = defaultdict(lambda: deque(maxlen=LOOKED_AT))
    for text in texts:
        if text.candidate.canonical_url:
            before = there[_without_language(text.candidate.canonical_url)]
            yield from ((other, text) for other in before)
            before.append(text)


# --- signs


@dataclass(frozen=True)
class _Text:
    """A candidate as it is compared with one in another language. `at` is its position."""

    at: int
    candidate: Candidate
    headline: Headline

    @cached_property
    def is_korean(self) -> bool:
        return bool(_SCRIPTS["ko"].search(self.candidate.headline))

    @cached_property
    def title(self) -> str:
        """The headline, with what may say the same in another language written alike."""
        return _plain(self.candidate.headline)

    @cached_property
    def told(self) -> str:
        """The same of the headline and the beginning of the text."""
        return _plain(f"{self.candidate.headline}\n{self.candidate.body[:_EARLY]}")

    @cached_property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """The names in the headline."""
        return _names(self.title)

    @cached_property
    def more(self) -> frozenset[tuple[str, str]]:
        """Words side by side in names of the text that the headline does not have."""
        in_title = {pair for name in self.names for pair in pairwise(name)}
        return frozenset(pair for name in _names(self.told) for pair in pairwise(name)) - in_title

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Numbers and dates of the headline."""
        return frozenset(_NUMBER.findall(self.title))

    @cached_property
    def title_words(self) -> str:
        return _words(self.title)

    @cached_property
    def told_words(self) -> str:
        return _words(self.told)


def _signs(korean: _Text, latin: _Text) -> int:
    """How much speaks for one story; none at all where the Korean headline has a name or a number of its own.

    Each name of several words in both headlines is one sign, and so is each of up to two more that both texts have; a
    date or a large number of the Korean headline is two; and that both are round-ups, one.
    """
    has_all_names = all(_has(latin.title_words, name) for name in korean.names)
    if not has_all_names or not all(_has(latin.told_words, (number,)) for number in korean.numbers):
        return 0
    names = sum(len(name) > 1 for name in korean.names)
    more = sum(_has(latin.told_words, pair) for pair in korean.more)
    large = sum(_is_large(number) for number in korean.numbers)
    are_round_ups = _ROUND_UP.search(korean.candidate.headline) and _ROUND_UP.search(latin.candidate.headline)
    return names + min(2, more) + 2 * large + bool(are_round_ups)


def _is_large(number: str) -> bool:
    """Is it a date, or a number that two stories hardly share? Every story has the year."""
    return number.startswith("@") or (len(number) >= 3 and not _YEAR.fullmatch(number))


def _with_a_name_in_common(texts: Sequence[_Text]) -> Iterator[tuple[_Text, _Text]]:
    """Pairs of a Korean headline and one in Latin letters that share two words of a name side by side."""
    recent: dict[tuple[str, str], deque[_Text]] = defaultdict(lambda: deque(maxlen=LOOKED_AT))
    for text in texts:
        met: dict[int, _Text] = {}
        for pair in {pair for name in text.names for pair in pairwise(name)}:
            met |= {other.at: other for other in recent[pair] if other.is_korean != text.is_korean}
            recent[pair].append(text)
        for other in met.values():
            yield (text, other) if text.is_korean else (other, text)


def _are_one_story(texts: Sequence[_Text]) -> bool:
    first = texts[0]
    return all(
        text.candidate.canonical_url == first.candidate.canonical_url
        or text.headline.squeezed == first.headline.squeezed
        for text in texts
    )


def _apart(one: _Text, other: _Text) -> timedelta:
    assert one.candidate.dated_at is not None
    assert other.candidate.dated_at is not None
    return abs(one.candidate.dated_at - other.candidate.dated_at)


def _plain(text: str) -> str:
    """The text in small letters, with dates as `@month-day` in both languages."""
    text = _THOUSANDS.sub("", text)
    text = _KOREAN_DATE.sub(lambda match: f" @{int(match[1])}-{int(match[2])} ", text)
    text = _ENGLISH_DATE.sub(lambda match: f" @{_MONTHS.index(match[1][:3].lower()) + 1}-{int(match[2])} ", text)
    return text.lower()


def _names(text: str) -> tuple[tuple[str, ...], ...]:
    """The runs of words in Latin letters, with the numbers in them."""
    runs = (tuple(_WORD.findall(run)) for run in _RUN.findall(text))
    return tuple(run for run in runs if any(word[0].isalpha() for word in run))


def _words(text: str) -> str:
    """The words one space apart, with a space at both ends, so that a name is found as a whole."""
    return f" {' '.join(_WORD.findall(text))} "


def _has(words: str, name: Sequence[str]) -> bool:
    return f" {' '.join(name)} " in words


_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_KOREAN_DATE = re.compile(r"(?:\d{4}년\s*)?(\d{1,2})월\s*(\d{1,2})일")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENGLISH_DATE = re.compile(
    rf"\b((?:{'|'.join(_MONTHS)})[a-z]*)\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?", re.IGNORECASE
)
_WORD = re.compile(r"@\d+-\d+|[a-z0-9]+(?:[./+&'-][a-z0-9]+)*[+#]*")
_RUN = re.compile(rf"(?:{_WORD.pattern})(?: (?:{_WORD.pattern}))*")
_NUMBER = re.compile(r"@\d+-\d+|(?<![\w.])\d+(?:\.\d+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")
_ROUND_UP = re.compile(
    r"모든 것|총정리|한눈에|한자리에|모아\s?보기"
    r"|\b(?:everything|all (?:the )?(?:news|announcements)|all (?:we|they) announced|recap|round-?up)\b",
    re.IGNORECASE,
)
