"""An issue's page on the web: one file of HTML that needs nothing else, without script and without slots."""

from __future__ import annotations

from collections.abc import Mapping

from publisher.render.face import Face
from publisher.render.slots import resolved

TEMPLATE = "page.html.j2"


def page(face: Face, values: Mapping[str, object]) -> str:
    """The page, as everybody may see it: every slot says what it says to a reader of whom nothing is known."""
    return resolved(face.fill(TEMPLATE, values).text)
