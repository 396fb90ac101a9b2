"""The language that somebody chose at the foot of a page goes with them: every link on the page asks for it too.

It is kept in the address, so it needs neither a cookie nor a script, and a page is a function of its address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlencode

from starlette.requests import Request

from publisher.language import LANGUAGES

_WAY = re.compile(r'(<(?:a|form)\b[^<>]*?\s(?:href|action)=")(/(?!/)[^"#]*)')
_SAME_IN_ALL = re.compile(r"/(?:static/.*|pictures/.*|issues/\d+|feed\.atom|[^?]*\.(?:csv|eml))")


def asked(request: Request) -> str:
    """The code of the language that the address of this page asks for, or nothing."""
    code = request.query_params.get("lang", "")
    return code if code in LANGUAGES else ""


def in_language(code: str, query: Iterable[tuple[str, str]]) -> str:
    """The address of a page with that query, in another language: the same page, whatever else it asks for."""
    return f"?{urlencode([*((name, value) for name, value in query if name != 'lang'), ('lang', code)])}"


def going_on(html: str, code: str, root: str) -> str:
    """The page with `lang=CODE` in every link and form that leads to a page of ours. `root` is where we are mounted."""

    def asking(way: re.Match[str]) -> str:
        path = way[2]
        if "lang=" in path or _SAME_IN_ALL.fullmatch(path.removeprefix(root)):
            return way[0]
        return f"{way[0]}{'&amp;' if '?' in path else '?'}lang={code}"

    return _WAY.sub(asking, html)
