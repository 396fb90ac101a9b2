"""The pictures of an issue, from its sources to the letter in a mail program, the page and the desk."""

from __future__ import annotations

import email
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
import requests

from publisher.domain.message import Picture
from publisher.errors import RenderError
from publisher.mail.writer import LetterWriter
from publisher.sources.editor import written
from publisher.stages import collect, preview
from publisher.store import pictures
from publisher.web import app
from publisher.web.server import serving as serving_app
from publisher.web.shell import Shell
from publisher.wiring import Publication, load_settings
from tests.cli.command import publisher
from tests.newsroom import FOLDER, FRIDAY, THURSDAY, Newsroom
from tests.pictures import makers
from tests.served import Served, serving

PLACE = r"http://127\.0\.0\.1:8000/pictures/[0-9a-f]{64}\.(jpg|png)"
HEADLINES = ("A harbour counts ships", "The bakery bakes by forecast", "Robots take the night shift")


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as server:
        server.give("/0.jpg", makers.with_place(6))
        server.give("/1.jpg", makers.photograph(2400, 1000))
        server.give("/2.jpg", makers.palette("PNG", transparency=0))
        yield server


Open = Callable[[str], Newsroom]


@pytest.fixture
def newsroom(tmp_path: Path, database_url: str, served: Served) -> Iterator[Open]:
    """Opens a publication whose pictures are served as told."""
    rooms: list[Newsroom] = []

    def open_(serve: str) -> Newsroom:
        rooms.append(composed(tmp_path, database_url, served, serve))
        return rooms[-1]

    yield open_
    for room in rooms:
        room.database.close()


def composed(folder: Path, url: str, served: Served, serve: str) -> Newsroom:
    """Three items of our own, each with a picture that stands on `served`; composed."""
    more = (
        f'rights = "own"\n\n[fetch]\nprivate_addresses = true\nspacing = "0s"\nretries = 0\n\n'
        f'[pictures]\nserve = "{serve}"\n\n{FOLDER}'
    )
    room = Newsroom.open(folder, url, more)
    room.has_editors("kim@example.org")
    room.has_readers(2)
    for number, headline in enumerate(HEADLINES):
        item = written(
            headline=headline,
            body=f"{headline}: what happened, in a sentence that is long enough to be read.",
            url=f"https://news.example.org/{number}",
            byline="",
            language="en",
            picture=Picture(served.url(f"/{number}.jpg"), f"Alt {number}", f"Caption {number}", "Credit"),
            now=THURSDAY - timedelta(days=1),
        )
        collect.write(room.database, room.publication.editor_source(), item, now=THURSDAY - timedelta(days=1))
    room.composes()
    return room


def shown(html: str) -> list[dict[str, str]]:
    """The attributes of every img."""
    return [dict(re.findall(r'([a-z]+)="([^"]*)"', tag)) for tag in re.findall(r"<img\b[^>]*>", html)]


def test_letter_and_page_show_the_publications_own_pictures_with_their_sizes(newsroom: Open, served: Served) -> None:
    room = newsroom("own")
    proof = room.looks().proof
    for surface in ("html", "page"):
        assert served.url("") not in proof[surface]
        found = shown(proof[surface])
        assert [picture["alt"] for picture in found] == ["Alt 0", "Alt 1", "Alt 2"]
        sizes = [(picture["width"], picture["height"]) for picture in found]
        letter = [("200", "320"), ("552", "230"), ("100", "100")]
        assert sizes == (letter if surface == "html" else [("200", "320"), ("1200", "500"), ("100", "100")])
        for picture in found:
            assert re.fullmatch(PLACE, picture["src"])
        # Only the one of 2,400 pixels is wide enough to be kept in two sizes.
        assert ["srcset" in picture for picture in found] == [False, True, False]
        small, large = found[1]["srcset"].split(", ")
        assert re.fullmatch(PLACE + " 600w", small)
        assert large == f"{found[1]['src']} 1200w"
        assert found[1]["sizes"]
    assert [picture["src"][-3:] for picture in shown(proof["html"])] == ["jpg", "jpg", "png"]
    assert len(served.asked) == 3


