"""Amounts of money and percentages: as Korean and English write them, and whether two of them contradict each other."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from publisher.preflight.finding import Finding, Level
from publisher.preflight.reading import Reading, field_name, plain

_KOREAN = {"조": 10**12, "억": 10**8, "만": 10**4}
_ENGLISH = {
    name: factor
    for names, factor in (
        (("trillion", "tn", "t"), 10**12),
        (("billion", "bn", "b"), 10**9),
        (("million", "mn", "mm", "m"), 10**6),
        (("thousand", "k"), 10**3),
    )
    for name in names
}
_UNITS = {
    name: unit
    for unit, names in (
        ("$", ("$", "us$", "usd", "달러", "dollar", "dollars")),
        ("₩", ("₩", "krw", "원", "won")),
        ("€", ("€", "eur", "유로", "euro", "euros")),
        ("£", ("£", "gbp", "파운드")),
        ("¥", ("¥", "jpy", "엔", "yen")),
        ("CN¥", ("위안", "yuan")),
        ("%", ("%", "percent", "퍼센트")),
    )
    for name in names
}
_N = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORD = "trillion|billion|million|thousand|tn|bn|mn|mm"
_AMOUNT = re.compile(
    # $3.2 billion, US$ 32억, ₩1,200
    rf"(?P<sign>US\$|\$|₩|€|£|¥)\s?(?P<n1>{_N})(?:\s?(?P<k1>{_WORD}|[TBMK](?![A-Za-z]))|(?P<h1>[조억만])(?![가-힣]|\s?\d))?"
    # 3조 2,000억 원, 32억 달러, 3천만 달러
    rf"|(?P<hangul>(?:(?:{_N})\s?(?:[천백]\s?)?[조억만]\s?)+(?:(?:{_N})\s?)?)(?P<u2>달러|원|유로|엔|위안|파운드)"
    # 5,000달러, 12 percent
    rf"|(?P<n3>{_N})\s?(?P<k3>{_WORD})?\s?(?P<u3>달러|원(?![가-힣])|유로|엔(?![가-힣])|위안|파운드"
    r"|dollars?\b|won\b|euros?\b|yen\b|yuan\b|USD\b|KRW\b|EUR\b|%|percent\b|퍼센트)",
    re.IGNORECASE,
)
_PART = re.compile(rf"({_N})\s?([천백]?)\s?([조억만]?)")
_SMALL = {"": 1, "천": 1_000, "백": 100}
_CLOSE = 0.06  # "about 3 billion" for 2.9: rounding is no contradiction


@dataclass(frozen=True, slots=True)
class Amount:
    """`value` in whole units of `unit`, as `said`."""

    value: float
    unit: str
    said: str


@lru_cache(maxsize=2_000)
def amounts(text: str) -> tuple[Amount, ...]:
    """Every amount of money and percentage in a text, in order."""
    return tuple(amount for match in _AMOUNT.finditer(text) if (amount := _amount(match)) is not None)


def contradictions(reading: Reading) -> Iterator[Finding]:
    """Amounts of an item that its source, or another of its own fields, has otherwise.

    Told is what differs by a power of ten (억 for billion), and what differs where there is only one to compare with.
    What a source says itself is not held against it.
    """
    for pick in reading.issue.picks:
        source = amounts(reading.source_words(pick))
        known = list(source)
        fields = [("headline", pick.headline), ("body", plain(pick.body)), ("blurb", pick.blurb)]
        fields += [(f"post:{channel}:text", wish.text) for channel, wish in pick.posts.items() if not wish.is_off]
        for name, words in fields:
            found = amounts(words)
            for one in found:
                if any(_is_same(one, other) for other in known):
                    continue
                other = _mistaken_for(one, found, known)
                if other is None:
                    continue
                yield Finding(
                    Level.WARNING,
                    "amounts",
                    field_name(pick, name),
                    f"it says {one.said}, and the source says {other.said}"
                    if other in source
                    else f"it says {one.said}, and another text of the item says {other.said}",
                    "look which is right",
                )
            known += [one for one in found if one not in known]


def _mistaken_for(one: Amount, found: Sequence[Amount], known: Sequence[Amount]) -> Amount | None:
    """The amount that `one` seems to be meant for, in another text; None where that is not clear."""
    by_unit: dict[str, list[Amount]] = defaultdict(list)
    for other in known:
        by_unit[other.unit].append(other)
    others = by_unit[one.unit]
    if one.unit != "%":
        for other in others:
            if one.value and other.value and _is_power_of_ten(one.value / other.value):
                return other
    values = {other.value for other in others}
    alone = len({other.value for other in found if other.unit == one.unit}) == 1
    return others[0] if len(values) == 1 and alone else None


def _is_power_of_ten(ratio: float) -> bool:
    power = math.log10(ratio)
    return round(power) != 0 and abs(power - round(power)) < 0.004


def _is_same(one: Amount, other: Amount) -> bool:
    return one.unit == other.unit and abs(one.value - other.value) <= _CLOSE * max(one.value, other.value)


def _amount(match: re.Match[str]) -> Amount | None:
    said = " ".join(match[0].split())
    if match["n1"]:
        factor = _ENGLISH.get((match["k1"] or "").lower(), 1) * _KOREAN.get(match["h1"] or "", 1)
        return Amount(_number(match["n1"]) * factor, _UNITS[match["sign"].lower()], said)
    if match["hangul"]:
        return Amount(_korean(match["hangul"]), _UNITS[match["u2"]], said)
    factor = _ENGLISH.get((match["k3"] or "").lower(), 1)
    return Amount(_number(match["n3"]) * factor, _UNITS[match["u3"].lower()], said)


def _korean(text: str) -> float:
    """3조 2,000억 is 3,200,000,000,000."""
    return sum(
        _number(number) * _SMALL[small] * _KOREAN.get(large, 1)
        for number, small, large in _PART.findall(text)
        if number
    )


def _number(text: str) -> float:
    return float(text.replace(",", ""))
