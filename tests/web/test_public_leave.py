"""Leaving by the link of a letter: a look changes nothing, the button always works, and no link tells who exists."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser
from sqlalchemy import text

from publisher.domain.token import sign
from tests.newsroom import FRIDAY
from tests.web.browser import looking
from tests.web.site import BROWSER, PROGRAM, Site, open_site

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
    {"Origin": "http://evil.example", "Host": "evil.example"},  # a name that was pointed at us (DNS rebinding)
    {"Origin": "http://[::1", "Host": "[::1"},
]


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    with open_site(tmp_path, database_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def quiet_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One that no test changes."""
    folder = tmp_path_factory.mktemp("site")
    with open_site(folder, f"sqlite:///{folder}/publisher.db") as opened:
        yield opened


def state(site: Site, subscriber_id: int = 1) -> str:
    with site.room.database.connect() as connection:
        query = text("SELECT state FROM subscriber WHERE id = :id")
        return str(connection.execute(query, {"id": subscriber_id}).scalar_one())


def everything(site: Site) -> list[list[tuple[Any, ...]]]:
    return [site.rows(table) for table in ("subscriber", "membership", "suppression", "delivery", "issue")]


# --- looking and leaving


def test_a_look_shows_the_masked_address_and_one_button(site: Site) -> None:
    page = site.get(site.leave_link(1), language="en").text
    assert "Small Bites" in page and "r\u2060…\u2060@example.org" in page and "reader1" not in page
    assert page.count("<button") == 1 and page.count("<form") == 1
    assert state(site) == "active"


def test_the_button_takes_the_reader_off_everything_and_again_says_the_same(site: Site) -> None:
    link = site.leave_link(1)
    answers = [site.post(link, data=ONE_CLICK, language="en") for _ in range(3)]
    assert state(site) == "left" and state(site, 2) == "active"
    assert all(row[3] is not None for row in site.rows("membership") if row[1] == 1)
    assert len({answer.text for answer in answers}) == 1
    assert all(answer.status_code == 200 and not answer.headers.get("Set-Cookie") for answer in answers)
    assert "You are unsubscribed" in answers[0].text
    before = everything(site)
    site.now[0] += timedelta(days=1)
    site.post(link)
    assert everything(site) == before  # the time of leaving is that of the first time


def test_who_has_left_is_told_so_at_a_look(site: Site) -> None:
    site.post(site.leave_link(1))
    page = site.get(site.leave_link(1), language="ko").text
    assert "구독이 해지되었습니다" in page and "<button" not in page


def test_a_mail_program_leaves_with_one_post_without_cookie_login_or_redirect(site: Site) -> None:
    """RFC 8058, 3.2: the body is the one pair, as a form or as multipart."""
    for subscriber_id, body in ((1, {"data": ONE_CLICK}), (2, {"files": {"List-Unsubscribe": (None, "One-Click")}})):
        answer = requests.post(site.url + site.leave_link(subscriber_id), timeout=10, allow_redirects=False, **body)
        assert (answer.status_code, state(site, subscriber_id)) == (200, "left")
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert not {"Set-Cookie", "Location"} & set(answer.headers)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_one_click_works_whatever_origin_it_names(site: Site, headers: dict[str, str]) -> None:
    answer = site.post(site.leave_link(1), data=ONE_CLICK, headers=headers)
    assert (answer.status_code, state(site)) == (200, "left")


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_form_of_another_site_is_refused_and_changes_nothing(quiet_site: Site, headers: dict[str, str]) -> None:
    before = everything(quiet_site)
    answer = quiet_site.post(quiet_site.leave_link(1), data={"a": "b"}, headers=headers, language="en")
    assert answer.status_code == 403
    assert "This came from another site" in answer.text and "Nothing was changed" in answer.text
    assert everything(quiet_site) == before


@pytest.mark.parametrize("body", [b"", b"List-Unsubscribe=Two-Click", b"\xff\x00--broken", b"a=" + b"b" * 60_000])
def test_any_body_will_do_where_no_browser_speaks(site: Site, body: bytes) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert site.post(site.leave_link(1), data=body, headers=kind | PROGRAM).status_code == 200
    assert state(site) == "left"


def test_leaving_works_in_a_browser_without_a_script_in_both_languages(site: Site, browser: Browser) -> None:
    for subscriber_id, language, button, said in (
        (1, "en", "Unsubscribe", "You are unsubscribed"),
        (2, "ko", "구독 해지", "구독이 해지되었습니다"),
    ):
        with looking(browser, language, "light", 390, java_script_enabled=False) as page:
            page.goto(site.url + site.leave_link(subscriber_id))
            assert state(site, subscriber_id) == "active"
            page.get_by_role("button", name=button).click()
            assert page.get_by_role("heading", level=1).inner_text() == said
            assert state(site, subscriber_id) == "left"


def test_a_link_in_capitals_works_because_mail_systems_fold_case(site: Site) -> None:
    folder, _, token = site.leave_link(1).rpartition("/")
    assert site.post(f"{folder}/{token.upper()}").status_code == 200
    assert state(site) == "left"