def test_the_pages_serve_what_the_letter_names(newsroom: Open) -> None:
    room = newsroom("own")
    paths = [picture["src"].removeprefix("http://127.0.0.1:8000") for picture in shown(room.looks().proof["html"])]
    with serving_app(app.create(Shell(room.publication, lambda: FRIDAY))) as url:
        for path, kind in zip(paths, ("jpeg", "jpeg", "png"), strict=True):
            answer = requests.get(url + path, timeout=10)
            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == f"image/{kind}"
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert makers.opened(answer.content).format == kind.upper()
            assert b"Secret" not in answer.content
            again = requests.get(url + path, headers={"If-None-Match": answer.headers["ETag"]}, timeout=10)
            assert (again.status_code, again.content) == (304, b"")
            assert requests.head(url + path, timeout=10).headers["Content-Length"] == str(len(answer.content))
        digest = paths[0].rpartition("/")[2].partition(".")[0]
        for name in (
            *(f"{digest}.png", f"{digest}.svg", digest, f"{digest.upper()}.jpg", f"{digest[:-1]}.jpg"),
            *("0" * 64 + ".jpg", "..%2f..%2fconfig.toml", f"{digest}.jpg%00", f"{digest}.jpg/"),
        ):
            assert requests.get(f"{url}/pictures/{name}", timeout=10).status_code == 404, name


def test_a_picture_that_cannot_be_had_is_left_out_and_its_editor_learns_why(newsroom: Open, served: Served) -> None:
    del served.answers["/1.jpg"]
    room = newsroom("own")
    proof = room.looks().proof
    for surface in ("html", "page", "text"):
        assert "Caption 0" in proof[surface]
        assert "Caption 1" not in proof[surface]
    assert [picture["alt"] for picture in shown(proof["html"])] == ["Alt 0", "Alt 2"]
    problems = [pick["picture_problem"] for pick in room.issue()["picks"]]
    assert problems == ["", "answered 404 (not found); check the address", ""]
    said = publisher(room.root, "issues", "show", "1").out
    assert "the picture of item 2 is left out: it answered 404 (not found); check the address" in said

    served.give("/1.jpg", makers.photograph(2400, 1000))
    room.looks(now=THURSDAY + timedelta(minutes=59))
    assert len(served.asked) == 3
    changed = room.looks(now=THURSDAY + timedelta(minutes=61)).changed
    assert {change.surface for change in changed} == {"html", "page", "post:out:2", "text"}
    assert [pick["picture_problem"] for pick in room.issue()["picks"]] == ["", "", ""]


def test_a_preview_says_which_pictures_are_left_out(newsroom: Open, served: Served) -> None:
    del served.answers["/1.jpg"]
    room = newsroom("own")
    room.database.close()
    preview_ = ("issues", "preview", "1", "--out", "seen", "--now", THURSDAY.isoformat())
    said = publisher(room.root, *preview_)
    assert said.status == 0
    assert "the picture of item 2 is left out: it answered 404 (not found); check the address" in said.out
    told = json.loads(publisher(room.root, *preview_, "--json").out)["missing_pictures"]
    assert told == {"2": "answered 404 (not found); check the address"}


def test_what_was_approved_stays_when_the_picture_changes_where_it_came_from(newsroom: Open, served: Served) -> None:
    room = newsroom("own")
    digest = room.looks().digest
    room.approves(digest=digest)
    for number in range(3):
        served.give(f"/{number}.jpg", makers.photograph(80, 80))
    assert room.looks(now=THURSDAY + timedelta(days=1)).digest == digest
    assert len(served.asked) == 3


def test_pictures_stay_where_they_are_when_the_settings_say_so(newsroom: Open, served: Served) -> None:
    room = newsroom("link")
    proof = room.looks().proof
    for surface in ("html", "page"):
        assert [picture["src"] for picture in shown(proof[surface])] == [served.url(f"/{n}.jpg") for n in range(3)]
        assert not any({"height", "srcset"} & set(picture) for picture in shown(proof[surface]))
    assert served.asked == []


def test_one_that_is_left_where_it_is_is_no_longer_told_as_missing(newsroom: Open, served: Served) -> None:
    del served.answers["/1.jpg"]
    room = newsroom("own")
    assert [bool(pick["picture_problem"]) for pick in room.issue()["picks"]] == [False, True, False]
    config = room.root / "config.toml"
    config.write_text(config.read_text().replace('serve = "own"', 'serve = "link"'))
    other = Newsroom(Publication(load_settings(config)))
    assert served.url("/1.jpg") in other.looks().proof["html"]
    assert [bool(pick["picture_problem"]) for pick in other.issue()["picks"]] == [False, False, False]
    other.database.close()


# --- letters that carry their pictures


