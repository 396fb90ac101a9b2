"""Who may do what on the desk: four roles, each of which may what the one before it may, and one table of its routes.

`ROUTES` names every route under /desk and the right that it takes. A route that is not in it is refused to everybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache


class Role(StrEnum):
    """From the least to the most."""

    AUTHOR = "author"
    EDITOR = "editor"
    APPROVER = "approver"
    ADMIN = "admin"


class Right(StrEnum):
    ENTER = "enter"  # the way in and out: anybody, signed in or not
    ACCOUNT = "account"  # one's own: name, language, password, where one is signed in
    LOOK = "look"
    CHOOSE = "choose"
    WRITE = "write"
    TEST = "test"
    HOLD = "hold"
    ASK = "ask"  # for changes
    MOVE = "move"  # another time
    SOURCES = "sources"
    SUBSCRIBERS = "subscribers"
    APPROVE = "approve"
    PULL_BACK = "pull-back"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    DECIDE = "decide"  # about what is unknown
    EDITORS = "editors"
    SETTINGS = "settings"
    EXPORT = "export"  # the audit trail


# What each role may besides what the roles before it may. To stop what should not leave, anybody on the desk is enough.
GIVEN: Mapping[Role, frozenset[Right]] = {
    Role.AUTHOR: frozenset(
        {Right.ENTER, Right.ACCOUNT, Right.LOOK, Right.CHOOSE, Right.WRITE}
        | {Right.PULL_BACK, Right.PAUSE, Right.RESUME, Right.CANCEL},
    ),
    Role.EDITOR: frozenset({Right.TEST, Right.HOLD, Right.ASK, Right.MOVE, Right.SOURCES, Right.SUBSCRIBERS}),
    Role.APPROVER: frozenset({Right.APPROVE, Right.DECIDE}),
    Role.ADMIN: frozenset({Right.EDITORS, Right.SETTINGS, Right.EXPORT}),
}

ROUTES: Mapping[tuple[str, str], Right] = {
    # the way in
    ("GET", "/desk/enter/{token}"): Right.ENTER,
    ("POST", "/desk/enter/{token}"): Right.ENTER,
    ("GET", "/desk/sign-in"): Right.ENTER,
    ("POST", "/desk/sign-in"): Right.ENTER,
    ("GET", "/desk/sign-in/code"): Right.ENTER,
    ("POST", "/desk/sign-in/code"): Right.ENTER,
    ("GET", "/desk/forgotten"): Right.ENTER,
    ("POST", "/desk/forgotten"): Right.ENTER,
    ("GET", "/desk/invited/{token}"): Right.ENTER,
    ("POST", "/desk/invited/{token}"): Right.ENTER,
    ("GET", "/desk/reset/{token}"): Right.ENTER,
    ("POST", "/desk/reset/{token}"): Right.ENTER,
    ("POST", "/desk/sign-out"): Right.ENTER,
    # one's own
    ("GET", "/desk/account"): Right.ACCOUNT,
    ("POST", "/desk/account"): Right.ACCOUNT,
    ("POST", "/desk/account/password"): Right.ACCOUNT,
    ("GET", "/desk/account/codes"): Right.ACCOUNT,
    ("POST", "/desk/account/codes"): Right.ACCOUNT,
    ("POST", "/desk/account/codes/removal"): Right.ACCOUNT,
    ("POST", "/desk/account/sessions/endings"): Right.ACCOUNT,
    ("POST", "/desk/account/sessions/{session}/ending"): Right.ACCOUNT,
    # who works here, and who did what
    ("GET", "/desk/editors"): Right.EDITORS,
    ("POST", "/desk/editors"): Right.EDITORS,
    ("POST", "/desk/editors/{editor_id}/role"): Right.EDITORS,
    ("POST", "/desk/editors/{editor_id}/removal"): Right.EDITORS,
    ("POST", "/desk/editors/{editor_id}/codes/removal"): Right.EDITORS,
    ("POST", "/desk/editors/{editor_id}/sessions/endings"): Right.EDITORS,
    ("GET", "/desk/trail"): Right.LOOK,
    ("POST", "/desk/trail/tables"): Right.EXPORT,
    # around an issue
    ("GET", "/desk"): Right.LOOK,
    ("GET", "/desk/specimens"): Right.LOOK,
    ("GET", "/desk/issues/{number}/report"): Right.LOOK,
    ("GET", "/desk/sending"): Right.LOOK,
    ("GET", "/desk/sources"): Right.LOOK,
    ("GET", "/desk/sources/progress"): Right.LOOK,
    ("POST", "/desk/sources/{name}/checks"): Right.SOURCES,
    ("GET", "/desk/settings"): Right.SETTINGS,
    ("GET", "/desk/subscribers"): Right.SUBSCRIBERS,
    ("POST", "/desk/subscribers"): Right.SUBSCRIBERS,
    ("POST", "/desk/subscribers/searches"): Right.SUBSCRIBERS,
    ("GET", "/desk/subscribers/{subscriber_id}"): Right.SUBSCRIBERS,
    ("POST", "/desk/subscribers/{subscriber_id}/leaves"): Right.SUBSCRIBERS,
    ("GET", "/desk/sending/progress"): Right.LOOK,
    ("POST", "/desk/sending/{number}/pauses"): Right.PAUSE,
    ("POST", "/desk/sending/{number}/resumptions"): Right.RESUME,
    # an issue
    ("GET", "/desk/issues/{number}"): Right.LOOK,
    ("GET", "/desk/issues/{number}/progress"): Right.LOOK,
    ("GET", "/desk/issues/{number}/surfaces/letter"): Right.LOOK,
    ("GET", "/desk/issues/{number}/surfaces/letter.eml"): Right.LOOK,
    ("GET", "/desk/issues/{number}/surfaces/page"): Right.LOOK,
    ("GET", "/desk/issues/{number}/surfaces/text"): Right.LOOK,
    ("GET", "/desk/issues/{number}/deliveries.csv"): Right.SUBSCRIBERS,
    ("POST", "/desk/issues/{number}/proofs"): Right.WRITE,
    ("POST", "/desk/issues/{number}/tests"): Right.TEST,
    ("POST", "/desk/issues/{number}/approvals"): Right.APPROVE,
    ("POST", "/desk/issues/{number}/withdrawals"): Right.PULL_BACK,
    ("POST", "/desk/issues/{number}/requests"): Right.ASK,
    ("POST", "/desk/issues/{number}/holds"): Right.HOLD,
    ("POST", "/desk/issues/{number}/moves"): Right.MOVE,
    ("POST", "/desk/issues/{number}/readers"): Right.SUBSCRIBERS,
    ("POST", "/desk/issues/{number}/link-checks"): Right.WRITE,
    # approving by the link of a notice, which is its own authority
    ("GET", "/desk/approve/{token}"): Right.ENTER,
    ("POST", "/desk/approve/{token}"): Right.ENTER,
    # choosing what is in it
    ("GET", "/desk/issues/{number}/choose"): Right.LOOK,
    ("POST", "/desk/issues/{number}/orders"): Right.CHOOSE,
    ("GET", "/desk/issues/{number}/add"): Right.CHOOSE,
    ("GET", "/desk/issues/{number}/add/by-hand"): Right.CHOOSE,
    ("GET", "/desk/issues/{number}/add/column"): Right.CHOOSE,
    ("POST", "/desk/issues/{number}/add/looks"): Right.CHOOSE,
    ("POST", "/desk/issues/{number}/items"): Right.CHOOSE,
    ("POST", "/desk/issues/{number}/columns/looks"): Right.CHOOSE,
    ("POST", "/desk/issues/{number}/columns"): Right.CHOOSE,
    # writing it
    ("POST", "/desk/issues/{number}/edits"): Right.WRITE,
    ("POST", "/desk/issues/{number}/presence"): Right.LOOK,
    ("POST", "/desk/issues/{number}/pictures"): Right.WRITE,
    ("GET", "/desk/issues/{number}/write"): Right.WRITE,
    ("GET", "/desk/issues/{number}/write/marks"): Right.WRITE,
    ("GET", "/desk/issues/{number}/live/{surface}"): Right.LOOK,
    ("GET", "/desk/issues/{number}/revisions"): Right.LOOK,
    ("POST", "/desk/issues/{number}/revisions/{revision}/restorations"): Right.WRITE,
    # its course
    ("POST", "/desk/issues/{number}/pauses"): Right.PAUSE,
    ("POST", "/desk/issues/{number}/resumptions"): Right.RESUME,
    ("GET", "/desk/issues/{number}/cancellation"): Right.CANCEL,
    ("POST", "/desk/issues/{number}/cancellations"): Right.CANCEL,
    ("POST", "/desk/issues/{number}/decisions"): Right.DECIDE,
}


def may(role: str, right: Right) -> bool:
    """Whether that role has the right; a role that nobody knows has none."""
    return any(right in GIVEN[given] for given in _up_to(role))


def needed(right: Right) -> Role:
    """The least role that has it."""
    return next(role for role in Role if right in GIVEN[role])


def right_of(method: str, path: str) -> Right | None:
    """The right that a request for `path` takes; None for what is in no row of the table.

    Where two rows fit, like `editors/new` and `editors/{id}`, that with fewer placeholders is meant.
    """
    return next((right for asked, shape, right in _rows() if asked == method and shape.fullmatch(path)), None)


def _up_to(role: str) -> tuple[Role, ...]:
    roles = tuple(Role)
    return roles[: roles.index(Role(role)) + 1] if role in roles else ()


@lru_cache(maxsize=1)
def _rows() -> list[tuple[str, re.Pattern[str], Right]]:
    by_openness = sorted(ROUTES.items(), key=lambda row: row[0][1].count("{"))
    return [(method, _shape(path), right) for (method, path), right in by_openness]


def _shape(path: str) -> re.Pattern[str]:
    pieces = re.split(r"\{\w+\}", path)
    return re.compile("[^/]+".join(map(re.escape, pieces)))
