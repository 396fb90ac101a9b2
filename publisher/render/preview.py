"""What an editor looks at before approval, as files: the proof with one reader's values in its slots."""

from __future__ import annotations

import json
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
        "email.html": fill(proof["html"], reader, escape).encode(),
        "email.txt": fill(proof["text"], reader).encode(),
        "email.eml": eml,
        "web.html": proof["page"].encode(),
        "social.json": (json.dumps(social(proof), ensure_ascii=False, indent=2) + "\n").encode(),
    }


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
