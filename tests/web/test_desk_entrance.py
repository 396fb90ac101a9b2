"""Who is let in at the desk, and who is not."""

from __future__ import annotations

import string
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from publisher.domain.rights import Right, right_of
from publisher.domain.token import sign
from publisher.mail.identity import entry
from publisher.stages import enroll
from publisher.store import editors
from publisher.web.desk.entrance import inside
from publisher.web.shell import Shell
from tests.cli.command import THURSDAY as THURSDAY_IN_WORDS
from tests.cli.command import publisher
from tests.newsroom import THURSDAY
from tests.web.desks import KIM, LEE, Desk, addresses, everything, open_desk, words_of


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with open_desk(folder / "publication") as desk:
        yield desk


@pytest.fixture
def desk(shared_desk: Desk) -> Desk:
    """A browser of its own at the one desk of these tests, which nothing here changes."""
    return Desk(shared_desk.room, shared_desk.url, [THURSDAY])


def badge_of(desk: Desk) -> str:
    with desk.room.database.read() as session:
        return editors.badge(editors.by_email(session, KIM))


def test_nothing_of_the_desk_is_given_or_done_without_signing_in(desk: Desk) -> None:
    closed = [
        (method, path)
        for method, path in addresses(Shell(desk.room.publication, lambda: THURSDAY))
        if right_of(method, path) is not Right.ENTER
    ]
    assert len(closed) >= 12, "the list of addresses is cut, so this would prove nothing"
    before = everything(desk.room)
    digest = desk.room.issue()["digest"]
    for method, path in closed:
        for cookies in ({}, {"desk": "1-9999999999.aaaaaaaaaaaaaaaaaaaaaaaaaa"}):
            answer = requests.request(
                method, desk.url + path, data={"digest": digest}, cookies=cookies, timeout=10, allow_redirects=False
            )
            assert answer.status_code == 401, (method, path)
            assert "editors link" in answer.text
    assert everything(desk.room) == before


def test_a_link_shows_a_button_and_only_the_button_signs_in(desk: Desk) -> None:
    shown = desk.browser.get(desk.link(), timeout=10)
    assert KIM in words_of(shown.text)
    assert not desk.browser.cookies
    assert desk.get("/desk").status_code == 401
    assert desk.browser.post(desk.link(), timeout=10).url == f"{desk.url}/desk"
    assert f"Signed in as {KIM}" in desk.sees("/desk")


def test_the_cookie_is_kept_from_scripts_and_from_other_paths(desk: Desk) -> None:
    answer = desk.browser.post(desk.link(), timeout=10, allow_redirects=False)
    kept = answer.headers["Set-Cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=lax" in kept
    assert "Path=/desk" in kept
    assert "Secure" not in kept  # this publication is served over http


def test_a_link_leads_to_the_page_that_it_names(desk: Desk) -> None:
    answer = desk.browser.get(desk.link(to="/desk/issues/1"), timeout=10)
    assert 'name="to" value="/desk/issues/1"' in answer.text
    signed = desk.browser.post(desk.link(), data={"to": "/desk/issues/1"}, timeout=10)
    assert signed.url == f"{desk.url}/desk/issues/1"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/desk//evil.example",
        "/desk/../leave",
        "/desk/issues/1\r\nSet-Cookie: a=b",
        "/desk\n",
        "/deskevil",
        "/leave/x",
        "javascript:alert(1)",
        "/desk?next=//evil.example",
        "",
    ],
)
def test_a_link_leads_nowhere_else(desk: Desk, elsewhere: str) -> None:
    assert inside(elsewhere) == "/desk"
    answer = desk.browser.post(desk.link(), data={"to": elsewhere}, timeout=10, allow_redirects=False)
    assert answer.headers["Location"] == "/desk"


def test_an_expired_link_says_so_and_lets_nobody_in(desk: Desk) -> None:
    for look in (desk.browser.get, desk.browser.post):
        answer = look(desk.link(lasts=timedelta(seconds=-1)), timeout=10)
        assert answer.status_code == 403
        assert "expired" in words_of(answer.text)
        assert KIM not in answer.text
    assert not desk.browser.cookies


def test_no_flipped_character_of_a_link_lets_anybody_in(desk: Desk) -> None:
    link = desk.link()
    start = link.rindex("/") + 1
    for place in range(start, len(link)):
        wrong = next(other for other in string.ascii_lowercase + string.digits if other != link[place].lower())
        flipped = link[:place] + wrong + link[place + 1 :]
        assert desk.browser.post(flipped, timeout=10).status_code == 403, flipped
    assert not desk.browser.cookies


@pytest.mark.parametrize("purpose", ["leave", "session", "bounce", "invite", "reset", "second", "known"])
def test_a_token_for_another_purpose_lets_nobody_in(desk: Desk, purpose: str) -> None:
    secret = desk.room.publication.identity().secret
    token = sign(secret, purpose, entry(badge_of(desk), THURSDAY + timedelta(days=1)))
    assert desk.post(f"/desk/enter/{token}").status_code == 403