def test_an_erased_reader_is_told_that_no_letter_comes(site: Site) -> None:
    link = site.leave_link(4242)
    for answer in (site.get(link, language="en"), site.post(link, language="en")):
        assert answer.status_code == 200 and "not with us any more" in answer.text and "<button" not in answer.text


def test_the_link_of_a_test_letter_takes_nobody_off_and_says_so(quiet_site: Site) -> None:
    before = everything(quiet_site)
    link = quiet_site.leave_link(0)
    assert "from a test letter" in quiet_site.get(link, language="en").text
    assert "Nobody was taken off the list" in quiet_site.post(link, language="en").text
    assert "명단에서 빠진 사람은 없습니다" in quiet_site.post(link, language="ko").text
    assert quiet_site.post(link, headers=PROGRAM, data=ONE_CLICK).status_code == 200
    assert everything(quiet_site) == before


# --- scanners


def test_a_thousand_looks_by_scanners_change_nothing(quiet_site: Site) -> None:
    before = everything(quiet_site)
    links = [quiet_site.url + quiet_site.leave_link(number) for number in (1, 2, 3, 0, 99)]

    def look(number: int) -> int:
        method = ("GET", "HEAD", "OPTIONS", "GET")[number % 4]
        with requests.Session() as session:
            return session.request(method, links[number % 5], headers=BROWSER, timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(look, range(1000))) <= {200, 405}
    assert everything(quiet_site) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_no_other_method_does_anything(quiet_site: Site, method: str) -> None:
    before = everything(quiet_site)
    answer = quiet_site.asks(method, quiet_site.leave_link(1))
    assert answer.status_code == 405 and set(answer.headers["Allow"].split(", ")) >= {"GET"}
    assert everything(quiet_site) == before


# --- links that were changed


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 200), new=st.sampled_from(string.ascii_letters + string.digits + "-._~@:+=%2F "))
def test_no_link_with_another_character_does_anything(quiet_site: Site, at: int, new: str) -> None:
    token = quiet_site.leave_link(1).rpartition("/")[2]
    at %= len(token)
    if token[at].lower() == new.lower():
        return
    forged = f"/leave/{token[:at]}{new}{token[at + 1 :]}"
    answer = quiet_site.post(forged, data=ONE_CLICK, language="en")
    assert answer.status_code == 404 and "This link does not work" in answer.text
    assert quiet_site.get(forged).status_code == 404
    assert state(quiet_site) == "active"


@settings(deadline=None, max_examples=40)
@given(token=st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_no_text_at_all_is_a_failure(quiet_site: Site, token: str) -> None:
    from urllib.parse import quote

    assert quiet_site.post(f"/leave/{quote(token, safe='')}", data=ONE_CLICK).status_code == 404


@pytest.mark.parametrize("purpose", ["enter", "session", "bounce", "message-id", "confirm", ""])
def test_a_token_for_another_purpose_takes_nobody_off(quiet_site: Site, purpose: str) -> None:
    token = sign(quiet_site.room.publication.identity().secret, purpose, "1")
    assert quiet_site.post(f"/leave/{token}", data=ONE_CLICK).status_code == 404
    assert state(quiet_site) == "active"


def test_another_publications_link_is_none_of_ours(quiet_site: Site) -> None:
    token = sign(b"another secret", "leave", "1")
    assert quiet_site.post(f"/leave/{token}", data=ONE_CLICK).status_code == 404


def test_a_changed_link_says_the_same_whoever_it_was_for(quiet_site: Site) -> None:
    signature = "a" * 26
    for ask in (quiet_site.get, quiet_site.post):
        texts = {
            ask(f"/leave/{who}", language=language).text
            for who in (f"1.{signature}", f"99999.{signature}", "1", "x", "")
            for language in ("en",)
            if who or ask == quiet_site.get
        }
        assert len(texts) == 1


@pytest.mark.parametrize(
    ("language", "said"), [("en", "reply to the letter with the one word"), ("ko", "‘구독 해지’라고 답장해 주십시오")]
)
def test_a_changed_link_says_what_to_do(quiet_site: Site, language: str, said: str) -> None:
    for path in ("/leave/1.changed", "/leave/a/b/c", "/leave/", "/leave"):
        answer = quiet_site.get(path, language=language)
        assert answer.status_code == 404 and said in answer.text and "mailto:editor@example.org" in answer.text
        assert answer.headers["X-Robots-Tag"] == "noindex" and answer.headers["Cache-Control"] == "no-store"


# --- while letters are going out


def test_who_leaves_during_a_send_is_dropped_from_it(site: Site) -> None:
    site.post(site.leave_link(2), data=ONE_CLICK)
    site.room.sends(now=FRIDAY + timedelta(minutes=1))
    assert site.room.issue()["deliveries"]["dropped"] == 1
    assert not [letter for letter in site.room.letters() if re.search("^To:.*reader2@", letter, re.MULTILINE)]
