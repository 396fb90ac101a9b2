"""Writing a pick over HTTP: its source, fields, surfaces, a picture of an editor's own. Nothing needs a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from publisher.domain.audit import Action
from publisher.domain.message import Picture
from publisher.sources.editor import written
from publisher.stages import collect, edit
from publisher.store import audit
from publisher.web import app
from publisher.web.server import serving
from publisher.web.shell import Shell
from tests.newsroom import FOLDER, THURSDAY
from tests.pictures.makers import photograph
from tests.web.desks import KIM, LEE, Desk, open_desk, words_of
from tests.web.site import reopened

ISSUE = "/desk/issues/1"
WRITE, EDITS, PICTURES = f"{ISSUE}/write", f"{ISSUE}/edits", f"{ISSUE}/pictures"
MOST = 16 * 1024 * 1024  # bytes that an upload may have
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "publication") as desk:
        yield desk


def item_at(desk: Desk, position: int = 1) -> int:
    found: int = desk.room.issue()["picks"][position - 1]["item"]
    return found


def saves(browser: Desk, item: int, **words: str) -> None:
    form = {f"word.pick:{item}:{name.replace('__', ':')}": value for name, value in words.items()}
    told = browser.post(EDITS, data=form, headers=SCRIPT).json()
    assert (told["conflicts"], told["refused"], told["problem"]) == ([], {}, "")


def uploads(browser: Desk, content: bytes, item: int, name: str = "ships.jpg", **more: Any) -> requests.Response:
    return browser.post(PICTURES, files={"file": (name, content)}, data={"item": str(item)}, **more)


def test_the_first_item_opens_and_every_other_is_one_link_away(desk: Desk) -> None:
    kim = desk.enters(KIM)
    page = kim.get(WRITE).text
    assert "Item 1 of 4" in words_of(page)
    for position in range(1, 5):
        item = item_at(desk, position)
        assert f"{WRITE}?item={item}" in page
        assert f"Item {position} of 4" in kim.sees(f"{WRITE}?item={item}")
    assert re.search(rf'href="{WRITE}\?item={item_at(desk, 2)}" data-key="KeyJ"', page)


def test_an_item_that_is_not_in_it_leads_to_the_first(desk: Desk) -> None:
    answer = desk.enters(KIM).get(f"{WRITE}?item=999", allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, WRITE)


def test_an_issue_that_has_left_is_looked_at_and_not_written(desk: Desk) -> None:
    kim = desk.enters(KIM)
    desk.room.approves(KIM)
    desk.room.releases()
    assert kim.get(WRITE, allow_redirects=False).headers["location"] == ISSUE


def test_numbers_names_and_quotations_are_marked_in_the_source_and_what_it_does_not_say_stands_out(desk: Desk) -> None:
    kim, item = desk.enters(KIM), item_at(desk)
    saves(kim, item, body="It costs $3 million, says OpenAI: “We count them.” <script>alert(1)</script>")
    page = kim.get(WRITE).text
    assert '<mark class="is-number is-new">$3 million</mark>' in page
    assert '<mark class="is-quote is-new">“We count them.”</mark>' in page
    assert "Not in the source: $3 million" in words_of(page)
    assert "<script>alert" not in page
    piece = kim.get(f"{WRITE}/marks?item={item}").text
    assert "$3 million" in piece
    assert "<html" not in piece


def test_every_field_of_a_pick_is_saved_by_its_plain_form(desk: Desk) -> None:
    kim, item = desk.enters(KIM), item_at(desk)
    page = kim.get(f"{WRITE}?item={item}").text
    form = re.search(r'<form method="post" action="[^"]*/edits" data-edits id="words">(.*?)</form>', page, re.DOTALL)
    assert form
    assert "Save" in form[1]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[1]))
    assert hidden["back"] == f"{WRITE}?item={item}"
    answer = kim.post(
        EDITS, data=hidden | {f"word.pick:{item}:section": "City", f"word.pick:{item}:sponsor": "Port of Windmere"}
    )
    assert answer.url == f"{desk.url}{WRITE}?item={item}&said=saved"
    assert "Saved" in words_of(answer.text)
    assert 'value="Port of Windmere"' in answer.text
    assert "City" in kim.get(f"{ISSUE}/live/letter?item={item}").text


def test_a_checkbox_that_is_not_ticked_is_sent_too(desk: Desk) -> None:
    kim, item = desk.enters(KIM), item_at(desk)
    name = f"word.pick:{item}:post:out:off"
    kim.post(EDITS, data=[(name, ""), (name, "off")])
    page = kim.get(WRITE).text
    assert re.search(r'value="off"[^>]* checked', page)
    assert "Nothing of this item is posted here." in words_of(page)
    kim.post(EDITS, data=[(name, "")])
    assert not re.search(r'value="off"[^>]* checked', kim.get(WRITE).text)


@pytest.mark.parametrize("surface", ["letter", "page", "text"])
def test_a_surface_opens_at_the_item_and_runs_nothing(desk: Desk, surface: str) -> None:
    item = item_at(desk, 3)
    answer = desk.enters(KIM).get(f"{ISSUE}/live/{surface}?item={item}&ground=dark")
    before, _, after = answer.text.partition('id="here"')
    assert "A bus that waits" not in after.partition("Robots take the night shift")[0]
    assert "Robots take the night shift" in after
    assert "The bakery bakes by forecast: what happened" in before
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


def test_sections_in_use_are_offered_with_their_keys(desk: Desk) -> None:
    kim = desk.enters(KIM)
    saves(kim, item_at(desk, 1), section="City")
    saves(kim, item_at(desk, 2), section="Food")
    page = kim.get(WRITE).text
    assert re.findall(r'data-with="(\w+)" data-key="(Digit\d)"', page) == [("City", "Digit1"), ("Food", "Digit2")]


def test_the_sections_of_the_settings_come_first_in_their_order(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication") as desk:
        config = desk.room.root / "config.toml"
        config.write_text(config.read_text().replace("[issue]", '[issue]\nsections = ["Food", "Sea"]'))
        again = reopened(desk.room)
        with serving(app.create(Shell(again.publication, lambda: THURSDAY, guest=KIM))) as url:
            kim = Desk(again, url, desk.times)
            saves(kim, item_at(desk), section="City")
            assert re.findall(r'data-with="(\w+)" data-key="Digit\d"', kim.get(WRITE).text) == ["Food", "Sea", "City"]
        again.database.close()


# ---- pictures ---------------------------------------------------------------------------------------------------


def test_an_upload_does_not_take_the_place_of_a_picture_that_its_editor_has_not_seen(desk: Desk) -> None:
    kim, item = desk.enters(KIM), item_at(desk)
    uploads(desk.enters(LEE), photograph(800, 600), item)
    theirs = desk.room.issue()["picks"][0]["picture"]
    seen = {"item": str(item), f"was.pick:{item}:picture": ""}
    answer = kim.post(PICTURES, files={"file": ("ships.jpg", photograph(1600, 900))}, data=seen)
    assert answer.status_code >= 400
    assert "has another picture since you looked" in answer.text
    assert desk.room.issue()["picks"][0]["picture"] == theirs


def test_a_picture_of_an_editors_own_is_in_the_letter_and_on_the_page(desk: Desk) -> None:
    kim, item = desk.enters(KIM), item_at(desk)
    answer = uploads(kim, photograph(1600, 900), item)
    assert answer.status_code == 200
    saves(kim, item, alt="Ships at the quay")
    pick = desk.room.issue()["picks"][0]
    assert pick["picture"]["url"].startswith("upload:")
    assert pick["picture_problem"] == ""
    for surface in ("letter", "page"):
        html = kim.get(f"{ISSUE}/live/{surface}").text
        [address] = set(re.findall(r' src="(/pictures/[0-9a-f]{64}\.jpg)"', html))
        assert 'alt="Ships at the quay"' in html
        assert kim.get(address).headers["Content-Type"] == "image/jpeg"
    with desk.room.database.read() as session:
        assert audit.count(session, KIM, Action.PICTURE_ADDED, THURSDAY - timedelta(days=1)) == 1


def test_where_pictures_stay_where_they_are_an_editors_own_is_ours_all_the_same(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication", FOLDER + '\n[pictures]\nserve = "link"\n') as desk:
        kim, item = desk.enters(KIM), item_at(desk)
        saves(kim, item_at(desk, 2), picture="https://news.example.org/elsewhere.jpg")
        uploads(kim, photograph(800, 600, "PNG"), item)
        html = kim.get(f"{ISSUE}/live/page").text
        assert re.search(r'src="[^"]*/pictures/[0-9a-f]{64}\.(?:jpg|png)"', html)
        assert 'src="https://news.example.org/elsewhere.jpg"' in html


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "There is no file in that; choose a picture first"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            "The file cannot be used, it is not a JPEG, PNG, GIF, WebP",
        ),
        (photograph(1600, 900)[:5_000], "The file cannot be used, it is cut off or broken"),
        (photograph(8, 8, "PNG"), "The file cannot be used, it is only 8 × 8 pixels"),
    ],
)
def test_a_file_that_is_no_good_picture_is_refused_with_what_is_wrong(desk: Desk, content: bytes, why: str) -> None:
    kim, item = desk.enters(KIM), item_at(desk)
    answer = uploads(kim, content, item, headers={"Accept": "text/html"})
    assert answer.status_code == 409
    assert why in words_of(answer.text)
    assert desk.room.issue()["picks"][0]["picture"] is None


def test_a_giant_file_is_too_large(desk: Desk) -> None:
    answer = uploads(desk.enters(KIM), b"\xff\xd8\xff" + b"x" * MOST, item_at(desk))
    assert answer.status_code == 413
    assert desk.room.issue()["picks"][0]["picture"] is None


def test_the_pictures_that_an_item_has_and_had_are_there_to_choose_from(desk: Desk) -> None:
    room, item = desk.room, item_at(desk)
    source = room.publication.editor_source()
    for at, name in enumerate(("first", "second"), start=1):
        found = written(
            headline="A harbour counts ships",
            body="Again.",
            url=f"https://news.example.org/0-{abs(hash('A harbour counts ships'))}",
            byline="",
            language="en",
            picture=Picture(f"https://news.example.org/{name}.jpg", f"The {name}", "", "Kim"),
            now=THURSDAY,
        )
        collect.write(room.database, source, found, now=THURSDAY + timedelta(minutes=at))
    kim = desk.enters(KIM)
    page = kim.get(f"{WRITE}?item={item}").text
    offered = re.findall(rf'name="word.pick:{item}:picture" value="([^"]+)"', page)
    assert offered == ["https://news.example.org/second.jpg", "https://news.example.org/first.jpg"]
    assert "default-src 'none'" in kim.get(WRITE).headers["Content-Security-Policy"]


def test_rights_are_shown(desk: Desk) -> None:
    assert "Our own Text and pictures may be used as they are." in desk.enters(KIM).sees(WRITE)


def test_an_empty_issue_says_where_to_begin(desk: Desk) -> None:
    kim = desk.enters(KIM)
    kim.post(EDITS, data={"word.order": ""})
    assert "There is nothing to write yet" in kim.sees(WRITE)


def test_an_edit_by_the_command_line_is_written_over_by_nobody(desk: Desk) -> None:
    kim, item = desk.enters(KIM), item_at(desk)
    page = kim.get(WRITE).text
    seen = re.search(rf'name="was.pick:{item}:headline" value="(\w+)"', page)
    assert seen
    desk.room.edits(edit.Edit(headlines={1: "By the command line"}))
    form = {f"word.pick:{item}:headline": "At the desk", f"was.pick:{item}:headline": seen[1]}
    assert kim.post(EDITS, data=form, headers={"Accept": "text/html"}).status_code == 409
    assert desk.room.issue()["picks"][0]["headline"] == "By the command line"
