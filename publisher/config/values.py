"""The kinds of value that settings are made of, each with its own clear refusal."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict

from publisher.errors import SecretMissing

_DURATION = re.compile(r"(\d+)\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Strict(BaseModel):
    """A frozen part of the settings that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if value == 0 and not isinstance(value, bool):
        return timedelta(0)
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError(f'{value!r} is not a duration; write a number and s, m, h or d, like "15m"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


Duration = Annotated[timedelta, BeforeValidator(_duration)]


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is, never the secret itself: `env:NAME` or `file:PATH`."""

    place: str

    def reveal(self, root: Path, environ: Mapping[str, str] | None = None) -> str:
        """The secret, without surrounding white space. A relative path is taken from `root`. Raises SecretMissing."""
        kind, _, where = self.place.partition(":")
        if kind == "env":
            value = (os.environ if environ is None else environ).get(where, "").strip()
            if not value:
                raise SecretMissing(f"the secret {self.place} is not set; export {where} and try again")
            return value
        path = root / where
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise SecretMissing(f"the secret {self.place} cannot be read ({reason}); write it to {path}") from error
        if not value:
            raise SecretMissing(f"the secret {self.place} is empty; write it to {path}")
        return value


def _secret(value: Any) -> Secret:
    if isinstance(value, Secret):
        return value
    if isinstance(value, str) and re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+", value):
        return Secret(value)
    # The value may be a real secret pasted by mistake, so it is not repeated.
    raise ValueError('a secret is never in this file; write "env:NAME" or "file:PATH"')


SecretPlace = Annotated[Secret, BeforeValidator(_secret)]


def _zone(value: Any) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(value)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f'{value!r} is not a time zone; write one like "Asia/Seoul"') from error


Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
