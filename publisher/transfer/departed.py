"""Rows of other systems that say themselves that somebody has gone.

A plain import knows nobody's format; but it must not mail who has left elsewhere, so it looks for the columns in which
systems commonly write that, and refuses such rows rather than guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_STATE_COLUMNS = {"status", "state", "subscription status", "상태", "구독 상태"}
_GONE_STATES = {
    *("unsubscribed", "unsubscribe", "inactive", "cleaned", "bounced", "complained", "cancelled", "canceled"),
    *("deleted", "blocklisted", "blacklisted", "suppressed", "spam", "구독해지", "구독 해지", "수신거부", "수신 거부"),
}
_GONE_WHEN_FILLED = {
    *("unsub time", "unsubscribed at", "unsubscription date", "unsubscribe date", "clean time", "deleted at"),
    *("구독 해지 사유", "구독 해지일"),
}
_GONE_WHEN_TRUE = {"unsubscribed", "email disabled", "email blacklisted", "blacklisted", "blocklisted", "suppressed"}
_GONE_WHEN_FALSE = {"subscribed", "subscribed to emails"}
_YES, _NO = {"true", "yes", "y", "1"}, {"false", "no", "n", "0"}


def tells_departure(column: str) -> bool:
    """Whether a column of this name may say that somebody has gone."""
    name = _folded(column)
    return any(name in names for names in (_STATE_COLUMNS, _GONE_WHEN_FILLED, _GONE_WHEN_TRUE, _GONE_WHEN_FALSE))


def departure(row: Mapping[str, str]) -> str:
    """Why this row, cells by column, must not be imported as a subscriber; empty when nothing in it says so."""
    for column, cell in row.items():
        name, said = _folded(column), _folded(cell)
        if (
            (name in _STATE_COLUMNS and said in _GONE_STATES)
            or (name in _GONE_WHEN_FILLED and said and said not in _NO)
            or (name in _GONE_WHEN_TRUE and said in _YES)
            or (name in _GONE_WHEN_FALSE and said in _NO)
        ):
            return f"not subscribed there: {column} is {cell[:40]!r}"
    return ""


def _folded(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text).strip().casefold()
