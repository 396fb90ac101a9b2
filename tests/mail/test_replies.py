"""Whose fault a refusal of one recipient is: the reader's, or ours."""

from __future__ import annotations

import pytest

from publisher.mail.smtp import Reply, is_about_us


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"),
        (550, "5.7.1 Our system has detected that the sending IP has a low reputation"),
        (550, "5.7.25 The IP address sending this message does not have a PTR record"),
        (554, "5.7.1 <reader>: Relay access denied"),
        (530, "5.7.0 Authentication required"),
        (550, "5.4.5 Daily sending quota exceeded"),
    ],
)
def test_what_is_said_of_the_sender_never_punishes_the_reader(code: int, words: str) -> None:
    assert is_about_us(Reply(code, words))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (550, "5.1.1 User unknown"),
        (550, "5.1.1 <reader>: Recipient address rejected: undeliverable address"),
        (552, "5.2.2 Mailbox full, quota exceeded"),
        (553, "5.1.3 Invalid address"),
        (550, "5.2.1 The mailbox is disabled"),
    ],
)
def test_what_is_said_of_the_reader_refuses_the_reader(code: int, words: str) -> None:
    assert not is_about_us(Reply(code, words))
