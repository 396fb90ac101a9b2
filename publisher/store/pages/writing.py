"""What an editor needs beside the fields of one pick: where it comes from, its pictures, its posts as they are now."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from publisher.domain.message import Picture
from publisher.domain.picture import StoredPicture
from publisher.store import issues, items, pictures, versions
from publisher.store.tables import IssueRow, ItemRow, PickRow, ProofRow, SurfaceRow, VersionRow

SECTIONS_SHOWN = 9  # as many as there are keys for them


@dataclass(frozen=True, slots=True)
class Material:
    """An item as its source gave it; `pictures` are those that it has or had, each once, with what is stored of them.

    `problem` says why the picture that is chosen now is left out; empty where it is not.
    """

    item: ItemRow
    pictures: tuple[tuple[Picture, StoredPicture | None], ...]
    problem: str


def material(session: Session, item_id: int, chosen: Picture | None) -> Material:
    """Everything to write a pick with, `chosen` being the picture that it has now. Raises NotFound."""
    item = items.get_item(session, item_id)
    rows: list[ItemRow | VersionRow] = [item, *reversed(versions.of_item(session, item_id))]
    found = {picture.url: picture for row in rows if (picture := items.picture_of(row))}
    if chosen and chosen.url not in found:
        found[chosen.url] = chosen
    stored = pictures.stored(session, found)
    problems = pictures.problems(session, [chosen.url]) if chosen else {}
    return Material(
        item=item,
        pictures=tuple((picture, stored.get(url)) for url, picture in found.items()),
        problem=problems.get(chosen.url, "") if chosen else "",
    )


def posts(session: Session, number: int, item_ids: Collection[int]) -> dict[tuple[int, str], dict[str, Any]]:
    """The posts of those items by (item, channel), as the newest proof has them: text, length, limit.

    `words` is the text without the tags and the link that end it. What is not posted has none. Raises NotFound.
    """
    row = issues.by_number(session, number)
    positions = {pick.position: pick.item_id for pick in issues.picks(session, row.id or 0) if pick.item_id in item_ids}
    newest = select(func.max(ProofRow.id)).where(ProofRow.issue_id == row.id).scalar_subquery()
    query = select(SurfaceRow).where(SurfaceRow.proof_id == newest, col(SurfaceRow.name).startswith("post:"))
    found = {}
    for surface in session.exec(query):
        _, channel, position = surface.name.split(":")
        if int(position) in positions:
            found[positions[int(position)], channel] = _post(json.loads(surface.content))
    return found


def sections(session: Session, number: int) -> list[str]:
    """The sections in use: those of this issue in their order, then those that are used most."""
    named = col(PickRow.section) != ""
    own = select(PickRow.section).join(IssueRow, col(IssueRow.id) == col(PickRow.issue_id))
    here = session.exec(own.where(IssueRow.number == number, named).order_by(col(PickRow.position)))
    most = select(PickRow.section).where(named).group_by(col(PickRow.section)).order_by(func.count().desc())
    everywhere = session.exec(most.limit(2 * SECTIONS_SHOWN))
    return list(dict.fromkeys([*here, *everywhere]))[:SECTIONS_SHOWN]


def _post(surface: dict[str, Any]) -> dict[str, Any]:
    text, link = str(surface["text"]), surface["link"] or ""
    end = "\n".join(part for part in (" ".join(f"#{tag}" for tag in surface.get("tags", ())), link) if part)
    words = text.removesuffix(end).rstrip("\n") if end else text
    return {"text": text, "length": surface["length"], "limit": surface["limit"], "words": words}
