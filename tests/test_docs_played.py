"""The tour, the tutorial and the how-tos are played as a reader would play them, and print what the pages say.

They are played at the time that the pages name, so that they can be read beside what is printed.
"""

from __future__ import annotations

import re
import shlex
import shutil
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.cli.command import publisher
from tests.console import Block, Console, as_said, blocks, steps
from tests.peers import Mailbox, mailbox
from tests.test_docs import ROOT, commands
from tests.tidewater import tidewater
from tests.troubled import troubled

TUESDAY = datetime(2026, 11, 24, 14, 33, tzinfo=UTC)
LEAVES = {
    "README.md": datetime(2026, 11, 27, 7, 30, tzinfo=UTC),
    "tutorial.md": datetime(2026, 11, 24, 14, 45, tzinfo=UTC),
}
CONFIG = Path("letter/config.toml")


@pytest.mark.timeout(300)
def test_the_tour_of_the_readme_is_what_happens(tmp_path: Path) -> None:
    with playing(tmp_path, TUESDAY) as (console, _):
        for block in console_blocks(ROOT / "README.md"):
            if "issues show 1" in block.text:
                wait_until_sent(console)
            console.play(block)
        console.interrupt()
        assert len(list((tmp_path / "tour/out/letters").glob("issue-1-*.eml"))) == 1


@pytest.mark.trial
@pytest.mark.timeout(300)
def test_the_tutorial_ends_with_a_letter_in_the_mailbox(tmp_path: Path) -> None:
    with mailbox(tmp_path) as box, playing(tmp_path, TUESDAY) as (console, time_is):
        for block in blocks((ROOT / "docs/tutorial.md").read_text(encoding="utf-8")):
            if block.language == "toml":
                write_settings(tmp_path / CONFIG, block.text, box)
            elif block.language.startswith("console"):
                if "issues show 1" in block.text:
                    approve_on_the_desk(console)
                    wait_until_printed(console, "notices: 1 accepted")
                    time_is(LEAVES["tutorial.md"] - timedelta(seconds=3))
                    console.restart(greeting=4)
                    wait_until_sent(console)
                console.play(block)
        console.interrupt()
        test_letter, letter = box.letters()
        assert test_letter[0] == letter[0] == "robin@example.org"
        assert letter[2].startswith("http://127.0.0.1:8000/leave/")


RARELY = (
    "own-design",
    "own-feeds",
    "a-week-without-a-letter",
    "correct-an-issue",
    "editors",
    "lists-of-feeds",
    "markdown-posts",
    "pictures",
    "preflight",
)


@pytest.mark.trial
@pytest.mark.parametrize("name", RARELY)
@pytest.mark.timeout(200)
def test_the_how_to_is_what_happens(tmp_path: Path, made: Path, name: str) -> None:
    with playing(tmp_path, TUESDAY) as (console, _):
        prepare(console, made, name)
        for block in console_blocks(how_to(name)):
            console.play(block)


@pytest.mark.trial
@pytest.mark.timeout(200)
def test_the_how_to_of_sources_in_trouble_is_what_happens(tmp_path: Path) -> None:
    """Its hosts are on this machine, and have other names on the page."""
    with troubled(TUESDAY) as nine, playing(tmp_path, TUESDAY) as (console, _):
        console.run("publisher init here && cd here && publisher db upgrade")
        with (tmp_path / "here/config.toml").open("a", encoding="utf-8") as config:
            config.write(nine.config)
        for block in console_blocks(how_to("sources-in-trouble")):
            for step in steps(block):
                printed = nine.shown(console.run(step.command))
                assert as_said(printed, step.says), (
                    f"$ {step.command}\n--- it says\n{step.says}\n--- it printed\n{printed}"
                )


@pytest.mark.trial
@pytest.mark.timeout(200)
def test_the_how_to_of_pages_without_a_feed_is_what_happens(tmp_path: Path) -> None:
    """Its host is on this machine, and has another name on the page."""
    with tidewater() as site, playing(tmp_path, TUESDAY) as (console, _):
        console.run("publisher init here && cd here && publisher db upgrade")
        shown = blocks(how_to("pages-without-a-feed").read_text(encoding="utf-8"))
        source = next(block.text for block in shown if block.language == "toml")
        with (tmp_path / "here/config.toml").open("a", encoding="utf-8") as config:
            config.write(f"\n[fetch]\nprivate_addresses = true\nspacing = 0\n{site.typed(source)}")
        for block in console_blocks(how_to("pages-without-a-feed")):
            for step in steps(block):
                printed = site.shown(console.run(site.typed(step.command)))
                assert as_said(printed, step.says), (
                    f"$ {step.command}\n--- it says\n{step.says}\n--- it printed\n{printed}"
                )


def console_blocks(page: Path) -> Iterator[Block]:
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language.startswith("console"):
            yield block


@contextmanager
def playing(folder: Path, start: datetime) -> Iterator[tuple[Console, Callable[[datetime], None]]]:
    """A console whose commands happen at `start`, a second apart; its `publisher run` has a port and is quick."""
    takes_now = {name for name, command in commands().items() if any(part.name == "now" for part in command.params)}
    now, port = [start], free_port()

    def edit(command: str) -> str:
        match = re.match(r"publisher ([a-z]+)(?: ([a-z-]+))?", command)
        if not match:
            return command
        name = next((name for name in (f"{match[1]} {match[2]}", match[1]) if name in takes_now), None)
        if match[1] == "run":
            command += f" --port {port} --tick 0.5"
        if name and "--now" not in command:
            command += f" --now {now[0].isoformat()}"
            now[0] += timedelta(seconds=1)
        return command

    console = Console(folder, {"PORT": str(port)}, edit)
    try:
        yield console, lambda moment: now.__setitem__(0, moment)
    finally:
        console.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    assert isinstance(port, int)
    return port


