"""A signed letter is verified by others, survives what relays may do to it, and nothing that matters can be changed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.channels.smtp import Options, Smtp
from publisher.config.values import Secret
from publisher.domain.message import Accepted, Letter, slot
from publisher.errors import RenderError, SecretMissing
from publisher.mail.dkim import Keys
from publisher.mail.message import LetterTemplate, Reader
from tests.channels.smtp_servers import Inbox, real_relay
from tests.mail.signing import pem, signer, verdicts
from tests.mail.test_message import DATE, KIM, LEAVE, MESSAGE_ID, RETURN_PATH, one_line, part, substituted

BOTH = ("rsa", "ed25519")
HEADERS = {
    *("from", "to", "subject", "date", "message-id", "reply-to", "list-id", "list-unsubscribe"),
    *("list-unsubscribe-post", "feedback-id", "mime-version", "content-type"),
}

_TEXT = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ue000\ue001\ue002\u2028\u2029")
_corners = st.sampled_from(
    [
        *(
            ".",
            "..",
            "\n.",
            "\r\n.\r\n",
            "\r",
            "\r\n",
            "\n",
            "\n\n\n",
            " \n",
            "  ",
            " ",
            "\t",
            "\t\t\n",
            "From ",
            "\nFrom ",
        ),
        *(
            "=",
            "=\n",
            "=20",
            "--",
            "--=_",
            "😀👩‍👩‍👧",
            "مرحبا بالعالم",
            "\u202eآب\u202c",
            "안녕하세요",
            "x" * 10_000,
            "가" * 400,
        ),
        *(slot("name", "독자"), slot("first_name", ". "), slot("email"), slot("leave_url"), slot("name", "  From ")),
    ]
)
surfaces = st.lists(st.text(_TEXT, max_size=40) | _corners, max_size=10).map("".join)
names = st.text(_TEXT, max_size=40) | st.sampled_from(
    [
        "",
        "  ",
        ".",
        "From me",
        "=?utf-8?q?x?=",
        'O"Neil, \\ Ada',
        "😀" * 50,
        "ريم",
        "김민수",
        "a  b ",
        "가" * 10_000,
        "x" * 10_000,
    ]
)


def template(*kinds: str, **changed: str) -> LetterTemplate:
    written: dict[str, Any] = {
        "subject": "검색창이 말을 걸기 시작했다",
        "html": f'<p>안녕하세요, {slot("name", "독자")} 님</p>\n<p>  </p>\n<a href="{slot("leave_url")}">그만 받기</a>',
        "text": f"안녕하세요, {slot('name', '독자')} 님\n\n.\n그만 받기: {slot('leave_url')}\n",
        "sender_from": "한입 뉴스 <letter@example.org>",
        "reply_to": "editor@example.org",
        "list_id": "한입 뉴스 <weekly.example.org>",
        "feedback_id": "43:weekly:publisher:example",
    } | changed
    return LetterTemplate.compile(**written, date=DATE, signer=signer(*kinds) if kinds else None)


def letter(template: LetterTemplate, reader: Reader = KIM) -> Letter:
    return template.letter(3, reader, LEAVE, MESSAGE_ID, RETURN_PATH)


@settings(deadline=None)
@given(text=surfaces, html=surfaces, subject=surfaces, name=names, sender=names)
def test_every_letter_is_verified_by_another_and_decodes_to_what_was_rendered(
    text: str, html: str, subject: str, name: str, sender: str
) -> None:
    subject, reader = one_line(subject.replace("\r", " ")), Reader(7, "minsu.kim@example.com", name)
    shown = " ".join(re.sub(r"[<>]", "", sender).split())
    made = letter(
        template(*BOTH, text=text, html=html, subject=subject, sender_from=f"{shown} <l@example.org>"), reader
    )
    assert verdicts(made.content) == [True, True]
    assert part(made.content, "plain") == substituted(unix(text), reader, escape=False)
    assert part(made.content, "html") == substituted(unix(html), reader, escape=True)


@settings(deadline=None)
@given(text=surfaces, html=surfaces, subject=surfaces, name=names)
def test_a_letter_that_says_so_is_sound_and_no_line_is_too_long(text: str, html: str, subject: str, name: str) -> None:
    made = letter(
        template(*BOTH, text=text, html=html, subject=one_line(subject.replace("\r", " "))),
        Reader(7, "a@b.example", name),
    )
    assert made.is_sound
    assert made.content.isascii() and b"\0" not in made.content
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", made.content)
    for line in made.content.split(b"\r\n"):
        assert not line.startswith(b".")
        assert len(line) <= 76 or line.startswith(b"List-Unsubscribe: ")


def test_the_signature_is_the_only_difference() -> None:
    signed, unsigned = letter(template(*BOTH)).content, letter(template()).content
    assert signed.endswith(unsigned)
    assert signed.removesuffix(unsigned).count(b"DKIM-Signature: ") == signed.count(b"DKIM-Signature: ") == 2


@pytest.mark.parametrize("kind", BOTH)
def test_signed_again_it_is_the_same_letter(kind: str) -> None:
    assert letter(template(kind)) == letter(template(kind))
    assert f"t={int(DATE.timestamp())};" in tags(letter(template(kind)).content)


def test_the_headers_that_receivers_ask_for_are_signed_and_four_of_them_can_never_be_added() -> None:
    names = re.search(r"h=([^;]+);", tags(letter(template("rsa")).content))
    assert names
    signed = names[1].lower().replace(" ", "").split(":")
    assert set(signed) == HEADERS
    assert {name for name in signed if signed.count(name) == 2} == {"date", "from", "subject", "to"}


def test_a_subject_of_each_readers_own_is_signed() -> None:
    made = letter(template(*BOTH, subject=f"{slot('name', '독자')} 님께")).content
    assert verdicts(made) == [True, True]
    assert verdicts(made.replace(b"Subject: =?utf-8?b?6", b"Subject: =?utf-8?b?7")) == [False, False]


# --- what relays do

Relay = Callable[[bytes], bytes]


def _head(change: Callable[[bytes], bytes]) -> Relay:
    def relayed(content: bytes) -> bytes:
        head, blank, body = content.partition(b"\r\n\r\n")
        return change(head) + blank + body

    return relayed


HARMLESS: dict[str, Relay] = {
    "a trace line before it": lambda content: b"Received: from a by b; Fri, 29 May 2026 07:30:00 +0000\r\n" + content,
    "another header": _head(lambda head: head + b"\r\nX-Spam: no"),
    "names of headers in capitals": _head(
        lambda head: re.sub(rb"(?m)^(From|To|Subject|List-Id):", lambda found: found[0].upper(), head)
    ),
    "folded elsewhere": _head(lambda head: head.replace(b" <letter@", b"\r\n\t  <letter@")),
    "unfolded": _head(lambda head: head.replace(b"\r\n boundary=", b" boundary=")),
    "spaces after the colon": _head(lambda head: re.sub(rb"(?m)^(To|Date|Message-ID): ", rb"\1:   ", head)),
    "spaces at the ends of lines": lambda content: content.replace(b"=\r\n", b"= \t\r\n"),
    "empty lines at the end": lambda content: content + b"\r\n\r\n",
    "no last line end": lambda content: content.removesuffix(b"\r\n") + b"\r\n",
}
HARMFUL: dict[str, Relay] = {
    **{
        f"a second {name}": _head(lambda head, name=name: f"{name}: other@example.net\r\n".encode() + head)  # type: ignore[misc]  # a default binds the name
        for name in ("From", "To", "Subject", "Date")
    },
    "no From": _head(lambda head: re.sub(rb"\r\nFrom: [^\r]*", b"", head)),
    "another link to leave": lambda content: content.replace(b"List-Unsubscribe: <https", b"List-Unsubscribe: <http"),
    "no one-click": _head(lambda head: head.replace(b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click", b"")),
    "a footer": lambda content: content + b"This list is run by somebody else.\r\n",
    "a part before the first": lambda content: content.replace(b"\r\n\r\n--=_", b"\r\n\r\nbuy this\r\n--=_", 1),
    "one empty line less": lambda content: content.replace(b"\r\n\r\n=", b"\r\n=", 1),
}


@pytest.mark.parametrize("done", HARMLESS)
def test_what_a_relay_may_do_breaks_no_signature(done: str) -> None:
    assert verdicts(HARMLESS[done](letter(template(*BOTH)).content)) == [True, True]


@pytest.mark.parametrize("done", HARMFUL)
def test_what_would_deceive_a_reader_breaks_every_signature(done: str) -> None:
    made = letter(template(*BOTH)).content
    assert HARMFUL[done](made) != made
    assert verdicts(HARMFUL[done](made)) == [False, False]


def test_no_flipped_octet_passes() -> None:
    made = letter(template(*BOTH, html=f"<p>{slot('name', '독자')}</p>")).content
    dice = random.Random(43)
    for at in dice.sample(range(made.index(b"Date: "), len(made)), 150):
        flipped = bytearray(made)
        flipped[at] ^= dice.choice([0x01, 0x02, 0x04])
        passed = verdicts(bytes(flipped))
        assert passed == [False, False] or relaxed(bytes(flipped)) == relaxed(made), at


def test_a_signed_letter_comes_out_of_a_real_relay_as_it_went_in(tmp_path: Path) -> None:
    lines = "\n".join([".", "..", ".hidden", "From here", "trailing ", "\ttab", "", ". ", "..."])
    made = letter(template(*BOTH, text=lines, html=lines))
    unsound = made._replace(content=made.content.replace(b"=2E", b"."), is_sound=False)  # what the wire has to stuff
    inbox = Inbox()
    with real_relay(inbox, "none", None) as port:
        options = {
            "name": "letter",
            "kind": "smtp",
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "lists": ["a"],
        }
        session = Smtp(Options.model_validate(options), root=tmp_path).open()
        results: list[object] = []
        for sent in (made, unsound):
            session.put(sent)
            results += [type(result) for _, result in session.take()]
        session.close()
    assert results == [Accepted, Accepted]
    assert [envelope.content for envelope in inbox.envelopes] == [made.content, unsound.content]
    assert verdicts(made.content) == [True, True]


# --- keys


def keys(root: Path, *kinds: str) -> Keys:
    places = []
    for number, kind in enumerate(kinds):
        (root / f"{number}.pem").write_text(pem(kind))
        places.append(Secret(f"file:{number}.pem"))
    return Keys("letter", "", tuple(places), root)


def test_the_domain_is_the_senders_unless_another_is_named(tmp_path: Path) -> None:
    opened = keys(tmp_path, *BOTH)
    made = LetterTemplate.compile(
        subject="s", html="h", text="t", sender_from="a@example.com", date=DATE, signer=opened.opened("example.com")
    )
    assert " d=example.com;" in tags(letter(made).content)
    elsewhere = Keys("letter", "mail.example.com", opened.places, tmp_path).opened("example.com")
    made = LetterTemplate.compile(
        subject="s", html="h", text="t", sender_from="a@example.com", date=DATE, signer=elsewhere
    )
    assert " d=mail.example.com;" in tags(letter(made).content)


def test_a_long_domain_gets_lines_of_its_own() -> None:
    from publisher.mail.dkim import Signer, private_key

    domain = ".".join(["d" * 60] * 4)
    long = Signer(domain, "s" * 60, [private_key(pem("ed25519"))])
    made = LetterTemplate.compile(subject="s", html="h", text="t", sender_from="a@b.example", date=DATE, signer=long)
    head = letter(made).content.partition(b"\r\nDate:")[0].split(b"\r\n")
    assert [line for line in head if len(line) > 76] == [f" d={domain};".encode()]


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (("short",), r"dkim.keys\[1\]: file:0.pem has 1024 bits, and receivers trust 2048 to 4096; take it out"),
        (("rsa", "ec"), r"dkim.keys\[2\]: file:1.pem is neither an RSA nor an Ed25519 key"),
        (("dsa",), "neither an RSA nor an Ed25519 key"),
        (("rsa", "rsa"), r"dkim.keys\[2\]: file:1.pem is a second rsa key"),
    ],
)
def test_a_key_that_cannot_sign_is_named_with_what_to_do(tmp_path: Path, kinds: tuple[str, ...], words: str) -> None:
    with pytest.raises(SecretMissing, match=words) as raised:
        keys(tmp_path, *kinds).opened("example.org")
    assert "publisher mail keys" in raised.value.message
    assert "PRIVATE" not in raised.value.message


def test_a_key_that_is_not_there_or_is_something_else_is_named(tmp_path: Path) -> None:
    missing = Keys("letter", "", (Secret("file:var/dkim-rsa.pem"),), tmp_path)
    with pytest.raises(SecretMissing, match=r"run `publisher mail keys` .*file:var/dkim-rsa.pem cannot be read"):
        missing.opened("example.org")
    (tmp_path / "0.pem").write_text("hunter2-canary")
    with pytest.raises(SecretMissing, match=r"file:0\.pem is not a private key in PEM") as raised:
        Keys("letter", "", (Secret("file:0.pem"),), tmp_path).opened("example.org")
    assert "canary" not in raised.value.message


@pytest.mark.parametrize("bad", ["\r", "\n", "\r\n.\r\n", "\0", "\x1b", "\u2028"])
def test_a_name_that_could_end_a_line_is_refused_signed_or_not(bad: str) -> None:
    for kinds in ((), BOTH):
        with pytest.raises(RenderError, match=r"subscriber 7: the name holds"):
            letter(template(*kinds), Reader(7, "a@b.example", f"Ada{bad}Love"))


def unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def tags(content: bytes) -> str:
    """The first signature on one line."""
    return re.sub(r"\r\n[ \t]", "", content.decode().partition("\r\nDate:")[0].replace("\r\n ", "\r\n  "))


def relaxed(content: bytes) -> bytes:
    """Of a flip that leaves the meaning: in the case of a header's name, in white space, or in how a line ends."""
    head, _, body = re.sub(rb"[ \t]*\r?\n", b"\r\n", content).partition(b"\r\n\r\n")
    unfolded = re.sub(rb"\r\n[ \t]", b" ", head)
    lowered = re.sub(rb"(?m)^[^:]+:", lambda found: found[0].lower(), unfolded)
    return re.sub(rb"[ \t]+", b" ", lowered) + b"\r\n\r\n" + re.sub(rb"[ \t]+", b" ", body)
