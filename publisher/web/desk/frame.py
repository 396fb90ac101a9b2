"""The frame of the desk's pages: who is signed in, and what was just done."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from publisher.domain import rights
from publisher.domain.rights import ROUTES, Right
from publisher.language import LANGUAGES
from publisher.web.shell import shell


def page(request: Request, name: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """The template `desk/NAME`, with the editor who looks at it and what they `may("approve")`. No cache keeps it."""
    here = shell(request)
    editor = getattr(request.state, "editor", None)
    frame = {
        "editor": editor,
        "is_guest": bool(here.guest),
        "asked": asked(request),
        "ways": ways(request),
        "may": lambda name: may(request, Right(name)),
    }
    response = here.page(request, f"desk/{name}", status=status, **frame, **values)
    response.headers["Cache-Control"] = "no-store"
    return response


def piece(request: Request, name: str, tag: str, **values: object) -> Response:
    """The template `desk/NAME` as a piece of a page that is looked at again and again; 304 for who has it already."""
    quoted = f'"{tag}"'
    if request.headers.get("if-none-match") == quoted:
        return Response(status_code=304, headers={"ETag": quoted})
    response = page(request, name, status=200, **values)
    response.headers["ETag"] = quoted
    return response


def ways(request: Request) -> frozenset[str]:
    """The addresses of the desk's pages that this editor may look at: the frame links to no other."""
    return frozenset(path for (method, path), right in ROUTES.items() if method == "GET" and may(request, right))


def may(request: Request, right: Right) -> bool:
    """Whether the editor who looks has that right; a page offers nothing that would be refused."""
    editor = getattr(request.state, "editor", None)
    return editor is not None and rights.may(editor.role, right)


def to_issue(request: Request, number: int, said: str) -> RedirectResponse:
    """Back to the page of an issue, which says what was done; `said` is one of the page's own words for it."""
    language = f"&lang={asked(request)}" if asked(request) else ""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/desk/issues/{number}?said={said}{language}", 303)


def asked(request: Request) -> str:
    """The language that the address of this page asks for; what follows from the page asks for it too."""
    lang = request.query_params.get("lang", "")
    return lang if lang in LANGUAGES else ""
