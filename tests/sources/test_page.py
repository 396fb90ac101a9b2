"""The source of kind "page": pages in, items out, or one readable error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from publisher.config.settings import Fetching
from publisher.errors import FetchError, SourceError
from publisher.fetch import Fetcher
from publisher.sources.page import Options, Pages
from tests.editorial.pages.makers import HEADLINE, SEOUL, page
from tests.served import Served, serving
from tests.sources.pages.cases import SAMPLES

NOW = datetime(2026, 5, 25, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(Fetching.model_validate({"private_addresses": True, "spacing": 0, "retries": 0}), SAMPLES)


def pages(**options: Any) -> Pages:
    return Pages(Options.model_validate({"name": "pages", "kind": "page"} | options), zone=SEOUL)


def test_a_page_becomes_an_item_and_is_then_asked_for_changes(site: Served, fetcher: Fetcher) -> None:
    url = site.give("/otter", page().encode(), Content_Type="text/html", ETag='"1"')
    source = pages(url=url, language="ko")
    reading = source.read(fetcher, None, NOW)
    assert [(item.headline, item.url, item.language) for item in reading.items] == [(HEADLINE, url, "en")]
    source.read(fetcher, reading.cursor, NOW)
    assert site.asked[-1].headers["if-none-match"] == '"1"'
    assert source.is_remote and source.name == "pages"


def test_one_of_several_pages_that_fails_costs_only_itself(site: Served, fetcher: Fetcher) -> None:
    good, empty = site.give("/otter", page().encode()), site.give("/empty", b"")
    reading = pages(urls=[site.url("/none"), good, empty]).read(fetcher, None, NOW)
    assert [item.headline for item in reading.items] == [HEADLINE]
    assert [problem.rpartition(": ")[2] for problem in reading.problems] == [
        "answered 404 (not found); check the address",
        "is empty",
    ]
    assert reading.cursor is None


def test_when_all_of_them_fail_that_is_the_error(site: Served, fetcher: Fetcher) -> None:
    with pytest.raises(FetchError, match="answered 404"):
        pages(urls=[site.url("/none"), site.give("/empty", b"")]).read(fetcher, None, NOW)
    with pytest.raises(SourceError, match=r"127\.0\.0\.1.*: is empty"):
        pages(url=site.url("/empty")).read(fetcher, None, NOW)


def test_a_page_that_robots_may_not_read_is_not_asked_for(site: Served, fetcher: Fetcher) -> None:
    site.give("/robots.txt", b"User-agent: *\nDisallow: /private\n", Content_Type="text/plain")
    url = site.give("/private/otter", page().encode())
    with pytest.raises(FetchError, match=r"robots\.txt"):
        pages(url=url).read(fetcher, None, NOW)
    assert [asked.path for asked in site.asked] == ["/robots.txt"]


def test_a_saved_page_is_read_from_its_file(fetcher: Fetcher) -> None:
    source = pages(url="file:news_en.html")
    [item] = source.read(fetcher, None, NOW).items
    assert (
        item.url
        == item.canonical
        == "https://www.windmerecourier.example/news/2026/may/21/river-buses-return-to-windmere"
    )
    assert item.identity.startswith("https://windmerecourier.example/") and not source.is_remote


@pytest.mark.parametrize(
    "options", [{}, {"url": "https://a.example", "urls": ["https://b.example"]}, {"urls": ["ftp://x/y"]}]
)
def test_one_page_or_several_have_to_be_named(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        pages(**options)


def test_the_file_of_another_folder_is_not_reached_through_a_page(
    site: Served, fetcher: Fetcher, tmp_path: Path
) -> None:
    (tmp_path / "canary").write_text("CANARY")
    url = site.give("/otter", status=302, Location=f"file://{tmp_path}/canary")
    with pytest.raises(FetchError):
        pages(url=url).read(fetcher, None, NOW)
