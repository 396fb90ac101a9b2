"""The surfaces of an issue, as one reader would have them: what editors look at before they approve.

They hold what sources and editors wrote, so each is a document of its own that may run nothing and reach nothing: a
sandbox without a script, with the pictures that it names. Links open in a tab of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from publisher.domain.rights import Right, needed
from publisher.errors import NotAllowed, NotFound
from publisher.mail.message import Reader, first_name
from publisher.mail.writer import LetterWriter
from publisher.render.preview import found_at
from publisher.render.slots import fill
from publisher.stages.preview import TEST_READER
from publisher.store import issues, pictures, subscribers
from publisher.store.pages import desk
from publisher.web.desk.frame import may
from publisher.web.public.sealed import picture_origins
from publisher.web.shell import Shell, shell
from publisher.wiring import Publication

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
# Who reads: nobody for the made-up reader, `blank` for one of whom nothing is known, or a subscriber's number.
Whose = Annotated[str, Query(alias="as", pattern=r"^(?:|blank|[1-9][0-9]{0,8})$")]
BLANK = "blank"

SAMPLES = {"ko": "김지우", "en": "Robin Hale"}
ADDRESS = "reader@example.org"
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)")
_BOTH = re.compile(r"(color-scheme\s*:\s*|color-scheme[s]?\"\s+content=\")light dark")

router = APIRouter(prefix="/issues/{number}/surfaces")


@router.get("/letter")
def letter(request: Request, number: Number, ground: str = "light", whose: Whose = "") -> Response:
    """The letter, as a mail program shows it by day or by night."""
    here = shell(request)
    html = fill(_surface(here, number, "html"), reader(request, whose), escape)
    return document(found_at(html, f"{request.scope.get('root_path', '')}/pictures/"), ground)


@router.get("/page")
def web_page(request: Request, number: Number, ground: str = "light") -> Response:
    return document(_surface(shell(request), number, "page"), ground)


@router.get("/text")
def text(request: Request, number: Number, whose: Whose = "") -> Response:
    """The letter for mail programs that show no HTML."""
    shown = fill(_surface(shell(request), number, "text"), reader(request, whose))
    return Response(shown, media_type="text/plain; charset=utf-8")


@router.get("/letter.eml")
def raw(request: Request, number: Number, whose: Whose = "") -> Response:
    """The letter as it goes on the wire, but for its leave link, which takes nobody off."""
    here, values = shell(request), reader(request, whose)
    with here.publication.database.read() as session:
        row = issues.by_number(session, number)
        found = desk.shown_proof(session, row)
        enclosed = pictures.carried(session, found[1]["html"]) if found else ()
    if found is None:
        raise NotFound(f"No. {number} has no proof")
    date = row.released_at or here.now()
    writer = LetterWriter(found[1], number, here.publication.identity(), date, pictures=enclosed)
    written = writer.letter(0, Reader(TEST_READER, values.get("email", ADDRESS), values.get("name", "")))
    name = f'attachment; filename="issue-{number}.eml"'
    return Response(written.content, media_type="message/rfc822", headers={"Content-Disposition": name})


def reader(request: Request, whose: str) -> dict[str, str]:
    """The values of one reader. Whoever reads, the leave link takes nobody off. Raises NotFound, NotAllowed."""
    publication = shell(request).publication
    made_up = sample(publication)
    if whose == "":
        return made_up
    if whose == BLANK:
        return {"leave_url": made_up["leave_url"]}
    if not may(request, Right.SUBSCRIBERS):
        role = request.state.editor.role
        raise NotAllowed(f"this takes the role {needed(Right.SUBSCRIBERS).value} or one above it, and yours is {role}")
    with publication.database.read() as session:
        found = subscribers.by_id(session, int(whose))
    if found is None:
        raise NotFound(f"there is no subscriber with the id {whose}")
    values = {"name": found.name, "first_name": first_name(found.name), "email": found.email}
    return values | {"leave_url": made_up["leave_url"]}


def sample(publication: Publication) -> dict[str, str]:
    """A made-up reader's values. The leave link takes nobody off."""
    name = SAMPLES[publication.settings.publication.language]
    leave_url = publication.identity().leave_url(TEST_READER)
    return {"name": name, "first_name": first_name(name), "email": ADDRESS, "leave_url": leave_url}


def document(html: str, ground: str) -> Response:
    """`html` on a light or a dark ground, whatever the editor's own machine prefers, with a policy of its own."""
    is_dark = ground == "dark"
    html = _SCHEME.sub(lambda asked: "(min-width:0)" if (asked[1] == "dark") == is_dark else "(max-width:0)", html)
    html = _BOTH.sub(lambda both: both[1] + ("dark" if is_dark else "light"), html)
    html = re.sub(r"(<head[^>]*>)", r'\1<base target="_blank">', html, count=1)
    return Response(html, media_type="text/html; charset=utf-8", headers=_headers(html))


def _headers(html: str) -> Mapping[str, str]:
    origins = ["'self'", *picture_origins(html)]
    policy = (
        f"sandbox {SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src {' '.join(origins)}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "unsafe-none",  # another value and a sandbox together are a network error
        "Cache-Control": "no-store",
    }


def _surface(here: Shell, number: int, name: str) -> str:
    """A surface of what went out, or of what would. Raises NotFound."""
    with here.publication.database.read() as session:
        found = desk.shown_proof(session, issues.by_number(session, number))
    if found is None:
        raise NotFound(f"No. {number} has no proof")
    return found[1][name]
