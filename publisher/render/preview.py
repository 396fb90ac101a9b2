"""What an editor looks at before approval, as files: the proof with one reader's values in its slots."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from publisher.domain.proof import Proof
from publisher.render.slots import fill


def files(proof: Proof, reader: Mapping[str, str], eml: bytes) -> dict[str, bytes]:
    """email.html, email.txt, email.eml, web.html and social.json.

    `reader` holds values for the slots, `leave_url` among them; `eml` is the same reader's letter as `mail/` makes it.
    """
    return {
        "email.html": found_at(fill(proof["html"], reader, escape), "picture-").encode(),
        "email.txt": fill(proof["text"], reader).encode(),
        "email.eml": eml,
        "web.html": proof["page"].encode(),
        "social.json": (json.dumps(social(proof), ensure_ascii=False, indent=2) + "\n").encode(),
    }


def found_at(html: str, prefix: str) -> str:
    """A letter as a browser shows it: the pictures that it carries are found at `prefix` and their file name."""
    return _CARRIED.sub(lambda found: f' src="{prefix}{found[1]}"', html)


_CARRIED = re.compile(r' src="cid:([0-9a-f]{64}\.[a-z]{3})@[^"]*"')


def social(proof: Proof) -> list[dict[str, Any]]:
    """Each post by channel and position: its text, counted length, limit, link, picture, alt and language."""
    shown = []
    for channel, position, content in sorted(proof.posts(), key=lambda post: post[:2]):
        post = json.loads(content)
        picture = post["picture"] or {"url": None, "alt": None}
        shown.append(
            {
                "channel": channel,
                "position": position,
                **{name: post[name] for name in ("text", "length", "limit", "link")},
                "picture": picture["url"],
                "alt": picture["alt"],
                "language": post["language"],
            }
        )
    return shown
