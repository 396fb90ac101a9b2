"""Invitations, resets, one's account, who works at the desk, and the trail."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
import requests
from sqlmodel import select

from publisher.delivery.engine import Clock
from publisher.domain.audit import Action
from publisher.domain.notice import INVITATION_LASTS, RESET_LASTS
from publisher.stages import notify, send
from publisher.store import audit, editors
from publisher.store.tables import NoticeRow
from tests.newsroom import FOLDER, THURSDAY
from tests.web.desks import KIM, LEE, PASSWORD, Desk, everything, open_desk, words_of

NEW = "park@example.org"
OTHER = "seven kites above the pier"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "publication", FOLDER) as desk:
        yield desk


def another(desk: Desk) -> Desk:
    return Desk(desk.room, desk.url, desk.times)


def notices(desk: Desk, kind: str) -> list[NoticeRow]:
    with desk.room.database.read() as session:
        return list(session.exec(select(NoticeRow).where(NoticeRow.kind == kind)))


def mailed(desk: Desk, kind: str) -> str:
    """The link in the newest mail of that kind, at the port that this desk has."""
    publication = desk.room.publication
    channel = publication.notice_channel()
    assert channel is not None
    with send.alone(desk.room.database):
        notify.send(
            desk.room.database,
            channel,
            publication.identity(),
            worker="test",
            clock=Clock(lambda: desk.now, lambda: 0.5),
        )
    row = notices(desk, kind)[-1]
    assert row.state == "accepted", row
    path = next((desk.room.root / "out").rglob(f"*notice-{row.id}-*.eml"))
    import email
    import email.policy

    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    [link] = re.findall(r"http://127.0.0.1:8000(/desk/(?:invited|reset)/\S+)", body.get_content())
    return str(link)


def asks_for_reset(desk: Desk, email: str) -> requests.Response:
    answer = another(desk).post("/desk/forgotten", data={"email": email})
    time.sleep(0.05)  # the mail is written after the answer
    return answer


def waits_for(desk: Desk, kind: str, count: int) -> list[NoticeRow]:
    until = time.monotonic() + 5
    while len(notices(desk, kind)) < count and time.monotonic() < until:
        time.sleep(0.02)
    return notices(desk, kind)


# ---- invitations


def test_who_is_invited_chooses_a_password_once_and_is_in(desk: Desk) -> None:
    admin, guest = desk.enters(), another(desk)
    admin.post("/desk/editors", data={"email": f" {NEW.upper()} ", "role": "approver", "language": "ko"})
    [row] = notices(desk, "invitation")
    assert row.recipient == NEW and "초대" in row.subject and "승인자" in row.text
    link = mailed(desk, "invitation")
    before = everything(desk.room)
    page = guest.get(link)
    assert NEW in words_of(page.text)
    assert everything(desk.room) == before and guest.get("/desk").status_code == 401
    assert guest.post(link, data={"password": "short"}).status_code == 409
    assert guest.post(link, data={"password": PASSWORD}).url == f"{desk.url}/desk"
    assert "편집국" in words_of(guest.get("/desk").text), "the desk speaks the language of the invitation"
    for again in (guest.get(link), another(desk).post(link, data={"password": OTHER})):
        assert again.status_code == 403
    assert another(desk).signs_in(NEW).ok


def test_an_invitation_ends_after_a_week_and_when_somebody_is_invited_anew_as_something_else(desk: Desk) -> None:
    admin = desk.enters()
    admin.post("/desk/editors", data={"email": NEW, "role": "author"})
    link = mailed(desk, "invitation")
    desk.times[0] += INVITATION_LASTS - timedelta(seconds=1)
    assert desk.get(link).status_code == 200
    desk.times[0] += timedelta(seconds=1)
    assert desk.get(link).status_code == 403
    desk.times[0] = THURSDAY
    admin.post("/desk/editors", data={"email": NEW, "role": "admin"})
    assert desk.get(link).status_code == 403
    assert len(notices(desk, "invitation")) == 2


@pytest.mark.parametrize("email", ["no address", "a@b@c", "", "kim@example.org\r\nBcc: x@example.org"])
def test_what_is_no_address_is_told_and_invites_nobody(desk: Desk, email: str) -> None:
    admin = desk.enters()
    before = everything(desk.room)
    assert admin.post("/desk/editors", data={"email": email, "role": "author"}).status_code in (400, 409)
    assert everything(desk.room) == before


def test_a_form_of_another_site_makes_no_editor(desk: Desk) -> None:
    """listmonk, CVE-2025-58430."""
    admin = desk.enters()
    before = everything(desk.room)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}):
        answer = admin.post("/desk/editors", data={"email": NEW, "role": "admin"}, headers=headers)
        assert answer.status_code == 403
    assert everything(desk.room) == before


def test_a_role_that_there_is_not_is_given_to_nobody(desk: Desk) -> None:
    admin = desk.enters()
    before = everything(desk.room)
    assert admin.post("/desk/editors", data={"email": NEW, "role": "owner"}).status_code == 400
    assert admin.post("/desk/editors/2/role", data={"role": "owner"}).status_code == 400
    assert everything(desk.room) == before


# ---- a forgotten password


def test_a_reset_is_answered_alike_and_its_link_is_good_once(desk: Desk) -> None:
    desk.has_password()
    signed = another(desk)
    signed.signs_in()
    known, unknown = asks_for_reset(desk, KIM), asks_for_reset(desk, "who@example.org")
    assert known.text == unknown.text and known.status_code == unknown.status_code == 200
    waits_for(desk, "password-reset", 1)
    asks_for_reset(desk, KIM)
    assert len(notices(desk, "password-reset")) == 1, "who asks again at once gets no second mail"
    link = mailed(desk, "password-reset")
    assert desk.get(link).status_code == 200
    assert desk.post(link, data={"password": OTHER}).url == f"{desk.url}/desk"
    assert another(desk).post(link, data={"password": PASSWORD}).status_code == 403
    assert signed.get("/desk").status_code == 401, "whoever was signed in before is out"
    assert another(desk).signs_in(password=OTHER).ok


def test_a_reset_ends_after_an_hour_and_when_the_password_is_changed_otherwise(desk: Desk) -> None:
    desk.has_password()
    asks_for_reset(desk, KIM)
    waits_for(desk, "password-reset", 1)
    link = mailed(desk, "password-reset")
    desk.times[0] += RESET_LASTS
    assert desk.get(link).status_code == 403
    desk.times[0] -= timedelta(minutes=1)
    assert desk.get(link).status_code == 200
    desk.has_password(password=OTHER)
    assert desk.get(link).status_code == 403


def test_a_link_for_one_thing_opens_no_other(desk: Desk) -> None:
    desk.has_password()
    asks_for_reset(desk, KIM)
    waits_for(desk, "password-reset", 1)
    link = mailed(desk, "password-reset")
    assert desk.post(link.replace("/reset/", "/invited/"), data={"password": OTHER}).status_code == 403
    assert desk.post(link.replace("/reset/", "/enter/")).status_code == 403
    start = link.rindex("/") + 1
    for place in range(start, len(link), 3):
        flipped = link[:place] + ("b" if link[place] != "b" else "c") + link[place + 1 :]
        assert desk.get(flipped).status_code == 403, flipped


def test_a_reset_by_mail_does_not_go_around_the_code(desk: Desk) -> None:
    desk.has_password()
    kim = another(desk)
    kim.signs_in()
    secret = sets_up_codes(kim)
    asks_for_reset(desk, KIM)
    waits_for(desk, "password-reset", 1)
    thief = another(desk)
    assert "Sign in" in words_of(thief.post(mailed(desk, "password-reset"), data={"password": OTHER}).text)
    assert thief.get("/desk").status_code == 401
    assert "And the code" in words_of(thief.signs_in(password=OTHER).text)
    desk.times[0] += timedelta(seconds=30)
    assert thief.post("/desk/sign-in/code", data={"code": pyotp.TOTP(secret).at(desk.now)}).ok


# ---- one's account


def sets_up_codes(desk: Desk) -> str:
    page = desk.get("/desk/account/codes").text
    [secret] = re.findall(r'name="secret" value="([A-Z2-7]{32})"', page)
    code = pyotp.TOTP(secret).at(desk.now)
    assert desk.post("/desk/account/codes", data={"secret": secret, "code": code, "current": PASSWORD}).ok
    return str(secret)


def test_codes_are_set_up_by_picture_by_address_or_by_text(desk: Desk) -> None:
    desk.has_password()
    desk.signs_in()
    answer = desk.get("/desk/account/codes")
    [secret] = re.findall(r'name="secret" value="([A-Z2-7]{32})"', answer.text)
    assert f"otpauth://totp/Small%20Bites:kim%40example.org?secret={secret}" in answer.text
    assert " ".join(re.findall("....", secret)) in words_of(answer.text)
    assert "<svg" in answer.text and "style=" not in answer.text and "no-store" in answer.headers["Cache-Control"]
    for wrong in ({"code": "000000", "current": PASSWORD}, {"code": pyotp.TOTP(secret).at(desk.now), "current": OTHER}):
        refused = desk.post("/desk/account/codes", data={"secret": secret} | wrong)
        assert refused.status_code == 409 and secret in refused.text
    other = another(desk)
    other.signs_in()
    sets_up_codes(desk)
    assert other.get("/desk").status_code == 401 and desk.get("/desk").status_code == 200
    assert "And the code" in words_of(another(desk).signs_in().text)
    assert desk.post("/desk/account/codes/removal", data={"current": OTHER}).status_code == 409
    assert desk.post("/desk/account/codes/removal", data={"current": PASSWORD}).ok
    assert another(desk).signs_in().url == f"{desk.url}/desk"


@pytest.mark.parametrize(
    "password",
    ["short", "passwordpassword", "kim@example.org", "qwertyuiop[]", "small bites small bites", "a" * 20, "x" * 1999],
)
def test_a_password_that_would_be_guessed_is_not_taken(desk: Desk, password: str) -> None:
    kim = desk.enters()
    answer = kim.post("/desk/account/password", data={"password": password})
    assert answer.status_code == 409 and "That did not work" in words_of(answer.text)
    with desk.room.database.read() as session:
        assert editors.by_email(session, KIM).password_hash == ""


def test_a_password_may_be_of_anything_and_long(desk: Desk) -> None:
    kim = desk.enters()
    words = "바다 건너 빵집에서 열두 시 ☕ 42" * 4
    assert kim.post("/desk/account/password", data={"password": words}).ok
    assert another(desk).signs_in(password=words).ok


def test_an_editor_has_a_name_a_language_and_keys_of_their_own(desk: Desk) -> None:
    kim = desk.enters()
    kim.post("/desk/account", data={"name": "  김 지우 ", "language": "ko"})
    with desk.room.database.read() as session:
        row = editors.by_email(session, KIM)
    assert (row.name, row.language, row.has_keys) == ("김 지우", "ko", False)
    assert 'lang="ko"' in kim.get("/desk").text
    assert 'lang="en"' in kim.get("/desk?lang=en").text
    assert kim.post("/desk/account", data={"name": "a\x07b"}).status_code == 409
    kim.post("/desk/account", data={"name": "", "language": "en", "has_keys": "true"})
    assert 'lang="en"' in kim.get("/desk", headers={"Accept-Language": "ko"}).text


def test_a_name_with_a_script_in_it_is_a_name(desk: Desk) -> None:
    """Mautic, CVE-2021-27911."""
    kim = desk.enters()
    kim.post("/desk/account", data={"name": "<script>alert(1)</script>"})
    for path in ("/desk/account", "/desk/editors", "/desk/trail"):
        assert "<script>alert" not in kim.get(path).text


def test_in_a_demo_nobody_sets_a_password(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication", guest=KIM) as desk:
        assert 'name="password"' not in desk.get("/desk/account").text
        assert desk.post("/desk/account/password", data={"password": OTHER}).status_code == 409


# ---- who works here


def test_the_last_admin_stays_one(desk: Desk) -> None:
    admin = desk.enters()
    with desk.room.database.read() as session:
        kim, lee = (editors.by_email(session, email).id for email in (KIM, LEE))
    assert admin.post(f"/desk/editors/{lee}/role", data={"role": "author"}).ok
    assert admin.post(f"/desk/editors/{kim}/role", data={"role": "author"}).status_code == 409
    assert admin.post(f"/desk/editors/{kim}/removal").status_code == 409
    page = words_of(admin.get("/desk/editors").text)
    assert "The only admin" in page
    assert admin.post(f"/desk/editors/{lee}/removal").ok
    assert LEE not in words_of(admin.get("/desk/editors").text)


def test_the_last_admin_stays_one_where_they_are_invited_as_something_else(desk: Desk) -> None:
    """Who has no password yet may be invited again: by themselves, too."""
    admin = desk.enters(LEE)
    with desk.room.database.read() as session:
        kim = editors.by_email(session, KIM).id
    assert admin.post(f"/desk/editors/{kim}/role", data={"role": "author"}).ok
    answer = admin.post("/desk/editors", data={"email": LEE, "role": "author"})
    assert answer.status_code == 409
    assert "the only admin" in words_of(answer.text)
    assert admin.get("/desk/editors").status_code == 200


def test_nobody_has_a_code_that_a_link_would_not_ask_for(desk: Desk) -> None:
    lee = desk.enters(LEE)  # who has no password
    secret = re.findall(r'name="secret" value="(\w+)"', lee.get("/desk/account/codes").text)[0]
    answer = lee.post("/desk/account/codes", data={"secret": secret, "code": pyotp.TOTP(secret).at(desk.now)})
    assert answer.status_code == 409
    assert "choose one first" in words_of(answer.text)


def test_another_role_and_a_removal_end_sessions_at_once(desk: Desk) -> None:
    admin, lee = desk.enters(), desk.enters(LEE)
    with desk.room.database.read() as session:
        number = editors.by_email(session, LEE).id
    admin.post(f"/desk/editors/{number}/role", data={"role": "approver"})
    assert lee.get("/desk").status_code == 401
    lee = desk.enters(LEE)
    assert lee.get("/desk/editors").status_code == 403
    admin.post(f"/desk/editors/{number}/removal")
    assert lee.get("/desk").status_code == 401
    assert requests.post(desk.link().replace("/enter/1", f"/enter/{number}"), timeout=10).status_code == 403


def test_an_admin_signs_somebody_out_everywhere(desk: Desk) -> None:
    admin, lee, also = desk.enters(), desk.enters(LEE), desk.enters(LEE)
    with desk.room.database.read() as session:
        number = editors.by_email(session, LEE).id
    assert "Signed out everywhere" in words_of(admin.post(f"/desk/editors/{number}/sessions/endings").text)
    assert [one.get("/desk").status_code for one in (admin, lee, also)] == [200, 401, 401]


def test_an_editor_changes_no_role_by_their_own_form(desk: Desk) -> None:
    desk.room.has_editors(NEW, role="author")
    author = desk.enters(NEW)
    author.post("/desk/account", data={"name": "Park", "role": "admin", "email": KIM, "password_hash": "x", "id": "1"})
    with desk.room.database.read() as session:
        row = editors.by_email(session, NEW)
    assert (row.name, row.role, row.password_hash) == ("Park", "author", "")


def test_who_was_removed_gets_no_notice_that_waits(desk: Desk) -> None:
    admin = desk.enters()
    admin.post("/desk/editors", data={"email": NEW, "role": "author"})
    with desk.room.database.read() as session:
        number = editors.by_email(session, NEW).id
    admin.post(f"/desk/editors/{number}/removal")
    publication = desk.room.publication
    with send.alone(desk.room.database):
        notify.send(
            desk.room.database,
            publication.notice_channel(),
            publication.identity(),
            worker="test",
            clock=Clock(lambda: desk.now, lambda: 0.5),
        )
    assert notices(desk, "invitation")[0].state == "dropped"


def test_an_admin_takes_the_code_off_somebody_who_lost_it(desk: Desk) -> None:
    desk.has_password(LEE)
    lee = another(desk)
    lee.signs_in(LEE)
    sets_up_codes(lee)
    with desk.room.database.read() as session:
        number = editors.by_email(session, LEE).id
    desk.enters().post(f"/desk/editors/{number}/codes/removal")
    assert another(desk).signs_in(LEE).url == f"{desk.url}/desk"


# ---- the trail


def test_the_trail_is_read_by_issue_and_by_person_and_in_pages(desk: Desk) -> None:
    with desk.room.database.write() as session:
        for at in range(120):
            by = (KIM, LEE)[at % 2]
            audit.note(session, by, Action.EDITED, 1 + at % 3, f"act {at:03}", now=THURSDAY + timedelta(minutes=at))
    kim = desk.enters()

    def told(path: str) -> list[str]:
        return re.findall(r"act (\d{3})", kim.get(path).text)

    first = told("/desk/trail")
    assert first[0] == "119" and len(first) == 49, "fifty, the sign-in among them"
    [older] = re.findall(r'rel="next" href="([^"]+)"', kim.get("/desk/trail").text)
    assert told(older.replace("&amp;", "&"))[0] == "070"
    assert set(told("/desk/trail?issue=2&by=")) == {f"{at:03}" for at in range(120) if at % 3 == 1}
    assert told(f"/desk/trail?issue=2&by={LEE}")[:2] == ["115", "109"]
    assert "Nobody did anything" in words_of(kim.get("/desk/trail?issue=99").text)
    for nonsense in ("issue=x", "before=-1", "issue=1%27%20OR%201=1"):
        assert kim.get(f"/desk/trail?{nonsense}").status_code in (400, 404)


def test_the_trail_is_taken_along_as_a_table_in_which_no_formula_runs(desk: Desk) -> None:
    """Ghost, CVE-2024-34448."""
    with desk.room.database.write() as session:
        audit.note(session, KIM, Action.CANCELLED, 1, '=HYPERLINK("https://evil.example")', now=THURSDAY)
        audit.note(session, "@kim", Action.EDITED, 2, "\t+1", now=THURSDAY)
    kim = desk.enters()
    answer = kim.post("/desk/trail/tables")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["id", "at", "by", "action", "issue", "detail"]
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t")]
    assert '\'=HYPERLINK("https://evil.example")' in cells
    only: list[dict[str, Any]] = list(
        csv.DictReader(io.StringIO(kim.post("/desk/trail/tables", data={"issue": "2"}).text))
    )
    assert [row["issue"] for row in only] == ["2"]
    assert "exported" in kim.post("/desk/trail/tables").text, "whoever took it along is in it"
