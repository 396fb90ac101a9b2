"""The demo: what a newcomer sees first."""

from __future__ import annotations

import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests

from publisher.demo import reading
from publisher.demo.clock import DemoTime
from publisher.demo.edition import STEPS, Edition, blank_database, go_live, play
from publisher.demo.edition import edition as an_edition
from publisher.demo.home import edition_app
from publisher.demo.pages import VIEWS
from publisher.demo.script import EDITOR, GONE, SCRIPTS
from publisher.store.pages import issue as pages
from publisher.web.server import serving

HOME = "http://127.0.0.1:8000/ko"
Begin = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def only_here() -> Iterator[list[Any]]:
    """Every address that is connected to, and no way to another machine."""
    asked: list[Any] = []
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            asked.append(address)
            if address[0] != "127.0.0.1":
                raise AssertionError(f"{address} is not on this machine")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            patch.setenv(name, "http://192.0.2.1:9")
        yield asked


@pytest.fixture(scope="module")
def steps() -> list[str]:
    return []


@pytest.fixture(scope="module")
def editions(
    tmp_path_factory: pytest.TempPathFactory, only_here: list[Any], steps: list[str]
) -> Iterator[list[Edition]]:
    folder = tmp_path_factory.mktemp("demo")
    blank = blank_database(folder)
    with ExitStack() as stack:
        opened = [
            stack.enter_context(
                an_edition(script, folder / script.language, f"http://127.0.0.1:8000/{script.language}", blank)
            )
            for script in SCRIPTS
        ]
        for one in opened:
            play(one, steps.append)
        yield opened


def issue(edition: Edition, number: int) -> dict[str, Any]:
    with edition.publication.database.read() as session:
        return pages.one(session, number)


def letters(edition: Edition) -> list[reading.Letter]:
    return [reading.read(mail.path.read_bytes()) for mail in edition.inbox.mails if mail.recipient != EDITOR]


