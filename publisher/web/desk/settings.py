"""The settings as config.toml has them, to read: what each means, and whether the file says so or it is the default.

No secret is ever shown, only where it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from publisher.config.described import described
from publisher.config.values import Secret
from publisher.fetch import shown
from publisher.web.desk.frame import page
from publisher.web.shell import Shell, shell

router = APIRouter(prefix="/settings")


@router.get("")
def settings(request: Request) -> Response:
    here = shell(request)
    words = here.words(request)
    groups = [
        {"id": title.strip("[]").replace(" ", "-"), "title": title, "rows": rows}
        for title, rows in _groups(here, words.meaning)
    ]
    return page(request, "settings", groups=groups)


def _groups(here: Shell, meaning: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    known = here.publication.settings
    for name in type(known).model_fields:
        part = getattr(known, name)
        if isinstance(part, BaseModel):
            yield f"[{name}]", _rows(part, meaning, _database(here) if name == "database" else {})
    for kind, parts in (("source", known.sources), ("channel", known.channels), ("list", here.publication.lists)):
        for part in parts:
            yield f"[[{kind}]] {part.name}", _rows(part, meaning)


def _database(here: Shell) -> Mapping[str, str]:
    """Its address without the password, wherever in it that stands."""
    url = here.publication.database.place.url
    return {"url": url.set(password=None).difference_update_query(["password"]).render_as_string()}


def _rows(part: BaseModel, meaning: Any, instead: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    said = described(type(part))
    return [
        {
            "key": key,
            "value": (instead or {}).get(key) or written(getattr(part, key)),
            "is_secret": isinstance(getattr(part, key), Secret),
            "is_default": key not in part.model_fields_set,
            "meaning": meaning(said.get(key, "")),
        }
        for key in type(part).model_fields
    ]


def written(value: Any) -> str:
    """A value as config.toml would have it, without quotation marks; a secret by its place only."""
    match value:
        case None | "":
            return ""
        case Secret(place=place):
            return place
        case bool():
            return str(value).lower()
        case Enum():
            return str(value.value)
        case timedelta():
            return _span(value)
        case ZoneInfo():
            return value.key
        case date():
            return value.isoformat()
        case str():
            return shown(value)
        case Mapping():
            return ", ".join(f"{key} = {written(one)}" for key, one in value.items())
        case Sequence():
            return ", ".join(written(one) for one in value)
    return str(value)


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s" if seconds else "0"
