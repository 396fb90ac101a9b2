"""A real Postfix as the relay, stopped and started in mid-send: each letter is delivered once, and it is its reader's.

What is compared was written by Postfix's own `virtual`: the envelope as Return-Path and Delivered-To, the letter as it
came.
"""

from __future__ import annotations

import json
import quopri
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.parser import BytesHeaderParser
from pathlib import Path

import dkim
import pytest
from sqlmodel import select

from publisher.mail.identity import message_id
from publisher.mail.verp import return_path
from publisher.store.tables import SubscriberRow
from publisher.wiring import Publication, load_settings
from tests.newsroom import FRIDAY, Newsroom, smtp
from tests.trial.killer import send
from tests.trial.relay import Relay, relay
from tests.trial.truth import truth

READERS, STOPS, CONNECTIONS = 10_000, 3, 10
VERIFIED = 200
SQLITE = "sqlite:///var/publisher.db"
A_WHILE = timedelta(minutes=20)  # later than the first try again of what was put off

pytestmark = pytest.mark.trial


@dataclass(frozen=True)
class Delivered:
    """One file of the Maildir. `links` are all leave links in it, its decoded text and its headers alike."""

    raw: bytes
    queue_id: str
    delivered_to: str
    to: str
    return_path: str
    message_id: str
    header_link: str
    links: frozenset[str]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Newsroom, list[Delivered], dict[str, bytes]]]:
    """A signed issue that Postfix took, in spite of all; its letters; the DNS records that verify them."""
    began, root = time.monotonic(), tmp_path_factory.mktemp("postfix") / "publication"
    with relay() as postfix:
        Newsroom.open(root, SQLITE, smtp(postfix.port, connections=CONNECTIONS)).database.close()
        records = signs(root)
        newsroom = Newsroom(Publication(load_settings(root / "config.toml")))
        newsroom.writes("A harbour learns to count ships", "Library robots take the night shift", "Bread by forecast")
        newsroom.has_readers(READERS)
        newsroom.has_editors("kim@example.org")
        newsroom.composes()
        newsroom.approves()
        newsroom.releases()
        sends, stops = until_it_is_sent(newsroom, postfix, random.Random(1))
        took = time.monotonic() - began
        postfix.settles()
        letters = [letter for path in postfix.mail.iterdir() if (letter := read(path.read_bytes()))]
        print(f"\nPostfix stopped {stops} times, {sends} sends, {len(letters):,} letters delivered, {took:.0f} s")
        assert stops == STOPS
        yield newsroom, letters, records
        newsroom.database.close()


def signs(root: Path) -> dict[str, bytes]:
    """Keys of both kinds, as `publisher mail keys` makes them; the records that it says to publish."""
    command = [sys.executable, "-m", "publisher", "mail", "keys", "--both", "--json"]
    told = json.loads(subprocess.run(command, cwd=root, text=True, capture_output=True, check=True).stdout)
    with (root / "config.toml").open("a", encoding="utf-8") as config:
        config.write(f"\n{told['config']}\n")
    return {f"{key['name']}.": key["value"].encode() for key in told["keys"]}


def until_it_is_sent(newsroom: Newsroom, postfix: Relay, chance: random.Random) -> tuple[int, int]:
    """Postfix is stopped in the middle, then nothing disturbs any more. How many sends and stops it took."""
    stops = 0
    for number in range(12):
        sender = send(newsroom.root, FRIDAY + number * A_WHILE)
        while stops < STOPS:
            goal = postfix.taken() + chance.randint(1, READERS // (STOPS + 1))
            while postfix.taken() < goal and sender.poll() is None:
                time.sleep(0.01)
            if sender.poll() is not None:
                break
            postfix.stop(chance.choice([signal.SIGTERM, signal.SIGKILL]))
            time.sleep(chance.uniform(0, 2))
            postfix.start()
            stops += 1
        sender.wait(600)
        if newsroom.issue()["state"] == "sent":
            return number + 1, stops
    raise AssertionError(f"after 12 sends it is still {newsroom.issue()['deliveries']}")


def read(raw: bytes) -> Delivered | None:
    """A letter to a reader; None for a notice to an editor."""
    head = BytesHeaderParser().parsebytes(raw)

    def one(name: str) -> str:
        found = head.get_all(name) or [""]
        assert len(found) == 1, f"{len(found)} headers {name}"
        return re.sub(r"\s+", " ", found[0]).strip()

    if not one("List-Unsubscribe"):
        return None
    received = re.search(r"\(Postfix\) with \w+ id (\w+)", one("Received"))
    assert received
    text = quopri.decodestring(raw.partition(b"\n\n")[2]).decode()
    return Delivered(
        raw=raw,
        queue_id=received[1],
        delivered_to=one("Delivered-To"),
        to=one("To"),
        return_path=one("Return-Path").strip("<>"),
        message_id=one("Message-ID"),
        header_link=one("List-Unsubscribe").strip("<>"),
        links=frozenset(re.findall(r"http://127\.0\.0\.1:8000/leave/[\w.-]+", text)),
    )


Sent = tuple[Newsroom, list[Delivered], dict[str, bytes]]


def test_each_reader_has_one_letter_and_what_is_unknown_is_listed(sent: Sent) -> None:
    newsroom, letters, _ = sent
    # What Postfix took once and delivered twice, because it was stopped in between, has the same queue id.
    arrived = Counter(address for address, _ in {(letter.delivered_to, letter.queue_id) for letter in letters})
    found = truth(newsroom, arrived, READERS)
    print(f"\n{found.line()}; repeated by Postfix itself: {len(letters) - sum(arrived.values())}")
    found.assert_nobody_is_lost_or_has_it_twice()
    assert found.unknown <= STOPS * CONNECTIONS


def test_body_headers_and_envelope_name_the_same_reader(sent: Sent) -> None:
    newsroom, letters, _ = sent
    identity = newsroom.publication.identity()
    with newsroom.database.read() as session:
        ids = dict(session.exec(select(SubscriberRow.email, SubscriberRow.id)).all())
    assert len(letters) >= newsroom.issue()["deliveries"]["accepted"]
    for letter in letters:
        reader = ids[letter.delivered_to]
        assert reader is not None
        assert letter.delivered_to in letter.to
        assert letter.return_path == return_path(identity.secret, 1, reader, identity.domain)
        assert letter.message_id == message_id(identity.secret, 1, reader, identity.domain)
        assert letter.header_link == identity.leave_url(reader)
        assert letter.links == {identity.leave_url(reader)}


def test_both_signatures_of_what_arrived_are_good(sent: Sent) -> None:
    _, letters, records = sent
    dns: Callable[..., bytes] = lambda name, timeout=5: records[name.decode()]  # noqa: E731
    for letter in random.Random(1).sample(letters, VERIFIED):
        content = letter.raw.replace(b"\n", b"\r\n")
        assert content.count(b"DKIM-Signature:") == len(records) == 2
        assert all(dkim.DKIM(content).verify(index, dnsfunc=dns) for index in range(len(records)))
        tampered = content.replace(b"/leave/", b"/1eave/", 1)
        assert not dkim.DKIM(tampered).verify(0, dnsfunc=dns)
