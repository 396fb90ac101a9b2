"""The surfaces of an issue beside the fields they are written in: each opens at the pick that is being written.

They are the documents of `previews.py`, in the same sandbox, with one anchor more, which the address names: #here.
"""

from __future__ import annotations

import re
from html import escape
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from publisher.errors import NotFound
from publisher.render.preview import found_at
from publisher.render.slots import fill
from publisher.store import issues
from publisher.store.pages import desk
from publisher.web.desk.previews import Number, document, sample
from publisher.web.shell import shell

HERE = '<a id="here" style="scroll-margin-top:5rem"></a>'
_SURFACES = {"letter": "html", "page": "page", "text": "text"}
_PLAIN = (
    '<!doctype html><html><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><style>'
    "pre{{margin:0;padding:1rem;font:14px/1.6 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;"
    "overflow-wrap:anywhere}}</style></head><body><pre>{text}</pre></body></html>"
)

router = APIRouter(prefix="/issues/{number}/live")


@router.get("/{surface}")
def live(
    request: Request,
    number: Number,
    surface: Literal["letter", "page", "text"],
    item: Annotated[int, Query(ge=0)] = 0,
    ground: Literal["light", "dark"] = "light",
) -> Response:
    """That surface of what would go out now. Raises NotFound where nothing was rendered yet."""
    here = shell(request)
    with here.publication.database.read() as session:
        row = issues.by_number(session, number)
        found = desk.shown_proof(session, row)
        pick = next((one for one in issues.picks(session, row.id or 0) if one.item_id == item), None)
    if found is None:
        raise NotFound(f"No. {number} has no proof")
    content, reader = found[1][_SURFACES[surface]], sample(here.publication)
    headline = escape(pick.headline) if pick else ""
    if surface == "text":
        text = escape(fill(content, reader))
        at = text.rfind(headline) if headline else -1  # above its own place it may be one of the lines below the title
        return document(_PLAIN.format(text=text if at < 0 else text[:at] + HERE + text[at:]), ground)
    html = content if surface == "page" else fill(content, reader, escape)
    html = found_at(html, _pictures(request))
    # They are shown from here, by whatever name the desk is reached.
    own = f"{here.own.geturl().rstrip('/')}/pictures/"
    html = re.sub(r' src(?:set)?="[^"]*"', lambda found: found[0].replace(own, _pictures(request)), html)
    return document(_anchored(html, headline, pick.position if pick else 0), ground)


def _pictures(request: Request) -> str:
    return f"{request.scope.get('root_path', '')}/pictures/"


def _anchored(html: str, headline: str, position: int) -> str:
    """With the anchor before the heading of the pick, or where the template has one of its own."""
    own = re.search(rf'<[a-z]+[^>]*\sid="item-{position}"', html)
    heading = re.search(r"<h[2-6][^>]*>(?:\s*<[^>]+>)*\s*" + re.escape(headline), html) if headline else None
    at = own or heading
    return html[: at.start()] + HERE + html[at.start() :] if at else html
