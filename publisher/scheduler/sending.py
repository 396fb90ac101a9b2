"""Sending and releasing, given everything that a publication has for them: for the clock, the command and the demo."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from publisher.stages import release
from publisher.stages.send import Sending

if TYPE_CHECKING:
    from publisher.delivery.engine import Clock, Tally
    from publisher.stages.release import Released
    from publisher.wiring import Publication


def sending(
    publication: Publication,
    clock: Clock,
    *,
    is_stopping: Callable[[], bool] = lambda: False,
    told: Callable[[str, Tally], None] = lambda channel, tally: None,
    resting: frozenset[str] = frozenset(),
) -> Sending:
    """What `stages/send.py` is given. `resting` are channels that are left alone this time."""
    spacings = publication.spacings()
    return Sending(
        database=publication.database,
        mail=publication.mail_channels(),
        socials=[(channel, spacings[channel.name]) for _, channel in publication.social_channels()],
        identity=publication.identity(),
        worker=publication.worker,
        journals=publication.journals,
        clock=clock,
        is_stopping=is_stopping,
        told=told,
        resting=resting,
        workers=publication.workers(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        limits=publication.limits(),
    )


def releasing(
    publication: Publication, now: datetime, *, told: Callable[[Released], None] = lambda released: None
) -> list[Released]:
    """Release or hold every issue whose time has come, as the publication's settings say."""
    schedule = publication.settings.schedule
    return release.run(
        publication.database,
        publication.spacings(),
        channels=[options.name for options in publication.settings.channels],
        approvals=schedule.approvals,
        grace=schedule.grace,
        now=now,
        told=told,
    )
