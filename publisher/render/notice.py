"""Notices: what editors are told by mail, from templates in their own language.

A notice is a template of Markdown, `notices/LANGUAGE/KIND.md.j2`. Its first line is the subject; what the rest becomes
is framed by `notices/notice.html.j2`. Every text that goes into a template is written so that Markdown shows it as it
is. News is never lost to a template with a mistake: it is told in plain words then, and the mistake with it.
"""

from __future__ import annotations

import hashlib
import html as entities
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from publisher.config.settings import Publication
from publisher.domain.notice import (
    APPROVE_LINK,
    INVITATION_LASTS,
    LINK,
    LINK_LASTS,
    RESET_LASTS,
    Approved,
    ChangesAsked,
    DraftReady,
    Held,
    Invited,
    Late,
    Needed,
    News,
    Notice,
    ResetAsked,
    Sent,
    Skipped,
    SourceTrouble,
    SourceWell,
    WithoutNumber,
)
from publisher.domain.sending import SETTLED
from publisher.editorial import markup
from publisher.errors import RenderError
from publisher.language import Language, language
from publisher.language.particles import with_particles
from publisher.render.face import Face
from publisher.render.letter import styled, tidied
from publisher.render.words import WORDS

LAYOUT = "notices/notice.html.j2"
LONGEST_SUBJECT = 160
LONGEST_VALUE = 600

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_LONE_LINK = re.compile(r'<p><a href="([^"]*)">((?:(?!</?[ap]\b).)*)</a></p>', re.DOTALL)


