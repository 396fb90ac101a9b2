"""What a browser calls itself, in two words that its owner knows it by."""

from __future__ import annotations

import re

# The first that fits: most claim to be several others too.
_PROGRAMS = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Whale", r"Whale/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
_MACHINES = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("Mac", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux|X11"),
)


def browser_of(user_agent: str) -> str:
    """ "Firefox, Linux"; the beginning of what it says where it is none that we know."""
    user_agent = user_agent[:400]
    found = [
        name
        for names in (_PROGRAMS, _MACHINES)
        if (name := next((name for name, mark in names if re.search(mark, user_agent)), ""))
    ]
    if found:
        return ", ".join(found)
    return re.sub(r"[^ -~]", "", user_agent)[:40]