def test_a_mail_program_finds_every_picture_in_the_letter(newsroom: Open, served: Served) -> None:
    room = newsroom("cid")
    room.approves()
    room.releases()
    room.sends()
    first, second = room.letters()
    letter = email.message_from_string(first, policy=default)
    assert isinstance(letter, EmailMessage)
    assert letter.get_content_type() == "multipart/alternative"
    text, related = letter.iter_parts()
    assert (text.get_content_type(), related.get_content_type()) == ("text/plain", "multipart/related")
    assert related.get_param("type") == "text/html"
    body = letter.get_body(("html",))
    assert body is not None
    found = [picture["src"] for picture in shown(body.get_content())]
    parts = {f"cid:{part['Content-ID'].strip('<>')}": part for part in related.iter_parts() if part["Content-ID"]}
    assert list(parts) == found
    assert len(found) == 3
    for place, part in parts.items():
        assert re.fullmatch(r"cid:[0-9a-f]{64}\.(jpg|png)@example\.org", place)
        assert part.get_content_disposition() == "inline"
        facts = room.publication.gallery.obtain([served.url(f"/{found.index(place)}.jpg")], FRIDAY)
        [kept] = facts.values()
        stored = kept.small or kept  # the letter is as light as it can be, because every reader gets all of it
        assert stored.digest in place
        assert makers.opened(part.get_content()).size == (stored.width, stored.height)
        assert stored.width <= 600
    assert all(len(line) <= 998 for line in first.splitlines())
    assert max(len(line) for line in first.splitlines() if not re.match(r"[A-Z][A-Za-z-]+: |=| ", line)) <= 76
    assert not letter.defects
    assert not any(part.defects for part in letter.walk())
    # One set of bytes for all readers, but for what is their own.
    assert first.partition("Content-ID")[2] == second.partition("Content-ID")[2]


def test_whose_a_picture_is_stands_under_it(newsroom: Open) -> None:
    proof = newsroom("own").looks().proof
    for surface in ("html", "page"):
        assert proof[surface].count("(Credit)") == 3
    assert proof["text"].count("Caption 0 (Credit)") == 1


def test_page_and_posts_of_such_an_issue_show_the_publications_own(newsroom: Open) -> None:
    proof = newsroom("cid").looks().proof
    assert "cid:" not in proof["page"]
    assert all(picture["src"].startswith("http://127.0.0.1:8000/pictures/") for picture in shown(proof["page"]))


def test_a_letter_is_the_same_bytes_each_time_it_is_written(newsroom: Open, tmp_path: Path) -> None:
    room = newsroom("cid")
    seen = room.looks()
    written_ = [
        preview.write(seen.proof, 1, room.publication.identity(), tmp_path / name, pictures=seen.pictures, now=FRIDAY)
        for name in ("one", "two")
    ]
    for first, second in zip(*written_, strict=True):
        assert first.read_bytes() == second.read_bytes()
    html = (tmp_path / "one" / "email.html").read_text()
    for picture in shown(html):
        assert (tmp_path / "one" / picture["src"]).is_file()


def test_a_letter_whose_picture_is_gone_is_not_written(newsroom: Open) -> None:
    room = newsroom("cid")
    seen = room.looks()
    with pytest.raises(RenderError, match=r"picture [0-9a-f]{12}… is not stored any more"):
        LetterWriter(seen.proof, 1, room.publication.identity(), FRIDAY, pictures=seen.pictures[1:])


def test_the_size_of_a_letter_is_told(newsroom: Open) -> None:
    room = newsroom("cid")
    room.database.close()
    said = publisher(room.root, "issues", "preview", "1", "--out", "seen", "--now", THURSDAY.isoformat())
    size = (room.root / "seen" / "email.eml").stat().st_size
    told = re.search(r"a letter of (\d+) KB, of which pictures (\d+) KB", said.out)
    assert told, said.out + said.err
    assert abs(int(told[1]) * 1000 - size) < 1_500
    assert 0 < int(told[2]) < int(told[1])


def test_of_letters_that_are_large_few_are_held_in_memory(newsroom: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from publisher.delivery import letters

    room = newsroom("cid")
    room.has_readers(5)
    room.approves()
    room.releases()
    monkeypatch.setattr(letters, "HELD_BYTES", 1)  # so that each letter waits for the one before it
    assert [sent.tally.accepted for sent in room.sends() if sent.what == "letters"] == [5]
    assert len(room.letters()) == 5


def test_one_who_goes_over_to_own_pictures_fetches_none_anew(newsroom: Open, served: Served) -> None:
    room = newsroom("cid")
    config = room.root / "config.toml"
    config.write_text(config.read_text().replace('serve = "cid"', 'serve = "own"'))
    other = Newsroom(Publication(load_settings(config)))
    assert "cid:" not in other.looks().proof["html"]
    assert len(served.asked) == 3
    with other.database.read() as session:
        assert pictures.carried(session, other.looks().proof["html"]) == ()
    other.database.close()