def wait_until_sent(console: Console) -> None:
    """Until the issue has left and its editors have been told."""
    wait_until_printed(console, "leaves: released")
    wait_until_printed(console, "notices:", after="leaves: released")


def wait_until_printed(console: Console, words: str, after: str = "") -> None:
    running = console.background[-1]
    deadline = time.monotonic() + 90
    while words not in "".join(running.printed).partition(after or "\n")[2]:
        assert time.monotonic() < deadline and running.process.poll() is None, "".join(running.printed)
        time.sleep(0.1)


def write_settings(config: Path, block: str, box: Mailbox) -> None:
    """What a reader does with a block of settings, but that the relay is the test's own."""
    text = config.read_text(encoding="utf-8")
    if "[[channel]]" in block:
        block = re.sub(r"^host = .*$", 'host = "127.0.0.1"', block, flags=re.MULTILINE)
        block = re.sub(r"^port = .*$", f"port = {box.port}", block, flags=re.MULTILINE)
        block = re.sub(r"^security = .*$", 'security = "none"', block, flags=re.MULTILINE)
        block = re.sub(r"^(?:username|password) = .*\n", "", block, flags=re.MULTILINE)
        text = re.sub(r"^\[\[channel\]\]\n(?:(?!\[).*\n)*", "", text, flags=re.MULTILINE)
    for section in re.findall(r"^\[(\w+)\]$", block, re.MULTILINE):
        text = re.sub(rf"^\[{section}\]\n(?:(?!\[).*\n)*", "", text, flags=re.MULTILINE)
    config.write_text(f"{text}\n{block}", encoding="utf-8")


def approve_on_the_desk(console: Console) -> None:
    """Open the link that was printed, enter, and press Approve, as a browser does."""
    home = f"http://127.0.0.1:{console.environ['PORT']}"
    [path] = re.findall(r"http://127\.0\.0\.1:8000(/desk/enter/\S+)", console.said)[-1:]
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    entrance = browser.open(home + path, timeout=30).read().decode()
    assert "Sign in<" in entrance
    [to] = re.findall(r'name="to" value="([^"]*)"', entrance)
    desk = browser.open(home + path, urlencode({"to": to}).encode(), timeout=30).read().decode()
    [form] = re.findall(r'<form[^>]+action="[^"]*/issues/1/approvals[^"]*"[^>]*>(.*?)</form>', desk, re.DOTALL)
    assert "Approve No. 1" in form
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    done = browser.open(f"{home}/desk/issues/1/approvals", urlencode(fields).encode(), timeout=30)
    assert "Pull No. 1 back" in done.read().decode()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication with a reader, an editor and a draft, as a reader of a how-to has one."""
    folder = tmp_path_factory.mktemp("made")
    with playing(folder, TUESDAY) as (console, _):

        def done(where: Path, command: str) -> None:
            said = publisher(where, *shlex.split(console.edit(command))[1:])
            assert said.status == 0, said

        here = folder / "here"
        done(folder, "publisher init here")
        done(here, "publisher db upgrade")
        done(here, "publisher editors add me@example.org")
        done(here, "publisher subscribers add reader@example.org --list weekly")
        for headline in ("A harbour learns to count ships", "The bakery bakes by forecast", "Robots are up at night"):
            done(here, f"publisher items write --headline '{headline}' --body 'What happened, in a sentence.'")
        done(here, "publisher compose")
    return folder


FEEDS = """<opml version="2.0"><body><outline text="Papers">
<outline text="Windmere Weekly" type="rss" xmlUrl="https://windmere.example.org/feed.xml"/>
<outline text="항구 소식" type="rss" language="ko" xmlUrl="https://harbour.example.org/rss"/></outline>
<outline text="The bakery" type="rss" htmlUrl="https://bakery.example.org/"/></body></opml>"""


def prepare(console: Console, made: Path, name: str) -> None:
    here = console.folder / "here"
    if name == "own-feeds":
        console.run("publisher init here && cd here && publisher db upgrade")
        shutil.copy(ROOT / "publisher/demo/week/windmere.rss.xml", here / "feed.xml")
        [block, *_] = [block for block in blocks(how_to(name).read_text(encoding="utf-8")) if block.language == "toml"]
        text = block.text.replace("https://windmere.example.org/feed.xml", "file:feed.xml")
        with (here / "config.toml").open("a", encoding="utf-8") as config:
            config.write(f"\n{text}")
        return
    shutil.copytree(made / "here", here)
    console.run("cd here")
    if name == "lists-of-feeds":
        (here / "feeds.opml").write_text(FEEDS, encoding="utf-8")
    if name == "markdown-posts":
        shown = list(blocks(how_to(name).read_text(encoding="utf-8")))
        with (here / "config.toml").open("a", encoding="utf-8") as config:
            config.write("\n" + next(block.text for block in shown if block.language == "toml"))
        (here / "posts").mkdir()
        posts = [block.text for block in shown if block.language == "markdown"]
        for file, post in zip(("2026-11-23-harbour.md", "2026-11-24-bakery.md"), posts, strict=True):
            (here / "posts" / file).write_text(post, encoding="utf-8")
    if name == "correct-an-issue":
        console.run("publisher issues approve 1 --by me@example.org")
        console.run(f"publisher send --now {LEAVES['README.md'].isoformat()}")


def how_to(name: str) -> Path:
    return ROOT / f"docs/how-to/{name}.md"
