"""Write: the source's text, my words, and the surface they become, for one pick after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from publisher.domain.issue import Pick
from publisher.editorial import marks
from publisher.errors import NotFound
from publisher.store.pages import head as heads
from publisher.store.pages import writing
from publisher.web.desk.frame import asked, page
from publisher.web.desk.head import OPEN, above
from publisher.web.desk.previews import SANDBOX, Number
from publisher.web.shell import Shell, shell

Item = Annotated[int, Query(ge=0, le=2**63 - 1)]

router = APIRouter(prefix="/issues/{number}/write")


@dataclass(frozen=True, slots=True)
class Post:
    """A pick's post on one channel. `inherited` is what it would say without a text of its own, where that is known."""

    channel: str
    kind: str
    text: str
    length: int
    limit: int
    inherited: str
    is_off: bool


@router.get("")
def write(request: Request, number: Number, item: Item = 0) -> Response:
    """The pick of that item, the first one where none is named; an issue that has left is looked at only."""
    here = shell(request)
    head = above(request, number, "write")
    root = request.scope.get("root_path", "")
    if head.state not in OPEN:
        return RedirectResponse(f"{root}/desk/issues/{number}", 303)
    pick = _pick(head.picks, item)
    if pick is None and item:
        language = f"?lang={asked(request)}" if asked(request) else ""
        return RedirectResponse(f"{root}/desk/issues/{number}/write{language}", 303)
    if pick is None:
        return page(request, "write", head=head, pick=None)
    with here.publication.database.read() as session:
        material = writing.material(session, pick.item_id, pick.picture)
        posts = writing.posts(session, number, [pick.item_id])
        sections = writing.sections(session, number)
    at = head.picks.index(pick)
    return page(
        request,
        "write",
        head=head,
        pick=pick,
        before=head.picks[at - 1] if at else None,
        after=head.picks[at + 1] if at + 1 < len(head.picks) else None,
        material=material,
        source=[marks.stretches(text, _own(pick)) for text in _given(material)],
        posts=_posts(here, pick, posts),
        # Those of config.toml in its order, as Choose has them, so that a key means the same in both.
        sections=list(dict.fromkeys([*here.publication.settings.issue.sections, *sections]))[: writing.SECTIONS_SHOWN],
        sandbox=SANDBOX,
        **_compared(pick, material),
    )


@router.get("/marks")
def marked(request: Request, number: Number, item: Item) -> Response:
    """What is marked in the own text of a pick, as a piece of its page."""
    here = shell(request)
    with here.publication.database.read() as session:
        pick = _pick(heads.head(session, number, None, here.now()).fact.picks, item)
        if pick is None:
            raise NotFound(f"item {item} is not in No. {number}")
        material = writing.material(session, item, pick.picture)
    return page(request, "marks", **_compared(pick, material))


def _pick(picks: Sequence[Pick], item: int) -> Pick | None:
    """The pick of that item; without one the first."""
    return next((pick for pick in picks if item in (0, pick.item_id)), None)


def _given(material: writing.Material) -> tuple[str, str]:
    """What the source gave: its headline, and everything below that."""
    item = material.item
    return item.headline, "\n\n".join(text for text in (item.dek, item.body) if text)


def _own(pick: Pick) -> str:
    return "\n\n".join(text for text in (pick.headline, pick.body, pick.blurb) if text)


def _compared(pick: Pick, material: writing.Material) -> dict[str, Any]:
    given = "\n\n".join(_given(material))
    return {"own": marks.stretches(_own(pick), given), "new": marks.new(_own(pick), given)}


def _posts(here: Shell, pick: Pick, found: Mapping[tuple[int, str], Mapping[str, Any]]) -> list[Post]:
    posts = []
    for options, channel in here.publication.social_channels():
        post = found.get((pick.item_id, options.name), {})
        wish = pick.posts.get(options.name)
        posts.append(
            Post(
                channel=options.name,
                kind=options.kind,
                text=post.get("text", ""),
                length=post.get("length", 0),
                limit=post.get("limit", channel.limits.max_length),
                inherited="" if wish and wish.text else post.get("words", ""),
                is_off=bool(wish and wish.is_off),
            )
        )
    return posts
