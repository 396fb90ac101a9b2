"""robots.txt is heeded for pages, and for nothing else; feeds that somebody chose are asked for all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.errors import Fault, FetchError
from publisher.fetch import Fetcher
from tests.served import Served, serving
from tests.test_fetch import Clock, make


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as served:
        served.give("/story", b"story")
        yield served


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fetcher(tmp_path: Path, clock: Clock) -> Fetcher:
    return make(tmp_path, clock, retries=0, user_agent="Publisher/1.0 (+https://example.org)")


def paths(served: Served) -> list[str]:
    return [asked.path for asked in served.asked]


def reads(fetcher: Fetcher, served: Served, path: str = "/story") -> bytes:
    return fetcher.get(served.url(path), respects_robots=True).content


def test_a_page_that_is_excluded_is_not_asked_for(served: Served, fetcher: Fetcher) -> None:
    served.give("/robots.txt", b"User-agent: *\nDisallow: /s*ry$\nAllow: /story/open\n")
    served.give("/story/open", b"open")
    with pytest.raises(FetchError, match=r"robots\.txt of 127\.0\.0\.1 asks programs to leave it alone") as raised:
        reads(fetcher, served)
    assert raised.value.fault == Fault.LOCKED
    assert reads(fetcher, served, "/story/open") == b"open"
    assert paths(served) == ["/robots.txt", "/story/open"]


def test_a_feed_that_was_chosen_is_asked_for_all_the_same(served: Served, fetcher: Fetcher) -> None:
    served.give("/robots.txt", b"User-agent: *\nDisallow: /\n")
    assert fetcher.get(served.url("/story")).content == b"story"
    assert paths(served) == ["/story"]


def test_rules_for_us_by_name_come_before_those_for_all(served: Served, fetcher: Fetcher) -> None:
    served.give("/robots.txt", b"User-agent: *\nDisallow: /\n\nUser-agent: publisher\nDisallow: /admin\n")
    assert reads(fetcher, served) == b"story"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_host_without_rules_lets_everything_be_read(served: Served, fetcher: Fetcher, status: int) -> None:
    served.give("/robots.txt", status=status)
    assert reads(fetcher, served) == b"story"


def test_a_host_that_cannot_say_now_is_left_alone_for_some_minutes(
    served: Served, fetcher: Fetcher, clock: Clock
) -> None:
    served.give("/robots.txt", status=503)
    for _ in range(2):
        with pytest.raises(FetchError, match=r"cannot be had: answered 503") as raised:
            reads(fetcher, served)
    assert raised.value.fault == Fault.PASSING
    assert paths(served) == ["/robots.txt"]
    clock.now += 601
    served.give("/robots.txt", b"")
    assert reads(fetcher, served) == b"story"


def test_rules_are_kept_for_a_day(served: Served, fetcher: Fetcher, clock: Clock) -> None:
    served.give("/robots.txt", b"User-agent: *\nDisallow: /admin\n")
    for _ in range(3):
        reads(fetcher, served)
    clock.now += 86_401
    reads(fetcher, served)
    assert paths(served).count("/robots.txt") == 2


def test_rules_hold_where_a_redirect_leads(served: Served, fetcher: Fetcher) -> None:
    served.give("/robots.txt", b"User-agent: *\nDisallow: /hidden\n")
    served.give("/away", status=302, Location="/hidden")
    with pytest.raises(FetchError, match="leave it alone"):
        reads(fetcher, served, "/away")
    assert "/hidden" not in paths(served)


def test_a_page_that_stands_in_for_the_rules_forbids_nothing(served: Served, fetcher: Fetcher) -> None:
    served.give("/robots.txt", b"<!doctype html><html><body>Not found. Disallow: /</body></html>")
    assert reads(fetcher, served) == b"story"


def test_endless_rules_are_not_read(served: Served, fetcher: Fetcher) -> None:
    served.give("/robots.txt", b"Disallow: /a\n" * 50_000)
    assert reads(fetcher, served) == b"story"


@pytest.mark.parametrize(("wish", "waits"), [("3", 3.0), ("0.5", 1.0), ("86400", 10.0), ("-5", 1.0), ("soon", 1.0)])
def test_a_host_may_ask_for_a_slower_pace_within_bounds(
    served: Served, tmp_path: Path, clock: Clock, wish: str, waits: float
) -> None:
    fetcher = make(tmp_path, clock, spacing=timedelta(seconds=1))
    served.give("/robots.txt", f"User-agent: *\nCrawl-delay: {wish}\n".encode())
    for _ in range(3):
        reads(fetcher, served)
    assert clock.slept == [waits] * 2


def test_a_rule_book_on_a_private_address_is_as_forbidden_as_the_page(served: Served, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="not a public address"):
        reads(make(tmp_path, private_addresses=False), served)
    assert paths(served) == []
