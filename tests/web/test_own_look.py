"""The owner's own pages, colours and pictures take the place of ours, and only those that they have."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from publisher.web import shell
from publisher.web.app import create
from publisher.web.server import serving
from tests.newsroom import THURSDAY, Newsroom


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    newsroom = Newsroom.open(tmp_path, "sqlite:///var/publisher.db")
    own = newsroom.root / "templates/web"
    (own / "static/of-a-folder").mkdir(parents=True)
    (own / "static/tokens.css").write_text(":root { --paper: #123456; }", encoding="utf-8")
    (own / "static/logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    (own / "public").mkdir()
    (own / "public/index.html.j2").write_text("<title>My own list</title>", encoding="utf-8")
    with closing(newsroom.database), serving(create(shell.Shell(newsroom.publication, now=lambda: THURSDAY))) as url:
        yield url


def test_a_file_of_the_owner_takes_the_place_of_ours(site: str) -> None:
    assert got(f"{site}/static/tokens.css") == ("text/css", ":root { --paper: #123456; }")
    assert got(f"{site}/static/logo.svg")[0] == "image/svg+xml"


def test_what_the_owner_has_not_is_ours(site: str) -> None:
    assert "--paper" in got(f"{site}/static/publisher.css")[1]


def test_a_page_of_the_owner_takes_the_place_of_ours(site: str) -> None:
    assert got(f"{site}/") == ("text/html", "<title>My own list</title>")


def got(url: str) -> tuple[str, str]:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.headers.get_content_type(), answer.read().decode()


def test_style_sheets_travel_packed_for_who_takes_that(site: str) -> None:
    address = f"{site}/static/publisher.css"
    packed = requests.get(address, headers={"Accept-Encoding": "br, gzip"}, timeout=20)
    plain = requests.get(address, headers={"Accept-Encoding": "identity"}, timeout=20)
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.headers["etag"] != plain.headers["etag"]
