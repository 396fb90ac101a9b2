"""The headline of a page, without what the site puts around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from publisher.editorial.markup import clean

_SEPARATOR = re.compile(r"\s+(?:[|│ㅣ｜:·•»«›‹<>–—~/-]|::|\|\||--|->)\s+|\s*[|│｜]\s*|(?<=[^\s\d]):\s+")
_STRONG = re.compile(r"\s*[|│ㅣ｜»]\s*|\s+::\s+")
_BRACKET = re.compile(r"[\[【〔]\s?([^\[\]【】〔〕]{2,40}?)\s?[\]】〕]\s?")
# A page that has no more to say of itself than this has no headline.
_NO_HEADLINE = re.compile(
    r"home|home ?page|index|welcome|untitled(?: document)?|blog|news|article|articles|main|default|document|front ?page"
    r"|홈|홈페이지|메인|메인 ?페이지|뉴스|기사|기사 ?본문|본문|블로그|제목 ?없음|무제|목록|게시판",
    re.IGNORECASE,
)
_LONGEST = 500


def choose_headline(
    *,
    said: str,
    og: str,
    twitter: str,
    title: str,
    headings: Sequence[str],
    nearest: str,
    sites: Iterable[str],
    url: str,
) -> str:
    """The headline that readers see, or "" where the page has none.

    `said` is that of schema.org, `headings` the page's own, `nearest` the one over the text. A heading that another of
    them confirms is preferred: the others are often written for search engines or networks, or cut. The names of the
    site are taken from both ends, and are never the headline, nor is "Home".
    """
    shown = [clean(heading)[:_LONGEST] for heading in headings]
    names = _names_of_site(title, og, [said, og, *shown], sites, url)
    told = [_bare(clean(one)[:_LONGEST], names) for one in (said, og, nearest, twitter, title)]
    told = [one for one in told if one]
    for heading in shown:
        bare = _bare(heading, names)
        if bare and any(_confirms(bare, one) for one in told):
            return bare
    return _whole(told) if told else next((heading for heading in shown if _bare(heading, names)), "")


def is_same_line(one: str, other: str) -> bool:
    """Do they say the same but for case, space and punctuation?"""
    return bool(_key(one)) and _key(one) == _key(other)


def _names_of_site(title: str, og: str, others: Iterable[str], sites: Iterable[str], url: str) -> set[str]:
    """Every way in which the site is called here, as keys; among them what stands beside the headline in <title>."""
    names = {_key(site) for site in sites}
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    names |= {_key(host), _key(host.partition(".")[0])}
    for whole in (title, og):
        for other in others:
            if len(other) > 8 and whole.startswith(other):
                match = _SEPARATOR.match(whole[len(other) :])
                names |= {_key(whole[len(other) + match.end() :])} if match else set()
    for whole in (title, og):
        if match := _BRACKET.match(whole):
            names |= {_key(match[1])} & ({_key(title)} | names)
    return names - {""}


def _bare(text: str, names: set[str]) -> str:
    """The text without the site's names at its ends; "" where nothing else is there."""
    while not _is_site(text, names):
        shorter = _without_an_end(text, names)
        if shorter == text:
            return text
        text = shorter
    return ""


def _without_an_end(text: str, names: set[str]) -> str:
    bracket = _BRACKET.match(text)
    if bracket and _key(bracket[1]) in names:
        return text[bracket.end() :].strip()
    cuts = [(match.start(), match.end()) for match in _SEPARATOR.finditer(text)]
    for start, end in cuts:  # the longest end first: "Headline | Section | Site"
        if _key(text[end:]) in names:
            return text[:start].strip()
    for start, end in reversed(cuts):
        if _key(text[:start]) in names:
            return text[end:].strip()
    strong = list(_STRONG.finditer(text))
    if strong and len(text) - strong[-1].end() < min(30, strong[-1].start()):
        return text[: strong[-1].start()].strip()  # no headline has such a sign in it
    return text


def _is_site(text: str, names: set[str]) -> bool:
    return _key(text) in names | {""} or bool(_NO_HEADLINE.fullmatch(text.strip(" .!|-")))


def _confirms(heading: str, told: str) -> bool:
    one, other = _key(heading), _key(told)
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= 8 and shorter in longer


def _whole(told: list[str]) -> str:
    """The first of them, or another one that goes on where it was cut off."""
    first = told[0]
    start = re.sub(r"\s*(?:…|\.\.\.)$", "", first)
    if start != first:
        return next((one for one in told[1:] if one.startswith(start) and len(one) > len(start)), first)
    return first


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
