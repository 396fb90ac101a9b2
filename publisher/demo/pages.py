"""The demo's own pages of one edition: the inbox, the timeline, and the made-up papers that its items come from."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from publisher.demo import reading
from publisher.demo.edition import Edition
from publisher.demo.inbox import Mail
from publisher.editorial import markup
from publisher.store import pictures
from publisher.store.pages import item as items
from publisher.store.pages import subscriber as subscribers
from publisher.web.asked import asked
from publisher.web.shell import shell

LIMIT = 280
VIEWS = ("letter", "text", "headers", "source")
_MOST_ITEMS = 200

router = APIRouter()


def edition(request: Request) -> Edition:
    """The edition whose app this request came to."""
    found = request.app.state.edition
    assert isinstance(found, Edition)
    return found


# ---- the inbox


@router.get("/inbox")
def inbox(request: Request, to: str = "") -> Response:
    return shell(request).page(request, "demo/inbox", **_mails(edition(request), to))


@router.get("/inbox/mails")
def inbox_fragment(request: Request, to: str = "") -> Response:
    return shell(request).page(request, "demo/mails", **_mails(edition(request), to))


@router.get("/inbox/{number}")
def letter(request: Request, number: int, view: str = "letter", said: str = "") -> Response:
    here = edition(request)
    mail = _mail(here, number)
    values: dict[str, Any] = {
        "mail": mail,
        "letter": reading.read(mail.path.read_bytes()),
        "view": view if view in VIEWS else VIEWS[0],
        "has_left": _has_left(here, mail.recipient),
        "is_stuck": said == "stuck",
        "newest": len(here.inbox.mails),
    }
    return shell(request).page(request, "demo/letter", **values)


@router.get("/inbox/{number}/letter")
def framed(request: Request, number: int) -> Response:
    """The letter's HTML alone, for the sandboxed frame, with the policy of a mail program."""
    root = request.scope.get("root_path", "")
    html = reading.read(_mail(edition(request), number).path.read_bytes()).html
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {request.url.scheme}://{request.url.netloc}; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    text = reading.framed(html, f"{root}/inbox/{number}/pictures/")
    return Response(text, media_type="text/html", headers={"Content-Security-Policy": policy})


@router.get("/inbox/{number}/pictures/{content_id}")
def picture(request: Request, number: int, content_id: str) -> Response:
    found = reading.picture(_mail(edition(request), number).path.read_bytes(), content_id)
    if found is None:
        raise HTTPException(404)
    return Response(found[0], media_type=found[1])


@router.post("/inbox/{number}/leave")
def leave(request: Request, number: int) -> Response:
    """The button of a mail program: it posts to the address that the letter names (RFC 8058)."""
    here = edition(request)
    letter = reading.read(_mail(here, number).path.read_bytes())
    said = {} if reading.leave(letter.leave_url, here.base_url) else {"said": "stuck"}
    query = urlencode(said | ({"lang": asked(request)} if asked(request) else {}))
    return RedirectResponse(f"{request.scope.get('root_path', '')}/inbox/{number}{f'?{query}' if query else ''}", 303)


def _mail(here: Edition, number: int) -> Mail:
    if not 1 <= number <= len(here.inbox.mails):
        raise HTTPException(404)
    return here.inbox.mails[number - 1]


def _mails(here: Edition, to: str) -> dict[str, Any]:
    everything = here.inbox.mails[::-1]
    shown = [mail for mail in everything if to in ("", mail.recipient)]
    return {
        "mails": [(mail, *_head(mail.path)) for mail in shown],
        "to": to,
        "people": sorted({mail.recipient for mail in everything}),
    }


@lru_cache(maxsize=1_000)
def _head(path: Path) -> tuple[str, str]:
    return reading.head(path.read_bytes())


def _has_left(here: Edition, address: str) -> bool:
    with here.publication.database.read() as session:
        found = subscribers.one(session, address)
    return found is not None and found["state"] == "left"


# ---- the timeline


@router.get("/timeline")
def timeline(request: Request) -> Response:
    return shell(request).page(request, "demo/timeline", **_posts(edition(request)))


@router.get("/timeline/posts")
def timeline_fragment(request: Request) -> Response:
    return shell(request).page(request, "demo/posts", **_posts(edition(request)))


def _posts(here: Edition) -> dict[str, Any]:
    with here.timeline.lock:
        posts = here.timeline.posts[::-1]
    return {"posts": posts, "limit": LIMIT, "account": here.script.name, "handle": here.script.handle}


# ---- the papers


@router.get("/press/{source}/{path:path}")
def press(request: Request, source: str, path: str) -> Response:
    """What stands at an item's address: the article, or the whole column."""
    here = edition(request)
    paper = next((paper for paper in here.script.sources if paper.name == source), None)
    wanted = f"{here.base_url}/press/{source}/{path}"
    with here.publication.database.read() as session:
        found = [
            item for item in items.newest(session, _MOST_ITEMS) if item["source"] == source and _stands_at(item, wanted)
        ]
        stored = pictures.stored(session, [item["picture"]["url"] for item in found if item["picture"]])
    if paper is None or not found:
        raise HTTPException(404)
    values: dict[str, Any] = {
        "paper": paper,
        "articles": [
            (item, markup.to_html(item["body"]), stored.get(item["picture"]["url"]) if item["picture"] else None)
            for item in found[::-1]
        ],
    }
    return shell(request).page(request, "demo/press", **values)


def _stands_at(item: dict[str, Any], address: str) -> bool:
    return str(item["url"]).partition("?")[0] == address
