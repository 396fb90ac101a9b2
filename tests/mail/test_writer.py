"""A writer's letters are those of its template, and what it says of a reader beforehand is what comes of them."""

from __future__ import annotations

import hashlib
import json
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.config.values import Secret
from publisher.domain.message import Letter, slot
from publisher.domain.proof import Proof, Surface
from publisher.errors import RenderError, SecretMissing
from publisher.mail.dkim import Keys
from publisher.mail.identity import leave_url, message_id
from publisher.mail.message import Reader
from publisher.mail.verp import return_path
from publisher.mail.writer import Identity, LetterWriter
from tests.mail.signing import pem, verdicts

SECRET = b"0123456789abcdef0123456789abcdef"
DATE = datetime(2026, 5, 29, 7, 30, tzinfo=UTC)
HOME = "https://news.example.org"
PROOF = Proof(
    (
        Surface("subject", f"{slot('first_name', 'Reader')}, hello"),
        Surface("html", f'<p>{slot("name", "Reader")}</p><a href="{slot("leave_url")}">Leave</a>'),
        Surface("text", f"{slot('name', 'Reader')}\n{slot('leave_url')}\n"),
        Surface("sender", json.dumps({"from": "News <l@example.org>", "reply_to": "", "list_id": "<w.example.org>"})),
    )
)


def writer(home: str = HOME, number: int = 43, keys: Keys | None = None) -> LetterWriter:
    return LetterWriter(PROOF, number, Identity(home, SECRET, "News <l@example.org>", keys), DATE)


def refusal(write: object, *arguments: object) -> str:
    assert callable(write)
    try:
        write(*arguments)
    except RenderError as error:
        return error.message
    return ""


@settings(deadline=None)
@given(
    subscriber_id=st.integers(0, 2**63 - 1),
    name=st.text(max_size=20) | st.text(st.sampled_from("Ada \x00\n\u2028\ud800가"), max_size=8),
    email=st.text(max_size=20) | st.text(st.sampled_from('ab.@<>\r\n\x00"[]한é'), max_size=12) | st.just("a@b.example"),
)
def test_what_is_said_of_a_reader_is_what_becomes_of_their_letter(subscriber_id: int, name: str, email: str) -> None:
    reader, made = Reader(subscriber_id, email, name), writer()
    assert refusal(made.check, reader) == refusal(made.letter, 1, reader)


@pytest.mark.parametrize(
    ("home", "number", "words"),
    [
        ("https://news.example.org/<b>", 43, "leave link"),
        ("https://news.example.org/" + "a" * 900, 43, "leave link"),
        (HOME, 10**40, "return path is too long"),
    ],
)
def test_links_that_would_not_hold_are_refused_for_every_reader(home: str, number: int, words: str) -> None:
    made, reader = writer(home, number), Reader(7, "a@b.example")
    with pytest.raises(RenderError, match=f"subscriber 7: .*{words}"):
        made.letter(1, reader)
    with pytest.raises(RenderError, match=f"subscriber 7: .*{words}"):
        made.check(reader)


def test_links_that_hold_for_short_numbers_only_are_looked_at_one_by_one() -> None:
    made = writer(number=10**20)
    assert made.letter(1, Reader(7, "a@b.example")).return_path.startswith("bounce+1000")
    with pytest.raises(RenderError, match="return path is too long"):
        made.check(Reader(2**63 - 1, "a@b.example"))


def test_the_envelope_and_the_links_are_the_readers_own() -> None:
    letter = writer().letter(3, Reader(7, "a@b.example", "Ada"))
    assert letter == Letter(
        3,
        return_path(SECRET, 43, 7, "example.org"),
        "a@b.example",
        message_id(SECRET, 43, 7, "example.org"),
        letter.content,
        is_sound=True,
    )
    assert f"List-Unsubscribe: <{leave_url(SECRET, HOME, 7)}>\r\n".encode() in letter.content


def test_a_letter_is_what_it_was_before_an_upgrade() -> None:
    """A reader whose answer was lost is sent the same letter again, whatever version sends it."""
    readers = [Reader(7, "a@b.example", "Ada Lovelace"), Reader(8, "kim@한국.kr", "김민수"), Reader(9, "c@d.example")]
    digest = hashlib.sha256()
    for letter in (writer().letter(1, reader) for reader in readers):
        digest.update(b"\0".join([letter.return_path.encode(), letter.message_id.encode(), letter.content]))
    assert digest.hexdigest() == "9142ee0e00de58876bf293c0ad99471a1df5f40e2a4dbb40fa7d119eb4f2bdb6"


def keys(root: Path) -> Keys:
    for kind in ("rsa", "ed25519"):
        (root / f"{kind}.pem").write_text(pem(kind))
    return Keys("letter", "", (Secret("file:rsa.pem"), Secret("file:ed25519.pem")), root)


def test_another_process_is_given_the_identity_and_writes_the_same_letter(tmp_path: Path) -> None:
    identity = Identity(HOME, SECRET, "News <l@example.org>", keys(tmp_path))
    signer = identity.signer
    assert signer and signer.algorithms == ("rsa", "ed25519")
    given = pickle.loads(pickle.dumps(identity))
    reader = Reader(7, "a@b.example", "Ada")
    letters = [LetterWriter(PROOF, 43, one, DATE).letter(1, reader) for one in (identity, given)]
    assert letters[0] == letters[1]
    assert verdicts(letters[0].content) == [True, True]


def test_no_letter_is_begun_with_a_key_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SecretMissing, match="publisher mail keys"):
        writer(keys=Keys("letter", "", (Secret("file:rsa.pem"),), tmp_path))


def test_an_identity_that_is_shown_shows_no_secret() -> None:
    assert SECRET.decode() not in repr(Identity(HOME, SECRET, "l@example.org"))