@pytest.mark.parametrize("purpose", ["enter", "leave"])
def test_a_link_is_no_cookie(desk: Desk, purpose: str) -> None:
    secret = desk.room.publication.identity().secret
    token = sign(secret, purpose, entry(badge_of(desk), THURSDAY + timedelta(days=1)))
    assert requests.get(f"{desk.url}/desk", cookies={"desk": token}, timeout=10).status_code == 401


def test_a_session_that_is_used_ends_after_two_weeks_and_one_that_is_not_after_three_days(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication") as desk:
        kim, lee = desk.enters(), desk.enters(LEE)
        for days in (2, 4, 6, 8, 10, 12, 13):
            desk.times[0] = THURSDAY + timedelta(days=days)
            assert kim.get("/desk").status_code == 200, days
            assert days < 3 or lee.get("/desk").status_code == 401, days
        desk.times[0] = THURSDAY + timedelta(days=14)
        assert kim.get("/desk").status_code == 401


def test_looking_again_and_again_writes_once_in_some_minutes(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication") as desk:
        kim = desk.enters()
        before = everything(desk.room)
        for seconds in range(0, 290, 10):
            desk.times[0] = THURSDAY + timedelta(seconds=seconds)
            kim.get("/desk")
        assert everything(desk.room) == before
        desk.times[0] = THURSDAY + timedelta(minutes=5)
        kim.get("/desk")
        assert everything(desk.room) != before


def test_an_editor_who_was_removed_is_out_at_once_by_cookie_and_by_link(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication") as desk:
        lee, link = desk.enters(LEE), desk.link(LEE)
        with desk.room.database.write() as session:
            editors.remove(session, editors.by_email(session, LEE), THURSDAY)
        assert lee.get("/desk").status_code == 401
        assert desk.browser.post(link, timeout=10).status_code == 403


def test_who_comes_back_has_nothing_of_what_they_had(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication") as desk:
        lee, link = desk.enters(LEE), desk.link(LEE)
        desk.has_password(LEE)
        with desk.room.database.write() as session:
            editors.remove(session, editors.by_email(session, LEE), THURSDAY)
        enroll.add_editor(desk.room.database, LEE, "author", now=THURSDAY + timedelta(hours=1))
        assert lee.get("/desk").status_code == 401
        assert desk.browser.post(link, timeout=10).status_code == 403
        assert desk.signs_in(LEE).status_code == 401
        assert f"Signed in as {LEE}" in desk.enters(LEE).sees("/desk")


def test_another_role_ends_links_and_sessions(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication") as desk:
        kim, link = desk.enters(), desk.link()
        enroll.add_editor(desk.room.database, KIM, "author", now=THURSDAY)
        assert kim.get("/desk").status_code == 401
        assert desk.browser.post(link, timeout=10).status_code == 403


def test_another_language_ends_nothing(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication") as desk:
        kim = desk.enters()
        with desk.room.database.write() as session:
            editors.by_email(session, KIM).language = "ko"
        assert kim.get("/desk").status_code == 200


def test_signing_out_ends_it_in_this_browser(desk: Desk) -> None:
    kim = desk.enters()
    assert "Signed out" in words_of(kim.post("/desk/sign-out").text)
    assert kim.get("/desk").status_code == 401


def test_a_form_of_another_site_signs_nobody_in_or_out(desk: Desk) -> None:
    kim = desk.enters()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert desk.browser.post(desk.link(), headers=headers, timeout=10).status_code == 403
        assert kim.post("/desk/sign-out", headers=headers).status_code == 403
    assert not desk.browser.cookies
    assert kim.get("/desk").status_code == 200


def test_a_demo_takes_everybody_for_its_editor(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication", guest=KIM) as desk:
        shown = desk.get("/desk").text
        assert f"Signed in as {KIM}" in words_of(shown)
        assert "sign-out" not in shown


def test_a_guest_who_is_no_editor_is_nobody(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication", guest="who@example.org") as desk:
        assert desk.get("/desk").status_code == 401


def test_the_command_prints_a_link_that_works(desk: Desk) -> None:
    said = publisher(
        desk.room.root, "editors", "link", "KIM@example.org", "--to", "/desk/issues/1", "--now", THURSDAY_IN_WORDS
    )
    assert said.status == 0
    link = said.out.strip()
    assert link.startswith("http://127.0.0.1:8000/desk/enter/")
    answer = desk.browser.get(link.replace("http://127.0.0.1:8000", desk.url), timeout=10)
    assert KIM in words_of(answer.text)
    assert "/desk/issues/1" in answer.text
    nobody = publisher(desk.room.root, "editors", "link", "who@example.org")
    assert nobody.status == 1
    assert "is not an editor" in nobody.complaint
