"""Subscribers on the desk: found, looked at, added by hand, taken off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from publisher.stages import enroll
from publisher.store.pages import subscriber as pages
from publisher.store.tables import AuditRow
from tests.newsroom import THURSDAY
from tests.web.desks import KIM, Desk, open_desk, words_of

AT = "/desk/subscribers"
NEW = {"email": "sora@example.org", "name": "Kim Sora", "list": "weekly", "consent": "by phone on 3 May"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "publication") as desk:
        yield desk.enters()


def finds(desk: Desk, text: str) -> str:
    answer = desk.post(f"{AT}/searches", data={"text": text})
    assert answer.status_code == 200
    assert text not in answer.url  # where a proxy would write it into its log
    return words_of(answer.text)


def test_the_newest_come_first_and_are_counted(desk: Desk) -> None:
    shown = desk.sees(AT)
    assert "12 get letters" in shown or "get letters 12" in shown
    assert shown.index("reader12@example.org") < shown.index("reader1@example.org")
    assert "Reader 12 Active Thu 28 May 2026, 09:00" in shown


@pytest.mark.parametrize("text", ["sora@", "SORA", "Kim S", "kim s", " sora "])
def test_somebody_is_found_by_how_address_or_name_begins(desk: Desk, text: str) -> None:
    desk.post(AT, data=NEW)
    shown = finds(desk, text)
    assert "sora@example.org Kim Sora Active" in shown
    assert "reader1@example.org" not in shown


@pytest.mark.parametrize("text", ["%", "_eader", "' OR 1=1 --", "example.org", "\U0010ffff"])
def test_nothing_in_what_is_looked_for_has_a_meaning(desk: Desk, text: str) -> None:
    assert "Nobody begins with" in finds(desk, text)


def test_a_long_list_has_pages(desk: Desk) -> None:
    desk.room.has_readers(70, prefix="more")
    first = desk.get(AT).text
    assert first.count("/desk/subscribers/") >= pages.A_PAGE
    older = desk.sees(f"{AT}?list=weekly&before=30")
    assert "reader1@example.org" in older
    assert "The newest" in older
    assert "Nobody is here" in desk.sees(f"{AT}?before=1")
    assert "These are the first" in finds(desk, "more")


def test_one_who_is_added_by_hand_has_their_consent_beside_them(desk: Desk) -> None:
    answer = desk.post(AT, data=NEW)
    shown = words_of(answer.text)
    assert answer.url.endswith("?said=new")
    assert "Added. They get the next letter." in shown
    assert "Consent: added by hand by kim@example.org: by phone on 3 May" in shown
    with desk.room.database.read() as session:
        noted = session.exec(select(AuditRow).where(AuditRow.action == "subscriber-added")).one()
    assert (noted.by, noted.detail) == (KIM, "s…@example.org on weekly")


def test_added_again_they_are_there_already(desk: Desk) -> None:
    desk.post(AT, data=NEW)
    assert "They are on this list already." in words_of(desk.post(AT, data=NEW).text)


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ({"email": "nobody"}, 400, "This is no mail address."),
        ({"email": "a@b@c"}, 400, "This is no mail address."),
        ({"consent": "  "}, 400, "How they consented"),
        ({"list": "strange"}, 404, "there is no such list"),
        ({"email": "x" * 400}, 400, "could not be read"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(desk: Desk, wrong: dict[str, str], status: int, said: str) -> None:
    answer = desk.post(AT, data=NEW | wrong, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert said.lower() in words_of(answer.text).lower()
    if status == 400 and len(wrong.get("email", "")) < 320:
        assert 'value="Kim Sora"' in answer.text
    assert "Nobody begins with" in finds(desk, "sora")


def test_who_left_is_not_brought_back(desk: Desk) -> None:
    enroll.leave(desk.room.database, "reader1@example.org", now=THURSDAY)
    answer = desk.post(AT, data=NEW | {"email": "reader1@example.org"})
    assert "They left before, and were not added" in words_of(answer.text)


def test_who_is_suppressed_is_not_added_and_is_said_to_be(desk: Desk) -> None:
    enroll.suppress(desk.room.database, "sora@example.org", "hard bounce", now=THURSDAY)
    answer = desk.post(AT, data=NEW)
    assert answer.status_code == 409
    assert "This address is never mailed, so it was not added." in words_of(answer.text)
    assert "This address is never mailed hard bounce" in finds(desk, "Sora@example.org")


def test_one_page_has_lists_and_letters_of_a_person(desk: Desk) -> None:
    desk.room.approves()
    desk.room.releases()
    desk.room.sends()
    shown = desk.sees(f"{AT}/1")
    assert "No. 1 A harbour counts ships Accepted Fri 29 May 2026, 07:30 out" in shown
    assert "since Thu 28 May 2026, 09:00 Consent: import of a test" in shown
    assert desk.get(f"{AT}/999").status_code == 404


def test_taking_off_is_for_good_and_in_the_trail(desk: Desk) -> None:
    answer = desk.post(f"{AT}/1/leaves")
    assert "Taken off. No import brings them back." in words_of(answer.text)
    assert "Take them off" not in words_of(answer.text)
    assert "have left 1" in desk.sees(AT)
    with desk.room.database.read() as session:
        noted = session.exec(select(AuditRow).where(AuditRow.action == "subscriber-left")).one()
    assert (noted.by, noted.detail) == (KIM, "r…@example.org")


def test_a_look_changes_nothing(desk: Desk) -> None:
    for _ in range(3):
        assert desk.get(f"{AT}/1/leaves").status_code in (404, 405)
    assert "Active" in desk.sees(f"{AT}/1")


def test_authors_see_no_subscribers(desk: Desk) -> None:
    desk.room.has_editors("new@example.org", role="author")
    author = desk.enters("new@example.org")
    assert author.get(AT).status_code == 403
    assert "Subscribers" not in author.sees("/desk")
