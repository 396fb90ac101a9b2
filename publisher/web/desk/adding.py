"""Add to an issue what no source gave: a page by its address, an item of one's own, a whole column.

A look stores nothing; one more press makes what it shows an item and puts it into the issue. Whatever goes wrong, what
was typed stands in the form again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from publisher.config.settings import SourceOptions
from publisher.domain import draft
from publisher.domain.issue import Issue
from publisher.domain.item import ColumnFound, ItemFound, Rights
from publisher.domain.message import Picture
from publisher.domain.picture import StoredPicture
from publisher.errors import DatabaseError, FetchError, PublisherError, WrongUse
from publisher.render.links import web_address
from publisher.sources.column import pasted
from publisher.sources.editor import written
from publisher.stages import add, edit
from publisher.store.pages import head as heads
from publisher.web.desk.choose import View, address
from publisher.web.desk.edits import form_of, means
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import page
from publisher.web.desk.head import OPEN, above
from publisher.web.desk.previews import Number
from publisher.web.shell import Shell, shell

LONGEST_COLUMN = 200_000  # characters
_TRIES = 3
_WORDS = ("url", "headline", "body", "byline", "dek", "canonical", "language", "published_at")
_PICTURE = ("picture", "alt", "caption", "credit")

router = APIRouter(prefix="/issues/{number}")
Written = Annotated[FormData, Depends(form_of)]


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent, or as a page filled it, and what is wrong with it by the name of the field."""

    words: Mapping[str, str] = field(default_factory=dict)
    rights: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)
    is_of_a_page: bool = False
    thumb: StoredPicture | None = None

    def __getitem__(self, name: str) -> str:
        return self.words.get(name, "")


@router.get("/add")
def by_address(request: Request, number: Number) -> Response:
    return _page(request, number, "address")


@router.get("/add/by-hand")
def by_hand(request: Request, number: Number) -> Response:
    return _page(request, number, "hand", Filled(rights=Rights.OWN))


@router.get("/add/column")
def column(request: Request, number: Number) -> Response:
    return _page(request, number, "column")


@router.post("/add/looks")
def look(request: Request, number: Number, form: Written) -> Response:
    """What is on that page, to be looked at and put right; nothing is stored but its picture."""
    here, url = shell(request), str(form.get("url", "")).strip()
    asked = Filled({"url": url})
    try:
        options = _editors(here)
        found = add.look(
            here.publication.fetcher, _web(url), zone=_zone(here), language=options.language, now=here.now()
        )
    except DatabaseError:
        raise
    except PublisherError as error:
        return _page(request, number, "address", replace(asked, wrong={"url": _reason(error)}), status=422)
    return _page(request, number, "look", _filled(here, found))


@router.post("/items")
def item(request: Request, number: Number, editor: Signed, form: Written) -> Response:
    """Make what the form says an item, and put it at the end of the issue."""
    here = shell(request)
    is_of_a_page = form.get("how") == "look"
    words = {name: str(form.get(name, "")) for name in (*_WORDS, *_PICTURE)}
    filled = Filled(words, str(form.get("rights", "")), is_of_a_page=is_of_a_page)
    how = "look" if is_of_a_page else "hand"
    wrong = _wrong(filled)
    if wrong:
        return _page(request, number, how, replace(filled, wrong=wrong), status=422)
    try:
        _open(here, number)
        rights = Rights(filled.rights) if filled.rights in set(Rights) else Rights.OWN
        found, by = _found(here, filled), editor.email
        database, now = here.publication.database, here.now()
        (item_id,) = add.run(database, _editors(here), [found], rights=rights, number=number, by=by, now=now)
        _put_in(here, number, item_id, by)
    except DatabaseError:
        raise
    except PublisherError as error:
        return _page(request, number, how, replace(filled, wrong={"": error.message}), status=409)
    return RedirectResponse(address(request, number, View(), f"pick-{item_id}"), 303)


@router.post("/columns/looks")
def look_at_column(request: Request, number: Number, form: Written) -> Response:
    """What a pasted column would become; nothing is stored."""
    return _column_page(request, number, str(form.get("text", "")))