def got(url: str) -> requests.Response:
    """A page, whatever proxy the environment names."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, headers={"Accept": "text/html"}, timeout=30)


def test_the_week_is_made_in_korean_and_in_english(editions: list[Edition], steps: list[str]) -> None:
    assert [edition.publication.settings.publication.language for edition in editions] == ["ko", "en"]
    assert len(steps) == STEPS * len(editions)


def test_of_twelve_made_up_readers_eleven_have_a_letter_and_one_is_named(editions: list[Edition]) -> None:
    for edition in editions:
        sent = issue(edition, edition.first)
        assert sent["state"] == "sent" and sent["unexplained"] == 0 and sent["audience"] == 12
        assert sent["deliveries"]["accepted"] == len(letters(edition)) == 11
        assert [(row["state"], row["whom"]) for row in sent["trouble"]] == [("refused", GONE)]


def test_every_item_has_a_post_twenty_minutes_after_the_one_before(editions: list[Edition]) -> None:
    for edition in editions:
        posts = issue(edition, edition.first)["posts"]
        assert [post["state"] for post in posts] == ["accepted"] * 6
        assert all(post["length"] <= post["limit"] for post in posts)
        times = [post.created_at for post in edition.timeline.posts]
        assert [later - sooner for sooner, later in pairwise(times)] == [timedelta(minutes=20)] * 5


def test_the_next_draft_waits_and_nothing_of_it_has_left(editions: list[Edition]) -> None:
    for edition in editions:
        draft = issue(edition, edition.next)
        assert (draft["number"], draft["state"], len(draft["picks"])) == (44, "draft", 6)
        assert draft["approvals"] == [] and sum(draft["deliveries"].values()) == 0
        assert {pick["headline"] for pick in draft["picks"]}.isdisjoint(
            pick["headline"] for pick in issue(edition, edition.first)["picks"]
        )


def test_two_papers_that_tell_one_story_make_one_item(editions: list[Edition]) -> None:
    english = editions[1]
    assert "told by 2 sources" in issue(english, english.next)["picks"][0]["reason"]
    assert (english.gathered[1].items, english.gathered[1].sources) == (9, 3)


def test_the_editor_hears_of_each_draft_and_of_what_was_sent(editions: list[Edition]) -> None:
    for edition in editions:
        assert [mail.recipient for mail in edition.inbox.mails].count(EDITOR) == 3


def test_the_letter_shows_its_pictures_from_this_machine(editions: list[Edition]) -> None:
    for edition in editions:
        shown = re.findall(r'<img[^>]* src="([^"]+)"', letters(edition)[0].html)
        assert len(shown) == 4
        assert all(picture.startswith(f"{edition.base_url}/pictures/") for picture in shown)


def test_whatever_a_letter_or_a_page_links_to_is_served_by_the_demo(editions: list[Edition]) -> None:
    for edition in editions:
        links = re.findall(r'href="(http[^"]+)"', letters(edition)[0].html)
        assert links
        assert all(link.startswith(f"{edition.base_url}/") for link in links)


def test_nothing_but_this_machine_was_asked(editions: list[Edition], only_here: list[Any]) -> None:
    assert only_here
    assert {address[0] for address in only_here} == {"127.0.0.1"}


def test_the_page_of_an_issue_says_that_it_is_a_demo(editions: list[Edition]) -> None:
    for edition, said in zip(editions, ("데모", "demo"), strict=True):
        assert said in (edition.folder / "publication/templates/page.html.j2").read_text(encoding="utf-8")


# ---- its clock


def test_the_clock_stands_jumps_and_then_runs() -> None:
    start = datetime(2026, 5, 25, tzinfo=UTC)
    clock = DemoTime(start)
    assert clock.now() == start == clock.now()
    clock.jump(start + timedelta(days=1))
    with pytest.raises(ValueError, match="cannot go back"):
        clock.jump(start)
    clock.go()
    assert timedelta(0) <= clock.now() - start - timedelta(days=1) < timedelta(minutes=5)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.jump(start + timedelta(days=9))


def test_it_goes_live_before_the_next_planned_time_at_a_pace_that_can_be_watched(tmp_path: Path) -> None:
    with an_edition(SCRIPTS[1], tmp_path, "http://127.0.0.1:8000/en", blank_database(tmp_path)) as opened:
        go_live(opened, timedelta(minutes=2))
        schedule = opened.publication.settings.schedule
        assert opened.time.now().astimezone(opened.zone).isoformat().startswith("2026-06-02T07:28")
        assert schedule.cooling_off == timedelta(seconds=10)
        assert opened.publication.spacings() == {"x": timedelta(seconds=8)}


# ---- what a letter may not do


def test_the_frame_opens_links_beside_the_inbox_whatever_the_letter_says() -> None:
    framed = reading.framed('<!doctype html><html><head><base target="_self"><base href="http://evil.example/">', "/p/")
    assert framed.startswith('<!doctype html><base target="_blank"><html>')
    assert reading.framed("<p>", "/p/") == '<base target="_blank"><p>'
    assert 'src="/p/a.1@b"' in reading.framed('<img src="cid:a.1@b">', "/p/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://192.0.2.1/leave/1",
        "http://127.0.0.1:8000/leave/1",
        "http://127.0.0.1:8000/ko/desk/issues/44/approval",
        "http://127.0.0.1:8000/ko@evil.example/leave/1",
        "http://127.0.0.1:8000/ko/leave/../desk/issues/44/withdrawals",
        "http://127.0.0.1:8000/ko/leave/%2e%2e/desk/issues/44/withdrawals",
        "http://127.0.0.1:8000/ko/leave/1.abc/../../desk/issues/44/withdrawals",
        "http://127.0.0.1:8000/ko/leave/1.abc?to=/desk",
        "http://127.0.0.1:8000/ko/leave/1.abc#",
        "http://127.0.0.1:8000/ko/leave/1.abc\n",
        "http://127.0.0.1:8000/ko/leave/..",
    ],
)
def test_leaving_posts_to_this_edition_or_nowhere(url: str, only_here: list[Any]) -> None:
    before = len(only_here)
    assert reading.leave(url, HOME) is False
    assert len(only_here) == before


def test_only_a_letter_that_offers_one_click_has_the_button() -> None:
    offers = b"List-Unsubscribe: <mailto:a@example.org>, <http://127.0.0.1:8000/ko/leave/1.abc>\n"
    post = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
    assert reading.read(offers + post + b"\n").leave_url == "http://127.0.0.1:8000/ko/leave/1.abc"
    assert reading.read(offers + b"\n").leave_url == ""
    assert reading.read(post + b"\n").leave_url == ""


def test_an_address_that_does_not_answer_is_not_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    assert reading.leave(f"http://127.0.0.1:{port}/ko/leave/1.abc", f"http://127.0.0.1:{port}/ko") is False


DEEP = b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n" + b"".join(
    b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (number, number + 1) for number in range(1_200)
)
BROKEN = {
    "empty": b"\r\n",
    "no mail": b"\xff\xfe\x00\r\n",
    "nonsense": b"Subject: =?nonsense?B?!!!?=\r\nContent-Type: text/html; charset=nonsense\r\n\r\n<p>\xff</p>",
    "not closed": b"Subject: \xed\x95\x9c\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
    b"Content-Type: text/html\r\n\r\n<p>",
    "not base64": b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n*not base64*",
    "half a subject": b"Subject: =?utf-7?q?+2AA-?=\r\nFrom: =?unicode_escape?q?=5Cud800?=\r\n\r\nhere",
    "subjects of no mail": b"Subject: =?idna?b?/////w==?= =?undefined?q?a?= =?x=00?q?b?=\r\n\r\nhere",
    "a charset in no alphabet": b"Subject: =?\xed\x95\x9c?q?a?=\r\n\r\nhere",
    "half a letter": b"Content-Type: text/html; charset=utf-7\r\n\r\n+2AA- here",
    "deep": b"Subject: here\r\n" + DEEP,
} | {
    charset.decode(errors="replace"): b"Content-Type: text/%s; charset=%s\r\n\r\nhere \\d \\ud800 \xff"
    % (kind, charset)
    for kind, charset in [
        (b"html", b"idna"),
        (b"html", b"punycode"),
        (b"plain", b"undefined"),
        (b"html", b"unicode_escape"),
        (b"plain", b"raw_unicode_escape"),
        (b"plain", b"zlib"),
        (b"html", b'"utf-8\0x"'),
        (b"html", b"x\xff"),
        (b"html", b'"' + b"a" * 800 + b'"'),
    ]
}


@pytest.fixture(scope="module")
def posted(tmp_path_factory: pytest.TempPathFactory, only_here: list[Any]) -> Iterator[tuple[Edition, str]]:
    """An edition before its first day, and where its pages are."""
    folder = tmp_path_factory.mktemp("posted")
    with (
        an_edition(SCRIPTS[1], folder, "http://127.0.0.1:8000/en", blank_database(folder)) as opened,
        serving(edition_app(opened)) as url,
    ):
        yield opened, f"{url}/en"


def mails(edition: Edition, content: bytes, *to: str) -> None:
    with smtplib.SMTP("127.0.0.1", edition.inbox.port) as relay:
        relay.sendmail("x@example.org", to, content)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_mail_is_still_a_mail(posted: tuple[Edition, str], name: str) -> None:
    edition, url = posted
    mails(edition, BROKEN[name], "y@example.org")
    one = f"inbox/{len(edition.inbox.mails)}"
    pages = ["inbox", "inbox/mails", f"{one}/letter", *(f"{one}?view={view}" for view in VIEWS)]
    answers = {page: got(f"{url}/{page}") for page in pages}
    assert {page: answer.status_code for page, answer in answers.items()} == dict.fromkeys(pages, 200)
    assert got(f"{url}/{one}/pictures/x").status_code == 404
    assert f'href="/en/{one}"' in answers["inbox"].text
    if b"here" in BROKEN[name]:
        assert any("here" in answers[page].text for page in (f"{one}/letter", f"{one}?view=text"))
    content = edition.inbox.mails[-1].path.read_bytes()
    assert reading.head(content) == (reading.read(content).subject, reading.read(content).sender)


def test_a_mail_to_two_is_in_the_mailbox_of_each(posted: tuple[Edition, str]) -> None:
    edition, url = posted
    before = len(edition.inbox.mails)
    mails(edition, b"Subject: to both\r\n\r\nx\r\n", "one@example.org", "two@example.org", "one@example.org")
    assert [(mail.number, mail.recipient) for mail in edition.inbox.mails[before:]] == [
        (before + 1, "one@example.org"),
        (before + 2, "two@example.org"),
    ]
    for address in ("one@example.org", "two@example.org"):
        assert got(f"{url}/inbox?to={address}").text.count("to both") == 1
    assert "to both" in got(f"{url}/inbox/{before + 2}").text


# ---- the command


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """`publisher demo` without a browser, whose temporary files are in tmp_path; ended with the test."""
    with ExitStack() as stack:

        def begun(*arguments: str) -> subprocess.Popen[str]:
            running = subprocess.Popen(
                [sys.executable, "-m", "publisher", "demo", "--no-browser", *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=os.environ | {"TMPDIR": str(tmp_path)},
            )
            stack.enter_context(running)
            stack.callback(running.kill)
            return running

        yield begun


def wait_for(running: subprocess.Popen[str], words: str) -> str:
    assert running.stdout is not None
    for line in running.stdout:
        if words in line:
            return line
    pytest.fail(f"it ended without {words!r}")


def end(running: subprocess.Popen[str], number: int) -> tuple[str, str, float]:
    begun = time.monotonic()
    running.send_signal(number)
    out, err = running.communicate(timeout=30)
    return out, err, time.monotonic() - begun


def test_ctrl_c_ends_it_with_a_page_open_and_leaves_nothing_behind(tmp_path: Path, begin: Begin) -> None:
    running = begin("--port", "0")
    url = re.search(r"http://127\.0\.0\.1:\d+/", wait_for(running, "http://"))
    assert url
    with socket.create_connection(("127.0.0.1", int(url[0].rstrip("/").rpartition(":")[2]))) as open_page:
        open_page.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert got(url[0]).status_code == 200
        out, err, seconds = end(running, signal.SIGINT)
    assert (running.returncode, err) == (0, "")
    assert seconds < 15  # it takes two; the machine may be busy
    assert "The demo has ended." in out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.trial
def test_it_can_be_ended_while_the_week_is_played(tmp_path: Path, begin: Begin) -> None:
    running = begin("--port", "0")
    wait_for(running, "한입 뉴스")
    _, err, _ = end(running, signal.SIGTERM)
    assert (running.returncode, err) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_said_at_once(begin: Begin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        running = begin("--port", str(taken.getsockname()[1]))
        out, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "another program has this port; name another with --port" in err
    assert out == ""


@pytest.mark.trial
def test_a_folder_that_is_kept_is_never_one_that_has_a_demo(tmp_path: Path, begin: Begin) -> None:
    (tmp_path / "kept" / "ko" / "publication").mkdir(parents=True)
    (tmp_path / "kept" / "ko" / "publication" / "config.toml").write_text("mine")
    running = begin("--port", "0", "--keep", str(tmp_path / "kept"))
    _, err = running.communicate(timeout=60)
    assert running.returncode == 2
    assert "nothing was written; name another folder" in err
    assert (tmp_path / "kept" / "ko" / "publication" / "config.toml").read_text() == "mine"
