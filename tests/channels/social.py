"""One rig for each social channel: the channel, and a strict server of its network that can be told to misbehave.

A new channel adds a rig to RIGS, and the conformance suite runs over it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from publisher.channels import SocialChannel
from publisher.channels.x import Options, X
from publisher.config.values import Secret
from publisher.demo.signature import Keys
from publisher.demo.timeline import Fault, Timeline
from publisher.domain.message import SocialPost
from publisher.domain.post import idempotency_key, length


class Trouble(StrEnum):
    """What may happen to one post."""

    THROTTLED = "throttled"
    LOST_BEFORE = "the answer is lost, and the post was not taken"
    LOST_AFTER = "the answer is lost, and the post is up"
    SILENCE = "no answer in time, and the post is up"
    SERVER_ERROR = "a server error, and the post is up"
    BAD_LOGIN = "bad login"
    NOT_ALLOWED = "the app may not post"


@dataclass(frozen=True)
class Rig:
    """`texts` is what is up; `expect` says what happens to the next post; `unreachable` has no server."""

    channel: SocialChannel
    unreachable: SocialChannel
    texts: Callable[[], list[str]]
    expect: Callable[[Trouble], None]
    secrets: tuple[str, ...]
    too_long: str


def post(channel: SocialChannel, text: str, position: int = 1) -> SocialPost:
    limits = channel.limits
    counted = length(text, limits.counting)
    return SocialPost(idempotency_key(43, channel.name, position), text, counted, limits.max_length, "ko")


def free_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


# ---- X ----------------------------------------------------------------------------------------------------------

KEYS = Keys("ck-7Qm2", "cs-secret-w8Zt", "1700000000000000001-at-k3Vd", "ats-secret-p5Rn")


def x_options(api_url: str, **more: object) -> Options:
    places = {name: f"env:{name.upper()}" for name in Keys.__dataclass_fields__}
    return Options.model_validate(
        {"name": "x", "kind": "x", **places, "api_url": api_url, "timeout": timedelta(seconds=1), **more}
    )


def x_channel(api_url: str, keys: Keys = KEYS, **more: object) -> X:
    def reveal(secret: Secret) -> str:
        value: str = getattr(keys, secret.place.removeprefix("env:").lower())
        return value

    return X(x_options(api_url, **more), reveal=reveal)


@contextmanager
def x_rig() -> Iterator[Rig]:
    faults = {
        Trouble.THROTTLED: Fault.THROTTLED,
        Trouble.LOST_BEFORE: Fault.DROP_BEFORE,
        Trouble.LOST_AFTER: Fault.DROP_AFTER,
        Trouble.SILENCE: Fault.HANG_AFTER,
        Trouble.SERVER_ERROR: Fault.FAIL_AFTER,
        Trouble.BAD_LOGIN: Fault.UNAUTHORIZED,
        Trouble.NOT_ALLOWED: Fault.READ_ONLY,
    }
    with Timeline(keys=KEYS) as timeline:
        yield Rig(
            channel=x_channel(timeline.url),
            unreachable=x_channel(f"http://127.0.0.1:{free_port()}"),
            texts=lambda: [kept.text for kept in timeline.posts],
            expect=lambda trouble: timeline.faults.append(faults[trouble]),
            secrets=(KEYS.consumer_key, KEYS.consumer_secret, KEYS.access_token, KEYS.access_token_secret),
            too_long="가" * 141,
        )


RIGS: Mapping[str, Callable[[], AbstractContextManager[Rig]]] = {"x": x_rig}