@router.post("/columns")
def put_column(request: Request, number: Number, editor: Signed, form: Written) -> Response:
    """The issue becomes the column, or has its items behind its own; what it said until now is a revision."""
    here, text = shell(request), str(form.get("text", ""))
    is_replaced = form.get("mode") == "replace"
    try:
        found = _read(here, text)
        issue = _open(here, number)
        database, by, now = here.publication.database, editor.email, here.now()
        items = [replace(one, published_at=one.published_at or found.published_at) for one in found.items]
        ids = add.run(database, _editors(here), items, rights=Rights.OWN, number=number, by=by, now=now)
        order = [pick.item_id for pick in issue.picks if not is_replaced and pick.item_id not in ids]
        words = {"order": " ".join(map(str, [*order, *ids]))}
        saved = edit.save(database, number, words, _was(form), means(here), by=by, now=now)
        if not saved.conflicts:
            words = _of_column(found, ids, is_replaced=is_replaced)
            edit.save(database, number, words, {}, means(here), by=by, now=now)
    except DatabaseError:
        raise
    except PublisherError as error:
        return _column_page(request, number, text, wrong=error.message, status=409)
    if saved.conflicts:
        return _column_page(request, number, text, conflict=saved.conflicts[0], status=409)
    return RedirectResponse(address(request, number, View(), f"pick-{ids[0]}"), 303)


def _page(
    request: Request, number: int, how: str, filled: Filled | None = None, *, status: int = 200, **more: Any
) -> Response:
    here = shell(request)
    head = above(request, number, "choose")
    if head.state not in OPEN:
        return RedirectResponse(f"{request.scope.get('root_path', '')}/desk/issues/{number}", 303)
    no_source = ""
    try:
        _editors(here)
    except WrongUse as error:
        no_source = error.message
    shown: dict[str, Any] = {"found": None, "conflict": None, "text": "", "column_wrong": ""}
    return page(
        request,
        "add",
        status=status,
        head=head,
        how=how,
        filled=filled or Filled(),
        no_source=no_source,
        **shown | more,
    )


def _column_page(
    request: Request,
    number: int,
    text: str,
    *,
    wrong: str = "",
    conflict: edit.Conflict | None = None,
    status: int = 200,
) -> Response:
    """The text, and what it would become or why it is no column."""
    found = None
    try:
        found = _read(shell(request), text)
    except PublisherError as error:
        wrong, status = wrong or error.message, 422
    return _page(
        request, number, "column", found=found, text=text, column_wrong=wrong, conflict=conflict, status=status
    )


def _read(here: Shell, text: str) -> ColumnFound:
    if not text.strip():
        raise WrongUse("there is nothing in it; paste the whole column, with its title")
    if len(text) > LONGEST_COLUMN:
        raise WrongUse(f"it has {len(text):,} characters, and may have {LONGEST_COLUMN:,}; paste the column only")
    return pasted(text, _zone(here), language=here.publication.settings.publication.language)


def _filled(here: Shell, found: ItemFound) -> Filled:
    """The form with what was found, and its picture as far as it could be had."""
    picture = found.picture or Picture("")
    words = {
        "url": found.url or "",
        "headline": found.headline,
        "body": found.body,
        "byline": found.byline,
        "dek": found.dek,
        "canonical": found.canonical or "",
        "language": found.language,
        "published_at": found.published_at.isoformat() if found.published_at else "",
        "picture": picture.url,
        "alt": picture.alt,
        "caption": picture.caption,
        "credit": picture.credit,
    }
    rights = Rights.OWN if urlsplit(found.url or "").netloc == here.own.netloc else Rights.EXCERPT
    stored = here.publication.gallery.obtain([picture.url], here.now()) if picture.url else {}
    return Filled(words, rights, is_of_a_page=True, thumb=stored.get(picture.url))


