"""A real Postfix's own log as evidence: what it has queued or delivered, and nothing that it only began to take."""

from __future__ import annotations

import smtplib
import socket
import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlmodel import select

from publisher.mail.identity import message_id
from publisher.stages import resolve
from publisher.store.tables import DeliveryRow
from tests.cli.command import publisher
from tests.newsroom import Newsroom, smtp
from tests.trial.relay import Relay, relay

DELIVERED, BROKEN_OFF, NEVER_SENT = range(1, 21), range(21, 26), range(26, 31)

pytestmark = pytest.mark.trial


def test_what_postfix_took_is_accepted_and_what_broke_off_stays_unknown(tmp_path: Path) -> None:
    with relay() as postfix:
        room = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db", smtp(postfix.port))
        room.writes("A harbour learns to count ships", "Library robots take the night shift", "Bread, by forecast")
        room.has_readers(30)
        room.has_editors("kim@example.org")
        room.composes()
        room.approves()
        room.releases()
        with room.database.write() as session:
            for row in session.exec(select(DeliveryRow)):
                row.state, row.attempts = "unknown", 1
        identity = room.publication.identity()
        names = {reader: message_id(identity.secret, 1, reader, identity.domain) for reader in range(1, 31)}
        for reader in DELIVERED:
            delivers(postfix, names[reader])
        for reader in BROKEN_OFF:
            breaks_off(postfix, names[reader])
        until = time.monotonic() + 30
        while not all(names[reader] in postfix.log() for reader in BROKEN_OFF):
            assert time.monotonic() < until, "its log does not name what broke off, so this would prove nothing"
            time.sleep(0.1)
        postfix.settles()
        (room.root / "mail.log").write_text(postfix.log(), encoding="utf-8")
        said = publisher(room.root, "issues", "resolve", "1", "--log", "mail.log", "--unknown", "leave", "--yes")
        assert said.status == 0, said.err
        assert "the relay had taken 20 of 30 unknown letters (20 sent)" in said.out
        with room.database.read() as session:
            rows = session.exec(select(DeliveryRow).order_by("id")).all()
        assert {row.subscriber_id for row in rows if row.state == "accepted"} == set(DELIVERED)
        assert {row.subscriber_id for row in rows if row.state == "unknown"} == {*BROKEN_OFF, *NEVER_SENT}
        there = b"".join(path.read_bytes() for path in postfix.mail.iterdir())
        assert all(row.receipt.removeprefix("queue id ").encode() in there for row in rows if row.state == "accepted")
        assert resolve.look(room.database, 1)[0].total == 0
        room.database.close()


def delivers(postfix: Relay, name: str) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Message-ID"] = "letter@example.org", "reader@example.org", name
    letter.set_content("Hello.")
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=20) as client:
        client.send_message(letter)


def breaks_off(postfix: Relay, name: str) -> None:
    """The line goes dead in the middle of the letter, after Postfix has written down its Message-ID."""
    with socket.create_connection(("127.0.0.1", postfix.port), timeout=20) as line:
        stream = line.makefile("rb")
        stream.readline()
        for command in ("HELO here", "MAIL FROM:<letter@example.org>", "RCPT TO:<reader@example.org>", "DATA"):
            line.sendall(f"{command}\r\n".encode())
            assert stream.readline()[:1] in b"23"
        body = "x" * 70 + "\r\n"
        line.sendall(f"From: <letter@example.org>\r\nMessage-ID: {name}\r\n\r\n{body * 500}".encode())
