"""The list of issues and the page of each, as everybody may see them."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Dialog
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Mount

from publisher.store import issues, proofs, skips
from publisher.store.tables import CorrectionRow
from publisher.web.public.sealed import policy_of
from tests.newsroom import FRIDAY, THURSDAY, Newsroom
from tests.postgres import Postgres
from tests.web.browser import looking
from tests.web.site import Site, open_site, sends

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)> "quoted"'


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    with open_site(tmp_path, database_url) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def still(request: pytest.FixtureRequest) -> Site:
    """A site that is only looked at, made once on each engine: nothing may change it."""
    made: Site = request.getfixturevalue(f"_still_{request.param}")
    return made


@pytest.fixture(scope="module")
def _still_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("still")
    with open_site(folder, f"sqlite:///{folder}/publisher.db") as opened:
        yield opened


@pytest.fixture(scope="module")
def _still_postgresql(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Site]:
    name = postgres.create()
    with open_site(tmp_path_factory.mktemp("still"), postgres.url(name)) as opened:
        yield opened
    postgres.drop(name)


def sealed_page(room: Newsroom, number: int = 1) -> bytes:
    with room.database.read() as session:
        return proofs.sealed(session, issues.by_number(session, number))["page"].encode()


def corrects(site: Site, page: bytes, **words: str) -> None:
    """What `publisher issues correct` writes."""
    with site.room.database.write() as session:
        row = issues.by_number(session, 1)
        assert row.id is not None
        correction = CorrectionRow(issue_id=row.id, editor_id=1, explanation="It was Tuesday.", words=words, page=page)
        correction.corrected_at = FRIDAY + timedelta(hours=5)
        session.add(correction)


# --- the page of an issue


def test_an_issue_is_served_byte_for_byte_as_it_was_sealed(still: Site) -> None:
    answer = still.get("/issues/1")
    assert answer.content == sealed_page(still.room)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Language"] == "en"


def test_who_has_a_page_already_is_not_sent_it_again(still: Site) -> None:
    for path in ("/issues/1", "/", "/feed.atom", "/static/publisher.css"):
        tag = still.get(path).headers["ETag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = still.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
        assert still.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/issues/1", "/feed.atom", "/healthz", "/readyz", "/static/tokens.css", "/nope"])
def test_head_says_what_get_says_without_the_body(still: Site, path: str) -> None:
    whole, head = still.get(path), still.asks("HEAD", path)
    assert head.content == b""
    assert head.status_code == whole.status_code
    assert {**head.headers, "date": ""} == {**whole.headers, "date": ""}


@pytest.mark.parametrize("state", ["sending", "paused", "sent"])
def test_an_issue_is_public_from_its_release_on(site: Site, state: str) -> None:
    site.sets(state)
    assert site.get("/issues/1").status_code == 200
    assert "/issues/1" in site.get("/").text
    assert "/issues/1" in site.get("/feed.atom").text


def test_before_its_release_an_issue_is_not_there_at_all(site: Site) -> None:
    site.room.writes("Later one", "Later two", "Later three", now=THURSDAY + timedelta(days=6))
    site.room.composes(now=THURSDAY + timedelta(days=7))
    nothing = site.get("/issues/77")
    for state in ("draft", "held", "approved", "cancelled"):
        site.sets(state, 2)
        answer = site.get("/issues/2")
        assert (answer.status_code, answer.content) == (404, nothing.content)
        assert "Later" not in site.get("/").text + site.get("/feed.atom").text


@pytest.mark.parametrize(
    "number",
    ["x", "0", "01", "-1", "1.0", "+1", "1e3", "%EF%BC%91", "2147483648", "9" * 30, "9" * 5000, "1%00", "..%2F1"],
)
def test_an_address_that_is_no_number_is_no_page_and_no_failure(still: Site, number: str) -> None:
    assert still.get(f"/issues/{number}").status_code == 404
    assert still.get(f"/?before={number}").status_code == 404


def test_a_changed_proof_is_not_shown(tmp_path: Path) -> None:
    with open_site(tmp_path, f"sqlite:///{tmp_path}/publisher.db") as site:
        with site.room.database.connect(write=True) as connection:
            connection.execute(text("UPDATE surface SET content = :other WHERE name = 'page'"), {"other": b"<p>forged"})
        answer = site.get("/issues/1")
        assert answer.status_code == 503
        assert "forged" not in answer.text and "proof" not in answer.text


# --- corrections


def test_a_correction_is_shown_with_another_tag(site: Site) -> None:
    before = site.get("/issues/1")
    corrects(site, b"<!doctype html><title>corrected</title>", title="The harbour counts boats")
    after = site.get("/issues/1", headers={"If-None-Match": before.headers["ETag"]})
    assert after.content == b"<!doctype html><title>corrected</title>"
    assert after.headers["ETag"] != before.headers["ETag"]


def test_the_list_has_the_corrected_title_and_says_so(site: Site) -> None:
    corrects(site, b"<p>one", title="The harbour counts boats")
    corrects(site, b"<p>two", note="Another note")
    page = site.get("/", language="en").text
    assert "The harbour counts boats" in page and "A harbour counts ships, week 1" not in page
    assert "Corrected on Friday, 29 May 2026" in page


def test_a_change_is_seen_although_pages_are_kept(tmp_path: Path) -> None:
    with open_site(tmp_path, f"sqlite:///{tmp_path}/publisher.db", every=0.2) as site:
        assert site.get("/issues/1").content == sealed_page(site.room)
        corrects(site, b"<p>corrected")
        deadline = time.monotonic() + 10
        while site.get("/issues/1").content != b"<p>corrected":
            assert time.monotonic() < deadline


# --- the list


def test_the_list_has_every_issue_the_newest_first(tmp_path: Path, database_url: str) -> None:
    with open_site(tmp_path, database_url, sent=3) as site:
        page = site.get("/", language="en").text
        assert re.findall(r'href="/issues/(\d)"', page) == ["3", "2", "1"]
        assert "A harbour counts ships, week 3" in page
        assert "Friday, 12 June 2026" in page  # in Seoul; in UTC it is still Thursday
        assert "2026년 6월 12일 금요일" in site.get("/", language="ko").text


def test_older_issues_are_a_page_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.web.public.issues.ON_A_PAGE", 2)
    with open_site(tmp_path, f"sqlite:///{tmp_path}/publisher.db", sent=3) as site:
        first = site.get("/").text
        assert re.findall(r'href="/issues/(\d)"', first) == ["3", "2"]
        assert 'href="/?before=2"' in first
        older = site.get("/?before=2").text
        assert re.findall(r'href="/issues/(\d)"', older) == ["1"]
        assert 'href="/?before=' not in older.partition("</main>")[0]


@pytest.mark.parametrize(("language", "said"), [("en", "still being made"), ("ko", "첫 호를 준비하고 있습니다")])
def test_a_list_without_issues_says_so(tmp_path: Path, language: str, said: str) -> None:
    with open_site(tmp_path, f"sqlite:///{tmp_path}/publisher.db", sent=0, language="en") as site:
        assert said in site.get("/", language=language).text


def test_readers_are_told_of_a_skipped_week_only_where_that_is_wished(site: Site) -> None:
    told, quiet = FRIDAY + timedelta(days=7), FRIDAY + timedelta(days=14)
    with site.room.database.write() as session:
        for send_at, tells in ((told, True), (quiet, False)):
            skips.put(
                session, send_at, reason=f"Rest {tells}", tells_readers=tells, skipped_by="kim@example.org", now=FRIDAY
            )
    for path in ("/", "/feed.atom"):
        page = site.get(path, language="en").text
        assert "No issue on Friday, 5 June 2026" in page and "Rest True" in page
        assert "Rest False" not in page and "12 June" not in page
    assert "2026년 6월 5일 금요일은 쉽니다" in site.get("/", language="ko").text
    with site.room.database.write() as session:
        skips.take_back(session, told)
    assert "No issue on" not in site.get("/", language="en").text + site.get("/feed.atom").text


def test_a_skipped_week_is_told_of_until_its_day_has_gone_by_although_pages_are_kept(site: Site) -> None:
    at, was = FRIDAY + timedelta(days=7), site.now[0]
    with site.room.database.write() as session:
        skips.put(session, at, reason="Summer rest", tells_readers=True, skipped_by="kim@example.org", now=FRIDAY)
    try:
        site.now[0] = at + skips.TOLD_FOR - timedelta(minutes=1)
        assert "Summer rest" in site.get("/").text
        site.now[0] += timedelta(minutes=2)
        assert "Summer rest" not in site.get("/").text
    finally:
        site.now[0] = was
        with site.room.database.write() as session:
            skips.take_back(session, at)


def test_the_language_is_the_one_asked_for_or_the_publications_own(tmp_path: Path) -> None:
    with open_site(tmp_path, f"sqlite:///{tmp_path}/publisher.db", language="ko", name="한입 뉴스") as site:
        for path, asked, given in (
            ("/", "", "ko"),
            ("/", "fr", "ko"),
            ("/", "en-US,en;q=0.9,ko;q=0.1", "en"),
            ("/", "de, ko-KR;q=0.5", "ko"),
            ("/?lang=en", "ko", "en"),
            ("/?lang=xx", "en", "en"),
            ("/", ";;;q=9,,\x7f" * 40, "ko"),
        ):
            answer = site.get(path, language=asked)
            assert f'<html lang="{given}"' in answer.text, (path, asked)
            assert answer.headers["Content-Language"] == given
            assert "Accept-Language" in answer.headers["Vary"]


# --- hostile content, and what a page may do


def test_a_headline_with_a_script_stays_text(tmp_path: Path, browser: Browser) -> None:
    with open_site(tmp_path, f"sqlite:///{tmp_path}/publisher.db", sent=0) as site:
        sends(site.room, 1, HOSTILE, *(f"{HOSTILE} {number}" for number in range(3)))
        with looking(browser, "en", "light", 1440) as page:
            dialogs: list[str] = []

            def dismiss(dialog: Dialog) -> None:
                dialogs.append(dialog.message)
                dialog.dismiss()

            page.on("dialog", dismiss)
            for path in ("/", "/issues/1"):
                page.goto(site.url + path)
                assert "<script>alert(1)</script>" in page.inner_text("body")
                assert page.evaluate("() => document.querySelectorAll('[onerror]').length") == 0
            assert dialogs == []


def test_a_sealed_page_has_its_own_style_and_nothing_else(still: Site, browser: Browser) -> None:
    answer = still.get("/issues/1")
    policy = answer.headers["Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in policy
    assert "script-src 'none'" in policy and "unsafe" not in policy and "img-src 'self';" in policy
    with looking(browser, "en", "light", 1440) as page:
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.goto(f"{still.url}/issues/1")
        assert page.evaluate("() => getComputedStyle(document.body).borderTopWidth") == "4px"
        assert problems == []


@pytest.mark.parametrize(
    ("picture", "origin"),
    [
        ("https://cdn.example.org/a.jpg", "https://cdn.example.org"),
        ("http://127.0.0.1:8000/pictures/a.jpg", "http://127.0.0.1:8000"),
        ("https://그림.example/a.jpg", "https://xn--2i0b46t.example"),
        ("https://[2001:db8::1]:8443/a.jpg", "https://[2001:db8::1]:8443"),
        ("https://user:pass@cdn.example.org/a.jpg", "https://cdn.example.org"),
        ("/pictures/a.jpg", ""),
        ("javascript:alert(1)", ""),
        ("https://a.example;script-src *'/x.jpg", ""),
        ("https://a.example\n/x.jpg", "https://a.example"),
        ("https://", ""),
        ("https://a:99999999/x", ""),
    ],
)
def test_pictures_may_come_only_from_where_the_page_has_them(picture: str, origin: str) -> None:
    policy = policy_of(f'<p>https://elsewhere.example<img src="{picture}" alt="">')
    assert f"img-src 'self'{origin and ' ' + origin};" in policy
    assert "elsewhere" not in policy and policy.count("script-src") == 1


def test_no_answer_repeats_the_host_that_a_request_names(still: Site) -> None:
    for path in ("/", "/issues/1", "/issues", "/issues/", "/issues/1/", "/feed.atom", "/nope", "/leave", "/static"):
        for headers in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}):
            answer = still.get(path, headers=headers)
            assert "evil.example" not in answer.text + repr(answer.headers)


def test_the_old_address_of_the_list_leads_to_it(still: Site) -> None:
    answer = still.get("/issues/")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/")


# --- under a path


@pytest.mark.parametrize("how", ["whole", "stripped", "mounted"])
def test_a_base_url_with_a_path_works(tmp_path: Path, how: str) -> None:
    """As `publisher run` serves it itself, behind a proxy that takes the path away, and inside of another app."""

    def mount(app: Any) -> Starlette:
        return Starlette(routes=[Mount("/ko", app)])

    url = f"sqlite:///{tmp_path}/publisher.db"
    base_url = "https://news.example.org/ko"
    with open_site(tmp_path, url, base_url=base_url, mount=mount if how == "mounted" else None) as site:
        before = "" if how == "stripped" else "/ko"
        page = site.get(f"{before}/")
        assert 'href="/ko/issues/1"' in page.text and 'href="/ko/static/publisher.css"' in page.text
        assert site.get(f"{before}/issues/1").content == sealed_page(site.room)
        assert site.get(f"{before}/static/publisher.css").status_code == 200
        assert site.get(f"{before}/nope").status_code == 404
        assert site.get(f"{before}/leave/{site.leave_link(1).rpartition('/')[2]}").status_code == 200
        assert site.get(f"{before}/issues").headers["Location"] == "/ko/"
        if how == "whole":
            assert site.get("/ko").headers["Location"] == "/ko/"
            assert site.get("/kok").status_code == 404
        assert page.headers["Strict-Transport-Security"]


def test_every_answer_has_the_headers_that_protect_it(still: Site) -> None:
    for path in (
        "/",
        "/issues/1",
        "/nope",
        "/static/tokens.css",
        "/static/nope",
        "/healthz",
        "/leave/x",
        "/favicon.ico",
    ):
        answer = still.get(path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in answer.headers
        assert "server" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers  # base_url is http
    assert still.get("/favicon.ico").headers["Content-Type"] == "image/svg+xml"


def test_robots_are_kept_from_links_that_are_not_theirs(still: Site) -> None:
    assert "Disallow: /leave/" in still.get("/robots.txt").text


@pytest.mark.parametrize(
    "path", ["/static/../guard.py", "/static/%2e%2e/guard.py", "/static/..%2fguard.py", "/static/"]
)
def test_only_the_files_of_the_look_are_served(still: Site, path: str) -> None:
    request = requests.Request("GET", still.url).prepare()
    request.url = still.url + path
    with requests.Session() as session:
        assert session.send(request, timeout=10).status_code == 404