def _wrong(filled: Filled) -> dict[str, str]:
    """What keeps the form from being an item, by field."""
    wrong = {}
    if not filled["headline"].strip():
        wrong["headline"] = "an item needs a headline"
    for name in ("headline", "body", "picture", "alt", "caption", "credit"):
        if len(filled[name]) > draft.LONGEST[name]:
            count, most = len(filled[name]), draft.LONGEST[name]
            wrong[name] = f"it has {count:,} characters, and may have {most:,}"
    for name in ("url", "picture"):
        if filled[name].strip() and web_address(filled[name].strip()) is None:
            wrong[name] = "it is no address of a web page; it begins with https:// or http://"
    if filled["picture"].strip() and not filled["alt"].strip() and not filled.is_of_a_page:
        wrong["alt"] = "a picture needs words for those who cannot see it"
    return wrong


def _found(here: Shell, filled: Filled) -> ItemFound:
    """The item that the form describes."""
    settings = here.publication.settings.publication
    picture = filled["picture"].strip()
    found = written(
        headline=filled["headline"],
        body=filled["body"],
        url=filled["url"].strip() or None,
        byline=filled["byline"],
        language=filled["language"][:10] or _editors(here).language or settings.language,
        picture=Picture(picture, *(filled[name].strip() for name in _PICTURE[1:])) if picture else None,
        now=_dated(filled["published_at"]) or here.now(),
    )
    canonical = web_address(filled["canonical"]) if filled["canonical"] else None
    return replace(found, dek=" ".join(filled["dek"].split())[:1_000], canonical=canonical)


def _dated(said: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(said)
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo and time.year in draft.YEARS else None


def _put_in(here: Shell, number: int, item_id: int, by: str) -> None:
    """The item at the end of the issue, whatever others do to its order meanwhile. Raises WrongUse."""
    for _ in range(_TRIES):
        order = [pick.item_id for pick in _open(here, number).picks]
        if item_id in order:
            return
        seen = " ".join(map(str, order))
        words, was = {"order": f"{seen} {item_id}".strip()}, {"order": draft.mark(seen)}
        saved = edit.save(here.publication.database, number, words, was, means(here), by=by, now=here.now())
        if not saved.conflicts:
            return
    raise WrongUse(f"item {item_id} is stored, but the order changes all the time; add it from the candidates")


def _of_column(found: ColumnFound, ids: Sequence[int], *, is_replaced: bool) -> dict[str, str]:
    """What the column says of the issue and its items, once those are in it."""
    words: dict[str, str] = {}
    for item_id, one in zip(ids, found.items, strict=False):
        picture = one.picture or Picture("")
        said = {"headline": one.headline, "body": one.body.strip(), "picture": picture.url, "alt": picture.alt}
        said |= {"caption": picture.caption, "credit": picture.credit}
        words |= {f"pick:{item_id}:{name}": value for name, value in said.items()}
    if is_replaced:
        deks = [_literal(dek) for dek in found.deks]
        title = _literal(found.title)
        words |= {"title": title, "subject": title, "deks": "\n".join(deks), "preheader": " · ".join(deks)[:300]}
        words |= {"note": _literal(found.note), "byline": found.byline, "byline_address": found.byline_address}
    return words


def _was(form: FormData) -> dict[str, str]:
    return {"order": str(form["was.order"])} if "was.order" in form else {}


def _open(here: Shell, number: int) -> Issue:
    """The issue, if it may be changed still. Raises WrongUse, NotFound."""
    with here.publication.database.read() as session:
        issue = heads.head(session, number, None, here.now()).fact
    if issue.state not in OPEN:
        raise WrongUse(f"No. {number} is {issue.state.value} and can no longer be edited")
    return issue


def _editors(here: Shell) -> SourceOptions:
    return here.publication.editor_source()


def _zone(here: Shell) -> Any:
    return here.publication.settings.publication.timezone


def _web(url: str) -> str:
    if web_address(url) is None:
        raise WrongUse("it is no address of a web page; it begins with https:// or http://")
    return url


def _reason(error: PublisherError) -> str:
    """Of an address that stands in the form anyway, only why it could not be had."""
    return error.reason if isinstance(error, FetchError) else error.message


def _literal(text: str) -> str:
    """Words of others in a field where editors may write slots: `{{` of theirs must not be taken for one."""
    return re.sub(r"\{(?=\{)", "{ ", text)
