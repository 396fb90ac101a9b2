"""What went wrong, as a page that people can read, in their language; a short plain text for programs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from publisher.errors import DatabaseError, NotAllowed, NotFound, PublisherError, SecretMissing
from publisher.web.shell import shell

RETRY_SECONDS = 30
_log = logging.getLogger("publisher.web")


@dataclass(frozen=True, slots=True)
class Told:
    """One kind of failure: what it is, and what the reader may do."""

    title: str
    text: str


def _(text: str) -> str:
    """Marks a text for the catalogue; it is translated where it is shown."""
    return text


TOLD: Mapping[int, Told] = {
    400: Told(_("That could not be read"), _("What was sent is not what this page asks for. Nothing was changed.")),
    401: Told(
        _("Please sign in"),
        _("This page is for editors. Nothing was changed: sign in on another tab, then do this again."),
    ),
    403: Told(
        _("This came from another site"),
        _("So that nobody acts in your name, this is only done from our own pages. Nothing was changed."),
    ),
    404: Told(
        _("There is no page at this address"),
        _("The address may be incomplete, or the page is not there any more. Every issue is in the list."),
    ),
    405: Told(_("This cannot be done here"), _("The address is right, but it takes no such request.")),
    408: Told(_("That took too long"), _("The rest of it did not come. Nothing was changed; please try again.")),
    409: Told(_("That did not work"), _("Nothing was changed.")),
    413: Told(_("That is too large"), _("No form of ours needs so much. Nothing was changed.")),
    500: Told(
        _("Something went wrong here"),
        _("The fault is ours, and it has been written down. Please try again in a moment."),
    ),
    503: Told(
        _("We cannot look anything up just now"),
        _("Nothing is lost. This comes back by itself; please try again in a minute."),
    ),
}
BEYOND = Told(_("This is not for your role"), _("Nothing was changed. An admin of this publication gives roles."))


def answer(
    request: Request,
    status: int,
    *,
    told: Told | None = None,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer that says so: a page where a browser asks, else one line of text. `detail` is a sentence to add."""
    told = told or TOLD.get(status) or TOLD[400 if status < 500 else 500]
    words = shell(request).words(request)
    detail = words.tell(detail)
    detail = detail[:1].upper() + detail[1:]
    extra = {"X-Robots-Tag": "noindex"} | dict(headers or {})
    if "text/html" not in request.headers.get("accept", ""):
        line = f"{words.gettext(told.title)}. {detail or words.gettext(told.text)}\n"
        return PlainTextResponse(line, status, extra | {"Content-Language": words.code, "Vary": "Accept-Language"})
    page = shell(request).page(
        request,
        "public/error",
        status=status,
        code=status,
        title=words.gettext(told.title),
        text=words.gettext(told.text),
        detail=detail,
    )
    page.headers.update(extra)
    return page


def unexpected(request: Request) -> Response:
    """What nobody expected, told without a word of it; also where the page for it is broken itself."""
    try:
        return answer(request, 500)
    except Exception:
        _log.exception("the page that says so failed too")
        return PlainTextResponse(f"{TOLD[500].title}. {TOLD[500].text}\n", 500)


def handle(app: FastAPI) -> None:
    """Let `app` answer its failures so. What nobody expected is answered by the guard."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(PublisherError, _ours)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    is_told = error.detail and error.detail != HTTPStatus(error.status_code).phrase
    detail = error.detail if is_told else ""
    return answer(request, error.status_code, detail=detail, headers=error.headers)


async def _unreadable(request: Request, _error: Exception) -> Response:
    """A form or an address with something else in it than it asks for."""
    return answer(request, 404 if request.method == "GET" else 400)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, PublisherError)
    return ours(request, error)


def ours(request: Request, error: PublisherError) -> Response:
    """Of the database, and of a secret, only that it is gone: where it was concerns nobody outside."""
    match error:
        case DatabaseError() | SecretMissing():
            _log.error("%s", error.message)
            return answer(request, 503, headers={"Retry-After": str(RETRY_SECONDS)})
        case NotFound():
            return answer(request, 404, detail=error.message)
        case NotAllowed():
            return answer(request, 403, told=BEYOND, detail=error.message)
        case _:
            return answer(request, 409, detail=error.message)
