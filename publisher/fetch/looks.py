"""Whether somebody is there, behind each of many links: asked through the guarded client, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from publisher.domain.link import LinkState, state_of
from publisher.errors import FetchError, FetchRefused, NotAsked
from publisher.fetch import Cap, Fetcher, host_of
from publisher.fetch.turns import Job, Turns

AT_ONCE = 6
_CAP = Cap(2_000_000, "of a look at a link")
_LARGER = "is larger than "  # and so it is there

Look = tuple[LinkState, str]
"""What became of a look, and why it is not open."""


def looks(fetcher: Fetcher, urls: Sequence[str]) -> Iterator[tuple[str, Look]]:
    """Each link with what became of it, as they end. One that there was no time for is left out.

    Hosts are asked at their pace; give a `fetcher.for_a_run`, so that it ends.
    """
    jobs = [Job(url, host_of(url), lambda url=url: _look(fetcher, url)) for url in dict.fromkeys(urls)]  # type: ignore[misc]
    turns = Turns(jobs, fetcher.free_in, AT_ONCE)
    try:
        for url, look in turns.results():
            if look is not None:
                yield url, look
    finally:
        turns.end()


def _look(fetcher: Fetcher, url: str) -> Look | None:
    try:
        fetcher.get(url, cap=_CAP)
    except NotAsked:
        return None
    except FetchRefused as error:
        return LinkState.REFUSED, error.reason
    except FetchError as error:
        if _LARGER in error.reason:
            return LinkState.OPEN, ""
        # What stands after it is advice for whoever configures a source.
        return state_of(error.fault), error.reason.partition("; ")[0]
    return LinkState.OPEN, ""
