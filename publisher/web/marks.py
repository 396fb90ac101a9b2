"""What plain sentences may mark: a command between backticks, like `publisher compose`, is shown as one."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_COMMAND = re.compile(r"`([^`\n]{1,200})`")


def commands(text: str) -> Markup:
    """The sentence as HTML, safe whatever it holds."""
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  escaped just here
