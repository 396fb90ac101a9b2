"""Signing in by address and password: who gets in, who waits, and what ends it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
import requests
from sqlmodel import select

from publisher.domain import totp
from publisher.store import editors
from publisher.store.tables import AuditRow, SessionRow
from tests.newsroom import THURSDAY
from tests.web.desks import KIM, LEE, PASSWORD, Desk, open_desk, words_of

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B
WRONG = "lighthouse bakery harbour"
STRANGER = "who@example.org"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "publication") as desk:
        desk.has_password()
        yield desk


def another(desk: Desk) -> Desk:
    return Desk(desk.room, desk.url, desk.times)


def has_codes(desk: Desk, email: str = KIM) -> None:
    secret = desk.room.publication.identity().secret
    with desk.room.database.write() as session:
        row = editors.by_email(session, email)
        row.totp_secret = totp.locked(SECRET, row.email_key, secret, b"n" * totp.NONCE_BYTES)


def code_of(desk: Desk) -> str:
    return pyotp.TOTP(SECRET).at(desk.now)


def shown(answer: requests.Response) -> str:
    """What somebody sees, without the address that they gave."""
    return words_of(answer.text)


def acts(desk: Desk) -> list[tuple[str, str, str]]:
    with desk.room.database.read() as session:
        return [(row.by, row.action, row.detail) for row in session.exec(select(AuditRow).order_by("id"))]


# ---- in and out


def test_an_address_in_any_spelling_and_its_password_open_the_desk(desk: Desk) -> None:
    answer = desk.signs_in("KIM@Example.org ")
    assert answer.url == f"{desk.url}/desk"
    assert f"Signed in as {KIM}" in words_of(answer.text)
    assert (KIM, "signed-in", "password") in acts(desk)


def test_it_leads_to_the_page_that_was_asked_for(desk: Desk) -> None:
    asked = desk.get("/desk/issues/1", headers={"Accept": "text/html"})
    assert asked.status_code == 401
    assert 'name="to" value="/desk/issues/1"' in asked.text
    answer = desk.post("/desk/sign-in", data={"email": KIM, "password": PASSWORD, "to": "/desk/issues/1"})
    assert answer.url == f"{desk.url}/desk/issues/1"
    elsewhere = another(desk).post(
        "/desk/sign-in",
        data={"email": KIM, "password": PASSWORD, "to": "//evil.example"},
        allow_redirects=False,
    )
    assert elsewhere.headers["Location"] == "/desk"


def test_a_password_typed_on_a_keyboard_that_sends_hangul_in_pieces_is_the_same(desk: Desk) -> None:
    import unicodedata

    words = "항구와 빵집과 등대"
    desk.has_password(password=words)
    assert desk.signs_in(password=unicodedata.normalize("NFD", words)).url == f"{desk.url}/desk"


def test_every_sign_in_has_a_token_of_its_own_and_ends_the_one_before(desk: Desk) -> None:
    desk.signs_in()
    before = desk.browser.cookies["desk"]
    desk.signs_in()
    after = desk.browser.cookies["desk"]
    assert before != after
    assert requests.get(f"{desk.url}/desk", cookies={"desk": before}, timeout=10).status_code == 401
    assert desk.get("/desk").status_code == 200


def test_a_token_that_somebody_else_chose_is_never_taken(desk: Desk) -> None:
    """Nobody is signed in under a cookie that was there before (session fixation)."""
    desk.browser.cookies.set("desk", "chosen-by-somebody-else", path="/desk")
    desk.signs_in()
    assert requests.get(f"{desk.url}/desk", cookies={"desk": "chosen-by-somebody-else"}, timeout=10).status_code == 401


def test_an_old_cookie_does_not_live_on_after_signing_out(desk: Desk) -> None:
    """listmonk, CVE-2026-34828."""
    desk.signs_in()
    copy = dict(desk.browser.cookies)
    desk.post("/desk/sign-out")
    assert requests.get(f"{desk.url}/desk", cookies=copy, timeout=10).status_code == 401


def test_the_database_holds_no_cookie(desk: Desk) -> None:
    desk.signs_in()
    token = desk.browser.cookies["desk"]
    assert len(token) >= 43  # 256 bits
    with desk.room.database.read() as session:
        assert all(token not in row.token_hash for row in session.exec(select(SessionRow)))


@pytest.mark.parametrize(
    ("base_url", "cookie"),
    [
        ("https://news.example.org", "__Host-desk=; Path=/; Secure"),
        ("https://example.org/letter", "__Secure-desk=; Path=/letter/desk; Secure"),
    ],
)
def test_a_cookie_over_https_is_secure_and_bound_to_its_host(tmp_path: Path, base_url: str, cookie: str) -> None:
    with open_desk(tmp_path / "publication") as first:
        config = first.room.root / "config.toml"
        config.write_text(config.read_text("utf-8").replace("http://127.0.0.1:8000", base_url), "utf-8")
    from publisher.web import app
    from publisher.web.server import serving
    from publisher.web.shell import Shell
    from publisher.wiring import Publication, load_settings

    publication = Publication(load_settings(config))
    with serving(app.create(Shell(publication, lambda: THURSDAY))) as url:
        desk = Desk(first.room, url, [THURSDAY])
        desk.has_password()
        prefix = "/letter" if "letter" in base_url else ""
        answer = desk.post(
            f"{prefix}/desk/sign-in",
            data={"email": KIM, "password": PASSWORD},
            allow_redirects=False,
            headers={"X-Forwarded-Proto": "https"},
        )
        kept = next(part for part in answer.raw.headers.getlist("Set-Cookie") if part.startswith(cookie.split("=")[0]))
    publication.database.close()
    for attribute in (*cookie.split("; ")[1:], "HttpOnly", "SameSite=lax"):
        assert attribute in kept.split("; "), kept
    assert "Domain" not in kept


# ---- a wrong guess


def test_a_wrong_password_and_an_address_of_nobody_are_answered_alike(desk: Desk) -> None:
    wrong = another(desk).signs_in(KIM, WRONG)
    nobody = another(desk).signs_in(STRANGER, WRONG)
    linked = another(desk).signs_in(LEE, WRONG)  # an editor who has no password
    assert wrong.status_code == nobody.status_code == linked.status_code == 401
    assert shown(wrong) == shown(nobody) == shown(linked)
    assert wrong.text.replace(KIM, "") == nobody.text.replace(STRANGER, "") == linked.text.replace(LEE, "")
    assert {name: value for name, value in wrong.headers.items() if name not in ("date", "content-length")} == {
        name: value for name, value in nobody.headers.items() if name not in ("date", "content-length")
    }


def test_they_take_the_same_time(desk: Desk) -> None:
    """Mautic, CVE-2025-9824. Hashing takes a hundred times as long as everything else, and is done for both."""

    def took(email: str) -> float:
        begun = time.perf_counter()
        another(desk).signs_in(email, WRONG)
        return time.perf_counter() - begun

    took(KIM), took(STRANGER)
    known, unknown = [], []
    for _ in range(4):
        known.append(took(KIM))
        unknown.append(took(STRANGER))
    assert min(known) > 0.02 and min(unknown) > 0.02, "nothing was hashed"
    assert statistics.median(unknown) > 0.4 * statistics.median(known)
    assert statistics.median(known) > 0.4 * statistics.median(unknown)


def test_what_was_typed_does_nothing_on_the_page_that_refuses_it(desk: Desk) -> None:
    """Mailman, CVE-2018-13796, and Postorius, CVE-2026-44742."""
    hostile = '"><script>alert(1)</script>@example.org'
    answer = another(desk).signs_in(hostile, WRONG)
    assert "<script>alert" not in answer.text
    assert WRONG not in answer.text
    path = another(desk).get("/desk/<script>alert(1)</script>", headers={"Accept": "text/html"})
    assert "alert(1)" not in path.text


def test_a_wrong_guess_is_in_the_trail_of_whose_address_it_was(desk: Desk) -> None:
    another(desk).signs_in(KIM, WRONG)
    another(desk).signs_in(STRANGER, WRONG)
    until = time.monotonic() + 5
    while (KIM, "sign-in-failed", "") not in acts(desk) and time.monotonic() < until:
        time.sleep(0.02)
    assert (KIM, "sign-in-failed", "") in acts(desk)
    assert not any(STRANGER in "".join(act) for act in acts(desk)), "a stranger fills no table"


def test_guessing_at_an_address_waits_longer_each_time_and_alike_for_an_address_of_nobody(desk: Desk) -> None:
    for email in (KIM, STRANGER):
        waits = []
        for _ in range(9):
            answer = another(desk).signs_in(email, WRONG)
            while answer.status_code == 429:
                waits.append(int(answer.headers["Retry-After"]))
                desk.times[0] += timedelta(seconds=waits[-1])
                answer = another(desk).signs_in(email, WRONG)
        assert waits == [1, 2, 4], email
    answers = [another(desk).signs_in(KIM, PASSWORD) for _ in range(2)]
    assert answers[0].status_code == 429, "the right one is not looked at either"
    desk.times[0] += timedelta(minutes=5)
    assert another(desk).signs_in().status_code == 200


def test_a_stranger_who_guesses_keeps_nobody_out_of_a_browser_in_which_they_were(desk: Desk) -> None:
    mine = another(desk)
    mine.signs_in()
    mine.post("/desk/sign-out")
    for _ in range(6):
        another(desk).signs_in(KIM, WRONG)
    assert another(desk).signs_in().status_code == 429
    assert mine.signs_in().status_code == 200


def test_a_mark_of_one_editor_helps_with_no_other_address(desk: Desk) -> None:
    mine = another(desk)
    mine.signs_in()
    mine.post("/desk/sign-out")
    answers = [mine.signs_in(STRANGER, WRONG).status_code for _ in range(7)]
    assert answers.count(429) == 1


def test_the_mark_of_a_browser_in_other_letters_is_the_same_mark(desk: Desk) -> None:
    mine = another(desk)
    mine.signs_in()
    mark = mine.browser.cookies["desk-known"]
    answers = []
    for at in range(7):
        guess = another(desk)
        guess.browser.cookies.set("desk-known", mark[: -1 - at] + mark[-1 - at :].upper())
        answers.append(guess.signs_in(KIM, WRONG).status_code)
    assert answers.count(429) == 1


def test_one_network_waits_whatever_addresses_it_tries(desk: Desk) -> None:
    """As a proxy on this machine tells where a request comes from."""
    from publisher.domain import attempts

    mine, theirs = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8"}
    for number in range(attempts.OF_NETWORK.free + 1):
        assert another(desk).post("/desk/forgotten", data={"email": f"{number}@example.org"}, headers=mine).ok
    stopped = another(desk).post("/desk/forgotten", data={"email": KIM}, headers=mine)
    assert stopped.status_code == 429
    assert another(desk).post("/desk/forgotten", data={"email": KIM}, headers=theirs).ok


# ---- codes


def test_the_code_is_asked_for_after_the_password_and_only_in_that_browser(desk: Desk) -> None:
    """Ghost, CVE-2026-29784: a code alone, or in another browser, opens nothing."""
    has_codes(desk)
    assert "And the code" in words_of(desk.signs_in().text)
    assert desk.get("/desk").status_code == 401
    elsewhere = another(desk)
    assert elsewhere.post("/desk/sign-in/code", data={"code": code_of(desk)}).status_code == 401
    assert elsewhere.get("/desk").status_code == 401
    assert desk.post("/desk/sign-in/code", data={"code": code_of(desk)}).url == f"{desk.url}/desk"
    assert (KIM, "signed-in", "password and code") in acts(desk)


def test_a_code_is_taken_once(desk: Desk) -> None:
    has_codes(desk)
    other = another(desk)
    desk.signs_in(), other.signs_in()
    code = code_of(desk)
    assert desk.post("/desk/sign-in/code", data={"code": code}).ok
    assert other.post("/desk/sign-in/code", data={"code": code}).status_code == 401
    desk.times[0] += timedelta(seconds=30)
    assert other.post("/desk/sign-in/code", data={"code": code_of(desk)}).ok


def test_guessing_codes_waits_and_a_halfway_sign_in_ends(desk: Desk) -> None:
    has_codes(desk)
    desk.signs_in()
    answers = [desk.post("/desk/sign-in/code", data={"code": "000000"}).status_code for _ in range(7)]
    assert answers == [401] * 6 + [429]
    desk.times[0] += timedelta(minutes=5, seconds=1)
    late = desk.post("/desk/sign-in/code", data={"code": code_of(desk)})
    assert late.status_code == 401
    assert "begin again" in words_of(late.text).lower()


def test_no_link_goes_around_a_password_or_a_code(desk: Desk) -> None:
    link = desk.link(to="/desk/issues/1")
    shown_page = desk.browser.get(link, timeout=10)
    assert 'type="password"' in shown_page.text and KIM in shown_page.text
    assert desk.browser.post(link, timeout=10).status_code == 401
    assert desk.get("/desk").status_code == 401
    desk.signs_in()
    assert desk.browser.get(link, timeout=10).url == f"{desk.url}/desk/issues/1"


# ---- what ends a session


def test_another_password_ends_every_session_but_the_one_it_was_changed_in(desk: Desk) -> None:
    mine, other = another(desk), another(desk)
    mine.signs_in(), other.signs_in()
    new = "seven kites above the pier"
    assert mine.post("/desk/account/password", data={"current": WRONG, "password": new}).status_code == 409
    assert other.get("/desk").status_code == 200
    assert mine.post("/desk/account/password", data={"current": PASSWORD, "password": new}).ok
    assert mine.get("/desk").status_code == 200
    assert other.get("/desk").status_code == 401
    assert another(desk).signs_in().status_code == 401
    assert another(desk).signs_in(password=new).ok


def test_the_list_of_sessions_ends_one_or_all_others_and_nobody_elses(desk: Desk) -> None:
    desk.has_password(LEE)
    mine, other, third, lee = (another(desk) for _ in range(4))
    for browser in (mine, other, third):
        browser.browser.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        browser.signs_in()
    lee.signs_in(LEE)
    assert words_of(mine.get("/desk/account").text).count("Firefox, Linux") == 3
    lees = lee.get("/desk/account").text
    with desk.room.database.read() as session:
        hashes = {row.token_hash: row.editor_id for row in session.exec(select(SessionRow))}
    from publisher.store.sessions import hash_of

    theirs = hash_of(lee.browser.cookies["desk"])
    assert theirs in hashes and theirs not in mine.get("/desk/account").text
    mine.post(f"/desk/account/sessions/{theirs}/ending")
    assert lee.get("/desk").status_code == 200 and lees
    mine.post(f"/desk/account/sessions/{hash_of(other.browser.cookies['desk'])}/ending")
    assert [browser.get("/desk").status_code for browser in (mine, other, third)] == [200, 401, 200]
    mine.post("/desk/account/sessions/endings")
    assert [browser.get("/desk").status_code for browser in (mine, third)] == [200, 401]


@pytest.mark.parametrize("purpose", ["enter", "invite", "reset", "leave"])
def test_no_token_of_a_link_works_on_pages_of_a_session(desk: Desk, purpose: str) -> None:
    """Ghost, CVE-2026-22595."""
    from publisher.domain.token import sign
    from publisher.mail.identity import entry

    with desk.room.database.read() as session:
        row = editors.by_email(session, KIM)
    secret = desk.room.publication.identity().secret
    for name in (editors.badge(row), editors.standing(row)):
        token = sign(secret, purpose, entry(name, THURSDAY + timedelta(days=1)))
        for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"desk={token}"}, {"X-Token": token}):
            assert requests.get(f"{desk.url}/desk/account", headers=headers, timeout=10).status_code == 401


def test_a_form_of_another_site_signs_nobody_in_and_changes_no_password(desk: Desk) -> None:
    desk.signs_in()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert another(desk).signs_in(headers=headers).status_code == 403
        for path in (
            "/desk/account",
            "/desk/account/password",
            "/desk/account/codes",
            "/desk/account/sessions/endings",
        ):
            assert desk.post(path, headers=headers).status_code == 403


def test_the_secret_of_codes_is_kept_encrypted_and_bound_to_its_owner(desk: Desk) -> None:
    has_codes(desk)
    with desk.room.database.read() as session:
        row = editors.by_email(session, KIM)
    assert totp.unlocked(row.totp_secret, row.email_key, b"another") is None
    assert totp.unlocked(row.totp_secret, "lee@example.org", desk.room.publication.identity().secret) is None
    assert SECRET not in row.totp_secret
