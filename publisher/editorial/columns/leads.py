"""Items without sub-headings: each begins in its own first paragraph, with a number, a sign, bold words or a link.

"1. Headline. Text", "▲ A sentence. Text", "**Bold words** and text", or a list whose every item is one item. Each such
paragraph is taken apart into its headline and the text after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from publisher.editorial.columns import lines
from publisher.editorial.columns.furniture import begins_list, is_closing, is_furniture
from publisher.editorial.columns.parts import Link, Part
from publisher.editorial.markup import clean, plain
from publisher.editorial.sentences import sentences
from publisher.editorial.words import literal, literal_start

LONGEST = 150
_FEWEST_IN_LIST = 3
_MARKS = re.compile(
    rf"\\?(?:[{lines.SIGNS}\ufe0f{lines.DASHES}]\s*)+|[(\[]?\d{{1,2}}\s?\\?[.)\]]\s*|\d\ufe0f?\u20e3\s*|[①-⑳❶-❿]\s*"
)
_BOLD = re.compile(r"\*\*(?P<lead>[^*].*?)\*\*(?:\s*[:：–—-]+\s)?\s*(?P<rest>.*)", re.DOTALL)
_LINK = re.compile(
    r"\[(?P<lead>(?:[^\[\]\\]|\\.)+)\]\((?P<url>\S+?)\)(?:\s*[:：–—-]+\s|[:：])?\s*(?P<rest>.*)", re.DOTALL
)
_Lead = tuple[Part, Part]  # the headline, and the text after it


Divided = tuple[list[Part], dict[int, str]]


def by_marks(parts: Sequence[Part]) -> Divided | None:
    """The parts with each such paragraph taken apart, and where the headlines are; None where there are not two.

    Looked for are numbers and signs; in `by_looks` bold words, and items of a list.
    """
    return _first(parts, (_numbered, _signed))


def by_looks(parts: Sequence[Part]) -> Divided | None:
    return _first(parts, (_bold, _listed))


def _first(parts: Sequence[Part], styles: Sequence[Callable[[Sequence[Part]], dict[int, _Lead]]]) -> Divided | None:
    leads = next((found for style in styles if len(found := style(parts)) >= 2), None)
    return _taken_apart(parts, leads) if leads else None


def _taken_apart(parts: Sequence[Part], leads: dict[int, _Lead]) -> Divided:
    divided: list[Part] = []
    headlines: dict[int, str] = {}
    for index, part in enumerate(parts):
        if index in leads:
            heading, rest = leads[index]
            headlines[len(divided)] = heading.text
            divided += [heading, rest] if rest.text else [heading]
        else:
            divided.append(part)
    return divided, headlines


def _numbered(parts: Sequence[Part]) -> dict[int, _Lead]:
    """Numbers in their order: 1, 2, 3."""
    found: dict[int, _Lead] = {}
    for index, part in enumerate(parts):
        numbered = lines.number(part.text) if _may_lead(part) else None
        if numbered and numbered[0] == len(found) + 1 and (lead := _marked(part) or _sentence(part)):
            found[index] = lead
    return found


def _signed(parts: Sequence[Part]) -> dict[int, _Lead]:
    """The sign that begins most paragraphs. Right below a picture it begins the caption."""
    begun: dict[str, dict[int, _Lead]] = {}
    for index, part in enumerate(parts):
        is_caption = index > 0 and parts[index - 1].picture is not None
        if _may_lead(part) and not is_caption and part.text[0] in lines.SIGNS + lines.DASHES:
            lead = _marked(part) or _sentence(part)
            begun.setdefault(part.text[0], {}).update({index: lead} if lead else {})
    return max(begun.values(), key=len, default={})


def _bold(parts: Sequence[Part]) -> dict[int, _Lead]:
    return _where(parts, lambda part: part.body.startswith("**") or bool(re.match(r"\[\*\*", part.body)))


def _listed(parts: Sequence[Part]) -> dict[int, _Lead]:
    """The list, not one inside another, that has most items which begin with a link or bold words."""
    lists: dict[int | None, dict[int, _Lead]] = {}
    before: Part | None = None
    for index, part in enumerate(parts):
        if len(part.path) == 1 and part.path[0].list_id is not None and part.is_inside:
            is_first = before is None or before.path[:1] != part.path
            lead = _marked(part) if is_first else None
            if lead and not _is_aside(lead[0].text):
                lists.setdefault(part.path[0].list_id, {})[index] = lead
        before = part
    best = max(lists.values(), key=len, default={})
    return best if len(best) >= _FEWEST_IN_LIST else {}


def _where(parts: Sequence[Part], is_one: Callable[[Part], bool]) -> dict[int, _Lead]:
    leads = {index: _marked(part) for index, part in enumerate(parts) if _may_lead(part) and is_one(part)}
    return {index: lead for index, lead in leads.items() if lead}


def _may_lead(part: Part) -> bool:
    return (
        part.is_inside
        and not part.path
        and not part.picture
        and part.hint not in ("caption", "byline", "date", "title", "series", "dek", "note")
        and lines.note(part.text) is None
        and not is_furniture(part.text)
        and not lines.caption(part.text)
    )


def _is_aside(headline: str) -> bool:
    return begins_list(headline) or is_closing(headline) or is_furniture(headline)


def _marked(part: Part) -> _Lead | None:
    """The bold words or the link that the paragraph begins with, and what follows."""
    body = _without_mark(part.body)
    match = _BOLD.match(body) or _LINK.match(body)
    if not match or not match["rest"].strip():
        return None
    words = clean(plain(match["lead"]))
    headline = words.rstrip(" .")
    is_label = headline.endswith((":", "：")) and match.re is _BOLD  # "Why it matters:"
    if not 2 < len(headline) <= LONGEST or is_label or lines.is_source_link(headline):
        return None
    links = tuple(link for link in part.links if link.words and link.words in words)
    return _lead(part, headline, match["rest"], links)


def _sentence(part: Part) -> _Lead | None:
    """The first sentence. What says no more than that says it again as the text."""
    text = _without_mark(part.text)
    found = sentences(text)
    if not found or not lines.is_prose(part.text):
        return None
    headline = found[0].rstrip(" .")
    if not 2 < len(headline) <= LONGEST:
        headline = headline[: LONGEST - 1].rsplit(" ", 1)[0] + "…"
    body = _without_mark(part.body)
    rest = text[len(found[0]) :].strip() if text.startswith(found[0]) else ""
    if rest and len(headline) < LONGEST and body == literal(text):
        body = literal_start(literal(rest))
    return _lead(part, headline, body, ())


def _without_mark(text: str) -> str:
    match = _MARKS.match(text)
    return text[match.end() :] if match else text


def _lead(part: Part, headline: str, rest: str, links: tuple[Link, ...]) -> _Lead:
    rest = rest.strip()
    others = tuple(link for link in part.links if link not in links)
    heading = replace(part, text=headline, body=literal(headline), path=(), level=0, is_bold=True, links=links)
    below = replace(part, text=clean(plain(rest)), body=rest, path=part.path[1:], is_bold=False, links=others)
    return heading, replace(below, follows_break=False)