class NoticeWriter:
    """Writes news with a publication's templates; one that it has not got is taken from `packaged`."""

    def __init__(self, publication: Publication, templates: Path, packaged: Path) -> None:
        self.language = publication.language
        self._publication = publication
        self._own = Face(templates)
        self._packaged = Face(packaged)

    def write(self, news: News, code: str, now: datetime) -> Notice:
        """The notice in the language of that code, told at `now`."""
        words = language(code)
        # Stands for the link until the text is whole. No text can hold it: it would have to know its own hash.
        place = f"https://{hashlib.sha256(repr(news).encode(errors='replace')).hexdigest()[:32]}.invalid"
        try:
            return self._written(news, words, now, place)
        except RenderError as error:
            return self._in_plain_words(news, words, now, error)

    def _written(self, news: News, words: Language, now: datetime, place: str) -> Notice:
        approves = f"{place}/approve"
        urls = {
            "desk_url": Markup(place),  # noqa: S704 - an address of ours
            "approve_url": Markup(approves if _has_approval(news) else ""),  # noqa: S704 - as well
        }
        values = _values(news, words, self._publication) | urls
        name = f"notices/{words.code}/{news.kind}.md.j2"
        face = self._face(name)
        first, _, body = face.fill(name, values).text.partition("\n")
        subject = _subject(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", first))
        if not subject:
            raise RenderError(f"{face.shown(name, 1)}: the first line is the subject and is empty; write one")
        foot = self._foot(news, words, now)
        shown = tidied(markup.to_text(body)).rstrip("\n")
        text = re.sub(rf"^(.+) \(({re.escape(place)}(?:/approve)?)\)$", r"\1:\n\2", shown, flags=re.MULTILINE)
        html = self._framed(subject, body, foot, words, place)
        links = {approves: APPROVE_LINK, place: LINK}
        return Notice(subject, _linked(f"{text}\n\n-- \n{foot}\n", links), _linked(html, links))

    def _framed(self, subject: str, body: str, foot: str, words: Language, place: str) -> str:
        values = {
            "publication": self._publication.name,
            "language": words.code,
            "subject": subject,
            "preheader": _cut(markup.plain(body).partition("\n\n")[0], LONGEST_SUBJECT),
            "prose": _prose(markup.to_html(body)),
            "foot": foot,
            "desk_url": place,
        }
        return self._face(LAYOUT).fill(LAYOUT, values).text

    def _in_plain_words(self, news: News, words: Language, now: datetime, error: RenderError) -> Notice:
        """What happened, where to look and what is wrong with the template, without any template."""
        said = _in_a_sentence(news, words, self._publication)
        why = words.gettext("This notice comes without its template, because the template has a mistake:")
        foot = self._foot(news, words, now)
        desk = words.gettext("Open the desk")
        mistake = _line(words.tell(error.message))
        text = f"{said}\n\n{desk}:\n{LINK}\n\n{why}\n{mistake}\n\n-- \n{foot}\n"
        paragraphs = "".join(
            f"<p>{part}</p>\n"
            for part in (
                entities.escape(said),
                f'<a href="{LINK}">{entities.escape(desk)}</a>',
                f"{entities.escape(why)}<br>{entities.escape(mistake)}",
                f"<small>{entities.escape(foot)}</small>",
            )
        )
        html = (
            f'<!doctype html>\n<html lang="{words.code}">\n<head><meta charset="utf-8">'
            f'<meta name="color-scheme" content="light dark"><title>{entities.escape(said)}</title></head>\n'
            f"<body>\n{paragraphs}</body>\n</html>\n"
        )
        return Notice(_subject(said), text, html)

    def _face(self, name: str) -> Face:
        return self._own if self._own.has(name) else self._packaged

    def _foot(self, news: News, words: Language, now: datetime) -> str:
        _ = words.gettext
        match news:
            case Invited():
                lasts = INVITATION_LASTS
                said = _("The link is yours alone and good once, until {until}. Nothing happens if you do not use it.")
            case ResetAsked():
                lasts = RESET_LASTS
                said = _("The link is yours alone and good once, until {until}. Nothing happens if you do not use it.")
            case _:
                lasts = LINK_LASTS
                said = _(
                    "You get this because you are an editor of {publication}. Until {until} the link signs in whoever "
                    "has no password yet, so do not pass it on."
                )
        until = words.moment(now + lasts, self._publication.timezone)
        return said.format(publication=_line(self._publication.name), until=until)


def _has_approval(news: News) -> bool:
    return isinstance(news, DraftReady) and news.may_approve


def _linked(text: str, links: Mapping[str, str]) -> str:
    for place, mark in links.items():
        text = text.replace(place, mark)
    return text


def _prose(fragment: str) -> Callable[..., Markup]:
    """What a layout calls with a style for each tag; a link alone in its paragraph is a button.

    `fragment` is well-formed and washed (`editorial/markup.py`), so it may go in as it is.
    """

    def prose(*, button: str = "", button_p: str = "", **styles: str) -> Markup:
        parts = _LONE_LINK.split(fragment)
        woven = [styled(parts[0], styles)]
        for url, said, after in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            woven += [f'<p style="{button_p}"><a class="button" style="{button}" href="{url}">{said}</a></p>']
            woven += [styled(after, styles)]
        return Markup("".join(woven))  # noqa: S704 - see above

    return prose


def _values(news: News, words: Language, publication: Publication) -> dict[str, object]:
    """What a template of that news knows: texts that Markdown shows as they are, and counts."""

    def moment(time: datetime) -> Markup:
        return _literal(words.moment(time, publication.timezone))

    values: dict[str, object] = {
        "publication": _literal(publication.name),
        "number": words.number,
        "sentence": _sentence,
    }
    if not isinstance(news, WithoutNumber) and news.number is not None:
        values["issue"] = _literal(WORDS[words.code].number(news.number))
    match news:
        case DraftReady():
            more: Mapping[str, object] = {
                "title": _literal(news.title),
                "headlines": [_literal(headline) for headline in news.headlines],
                "leaves_at": moment(news.send_at),
                "proof": _literal(news.digest[:12]),
            }
        case ChangesAsked():
            more = {
                "title": _literal(news.title),
                "by": _literal(news.by),
                "note": [_literal(line) for line in news.note.split("\n") if line.strip()],
                "leaves_at": moment(news.send_at),
            }
        case Approved():
            more = {
                "title": _literal(news.title),
                "by": [_literal(editor) for editor in news.by],
                "leaves_at": moment(news.leaves_at),
                "audience": news.audience,
            }
        case Held():
            more = {
                "title": _literal(news.title),
                "reason": _literal(words.tell(news.reason)),
                "leaves_at": moment(news.send_at),
            }
        case Late():
            more = {
                "title": _literal(news.title),
                "late_by": _literal(words.span(news.late_by)),
                "left_at": moment(news.released_at),
            }
        case Sent():
            more = {
                "title": _literal(news.title),
                "sent_at": moment(news.sent_at),
                "audience": news.audience,
                "letters": _counts(news.deliveries),
                "posts": _counts(news.posts),
            }
        case Skipped():
            day = news.send_at.astimezone(publication.timezone)
            more = {
                "day": _literal(words.day(day)),
                "date": Markup(day.date().isoformat()),  # noqa: S704 - digits, for a command in a code span
                "reason": _literal(words.tell(news.reason)),
            }
        case Needed():
            more = {
                "what": _literal(_what(news, words)),
                "reason": _literal(words.tell(news.reason)),
                "since": moment(news.since),
            }
        case SourceTrouble():
            more = {
                "source": _literal(news.source),
                "trouble": news.trouble.value,
                "reason": _literal(words.tell(news.reason)),
                "since": moment(news.since),
                "failures": news.failures,
                "gap": _literal(words.span(news.rhythm)) if news.rhythm else "",
                "moved_to": _literal(news.moved_to),
            }
        case SourceWell():
            more = {
                "source": _literal(news.source),
                "since": moment(news.since),
                "well_at": moment(news.well_at),
            }
        case Invited():
            more = {"by": _literal(news.by), "role": _literal(words.tell(news.role))}
        case ResetAsked():
            more = {}
    return values | dict(more)


def _in_a_sentence(news: News, words: Language, publication: Publication) -> str:
    _ = words.gettext
    number = "" if isinstance(news, WithoutNumber) or news.number is None else WORDS[words.code].number(news.number)
    match news:
        case DraftReady():
            said = _("The draft of {issue} is ready: {title}").format(issue=number, title=_line(news.title))
        case ChangesAsked():
            told = _("{who} asks for changes of {issue}: {note}")
            said = told.format(who=_line(news.by), issue=number, note=_line(news.note))
        case Approved():
            when = words.moment(news.leaves_at, publication.timezone)
            said = _("{issue} is approved and leaves on {when}").format(issue=number, when=when)
        case Held():
            reason = _line(words.tell(news.reason))
            said = _("{issue} is held and will not leave by itself: {reason}").format(issue=number, reason=reason)
        case Late():
            said = _("{issue} left late, by {span}").format(issue=number, span=words.span(news.late_by))
        case Sent():
            said = _("{issue} has been sent: {title}").format(issue=number, title=_line(news.title))
        case Skipped():
            day = words.day(news.send_at.astimezone(publication.timezone))
            said = _("No issue on {day}: {reason}").format(day=day, reason=_line(words.tell(news.reason)))
        case Needed():
            said = f"{_what(news, words)}: {_line(words.tell(news.reason))}"
        case SourceTrouble():
            told = _("The source {source} is in trouble: {reason}")
            said = told.format(source=_line(news.source), reason=_line(words.tell(news.reason)))
        case SourceWell():
            said = _("The source {source} is well again").format(source=_line(news.source))
        case Invited():
            said = _("You are invited to the desk of {publication}").format(publication=_line(publication.name))
        case ResetAsked():
            said = _("A new password for the desk of {publication}").format(publication=_line(publication.name))
    return with_particles(said)


def _what(news: Needed, words: Language) -> str:
    if news.number is not None and news.what == f"No. {news.number}":
        return WORDS[words.code].number(news.number)
    _ = words.gettext
    stages = {"collect": _("collecting the news"), "compose": _("making the draft"), "send": _("the planned sending")}
    kind, _space, channel = news.what.partition(" ")
    if kind == "channel" and channel:
        return _("the channel {channel}").format(channel=_line(channel))
    return stages.get(news.what) or _line(words.tell(news.what))


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    """By state, each there; what is not settled is `waiting`."""
    settled = {state.value: counts.get(state.value, 0) for state in sorted(SETTLED)}
    return settled | {"waiting": sum(counts.values()) - sum(settled.values())}


def _literal(text: str) -> Markup:
    """`text` in Markdown that shows exactly it, on one line."""
    return Markup(_PUNCTUATION.sub(r"\\\1", _line(text)))  # noqa: S704 - nothing in it is left to HTML or Markdown


def _sentence(literal: str) -> Markup:
    """A reason as a sentence of its own; a host or a file that it begins with keeps its spelling."""
    end = "" if not literal or literal[-1] in ".!?…" else "."
    begun = re.sub(r"^[a-z](?=[a-z]*[ ,])", lambda first: first[0].upper(), literal)
    return Markup(f"{begun}{end}")  # noqa: S704 - what was literal stays so


def _subject(text: str) -> str:
    return _cut(_line(text), LONGEST_SUBJECT)


def _line(text: str) -> str:
    return _cut(markup.clean(text), LONGEST_VALUE)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
