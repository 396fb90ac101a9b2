"""A relay's log as evidence: what it took, and nothing that only looks like it."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import WrongUse
from publisher.mail.identity import message_id as name_of
from publisher.mail.maillog import LONGEST_LINE, Read, Taken, named_reader, read


def message_id(reader: int, number: int = 3) -> str:
    return name_of(b"s" * 32, number, reader, "example.org")


def wanted(*readers: int) -> Callable[[str], int | None]:
    return {message_id(reader): reader for reader in readers}.get


def cleanup(queue_id: str, message: str) -> str:
    return f"May 29 07:30:01 relay postfix/cleanup[101]: {queue_id}: message-id={message}\n"


def queued(queue_id: str) -> str:
    sender = "bounce+abc@example.org"
    return f"May 29 07:30:01 relay postfix/qmgr[7]: {queue_id}: from=<{sender}>, size=39100, nrcpt=1 (queue active)\n"


def status(queue_id: str, fate: str = "sent", said: str = "250 2.0.0 ok", program: str = "smtp") -> str:
    return (
        f"2026-05-29T07:30:02.123456+09:00 relay postfix/{program}[103]: {queue_id}: to=<reader@example.org>, "
        f"relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0.1/0/0.5/0.4, dsn=2.0.0, status={fate} ({said})\n"
    )


def removed(queue_id: str) -> str:
    return f"May 29 07:30:02 relay postfix/qmgr[7]: {queue_id}: removed\n"


def looked(text: str | bytes, *readers: int) -> Read:
    content = text if isinstance(text, bytes) else text.encode()
    return read(io.BytesIO(content), wanted(*readers), "mail.log")


def test_what_the_queue_manager_has_was_taken() -> None:
    log = cleanup("4F1A2B", message_id(1)) + queued("4F1A2B")
    assert looked(log, 1, 2).taken == {1: Taken("4F1A2B", "queued")}


@pytest.mark.parametrize("fate", ["sent", "bounced", "deferred", "expired"])
def test_what_became_of_it_is_told(fate: str) -> None:
    log = cleanup("4F1A2B", message_id(1)) + queued("4F1A2B") + status("4F1A2B", fate) + removed("4F1A2B")
    assert looked(log, 1).taken == {1: Taken("4F1A2B", fate)}


def test_the_last_of_several_tries_counts() -> None:
    log = cleanup("A1B2C3", message_id(1)) + queued("A1B2C3") + status("A1B2C3", "deferred") + status("A1B2C3", "sent")
    assert looked(log, 1).taken == {1: Taken("A1B2C3", "sent")}


def test_a_message_id_alone_is_no_evidence() -> None:
    """Postfix writes it while the letter still comes in; the line may have broken before the end."""
    log = cleanup("4F1A2B", message_id(1)) + "May 29 relay postfix/smtpd[9]: lost connection after DATA from x[::1]\n"
    assert looked(log, 1).taken == {}


def test_a_queue_id_that_is_used_again_belongs_to_its_new_message() -> None:
    log = cleanup("4F1A2B", message_id(1)) + cleanup("4F1A2B", "<other@example.net>") + queued("4F1A2B")
    assert looked(log, 1).taken == {}
    log = cleanup("4F1A2B", message_id(1)) + queued("4F1A2B") + removed("4F1A2B") + status("4F1A2B", "bounced")
    assert looked(log, 1).taken == {1: Taken("4F1A2B", "queued")}


def test_letters_that_come_in_at_once_are_told_apart() -> None:
    log = "".join(cleanup(f"AB{n:04X}", message_id(n)) for n in range(1, 9))
    log += "".join(queued(f"AB{n:04X}") for n in (2, 4, 6))
    assert sorted(looked(log, *range(1, 9)).taken) == [2, 4, 6]


def test_only_the_readers_who_are_looked_for_are_found() -> None:
    log = "".join(cleanup(f"AB{n:04X}", message_id(n)) + queued(f"AB{n:04X}") for n in range(1, 9))
    assert looked(log, 5).taken == {5: Taken("AB0005", "queued")}


@pytest.mark.parametrize("program", ["smtp", "lmtp", "local", "virtual", "pipe", "relay/smtp"])
def test_every_way_of_delivering_is_understood(program: str) -> None:
    log = cleanup("4F1A2B", message_id(1)) + status("4F1A2B", program=program)
    assert looked(log, 1).taken == {1: Taken("4F1A2B", "sent")}


def test_long_queue_ids_and_instances_of_another_name_are_understood() -> None:
    log = (cleanup("4XyZ1b2c3D4zQ", message_id(1)) + queued("4XyZ1b2c3D4zQ")).replace("postfix/", "postfix-out/")
    assert looked(log, 1).taken == {1: Taken("4XyZ1b2c3D4zQ", "queued")}


def test_what_others_write_into_a_line_is_not_taken_for_one() -> None:
    fake = f"postfix/cleanup[1]: 4F1A2B: message-id={message_id(1)}"
    log = (
        f"May 29 07:30:01 relay postfix/smtpd[5]: warning: header Subject: {fake}\n"
        + f"May 29 07:30:01 relay postfix/smtpd[5]: NOQUEUE: reject: RCPT from x[192.0.2.9]: to=<{fake}>\n"
        + queued("4F1A2B")
    )
    assert looked(log, 1).taken == {}
    log = cleanup("4F1A2B", message_id(1)) + status("4F1A2B", "deferred", said="450 to=<a>, status=sent (ok)")
    assert looked(log, 1).taken == {1: Taken("4F1A2B", "deferred")}


def test_a_packed_log_is_read_whatever_it_is_called() -> None:
    log = (cleanup("4F1A2B", message_id(1)) + queued("4F1A2B")).encode()
    assert looked(gzip.compress(log), 1).taken == {1: Taken("4F1A2B", "queued")}
    assert looked(gzip.compress(log[:50]) + gzip.compress(log[50:]), 1).taken == {1: Taken("4F1A2B", "queued")}


def test_of_a_packed_log_that_breaks_off_the_beginning_counts() -> None:
    lines = [cleanup(f"AB{n:04X}", message_id(n)) + queued(f"AB{n:04X}") for n in range(1, 2_000)]
    packed = gzip.compress("".join(lines).encode())
    found = read(io.BytesIO(packed[: len(packed) // 2]), wanted(1), "mail.log")
    assert found.is_cut
    assert 1 in found.taken


def test_what_is_no_packed_log_although_it_begins_like_one_is_refused_in_words() -> None:
    with pytest.raises(WrongUse, match=r"mail\.log cannot be unpacked; give the log as it is"):
        looked(b"\x1f\x8b" + b"no gzip at all" * 20, 1)


def test_nothing_in_nothing() -> None:
    assert looked("", 1) == Read({}, 0, False)


def test_a_file_that_cannot_be_read_is_named() -> None:
    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            raise OSError(5, "Input/output error")

    with pytest.raises(WrongUse, match=r"mail\.log cannot be read \(Input/output error\)"):
        read(Broken(), wanted(1), "mail.log")  # type: ignore[arg-type]  # the raw half of a BinaryIO


@given(st.lists(st.binary(max_size=200) | st.sampled_from([b"\x00" * 90, b"\xff" * 90, b"[", b"postfix/cleanup[1]: "])))
def test_broken_lines_do_no_harm(broken: list[bytes]) -> None:
    """Whatever stands around them, the lines of our letter are found."""
    ours = [cleanup("4F1A2B", message_id(1)).encode(), queued("4F1A2B").encode()]
    log = b"\n".join([*broken, b""]) + ours[0] + b"\n".join([*broken, b""]) + ours[1]
    assert looked(log, 1).taken == {1: Taken("4F1A2B", "queued")}


def test_a_line_without_an_end_costs_no_memory_and_what_follows_is_read() -> None:
    line = b"x" * 50_000_000
    log = io.BytesIO(line + b"\n" + (cleanup("4F1A2B", message_id(1)) + queued("4F1A2B")).encode())
    tracemalloc.start()
    found = read(log, wanted(1), "mail.log")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.taken == {1: Taken("4F1A2B", "queued")}
    assert found.lines == 3
    assert most < 20 * LONGEST_LINE


def test_the_rest_of_an_endless_line_is_no_line_of_its_own() -> None:
    ours = cleanup("4F1A2B", message_id(1))
    assert looked("x" * LONGEST_LINE + ours + queued("4F1A2B"), 1).taken == {}


def test_memory_does_not_grow_with_the_letters_of_others() -> None:
    lines = (cleanup(f"{n:08X}", f"<{n}@example.net>") + queued(f"{n:08X}") for n in range(60_000))
    log = io.BytesIO("".join(lines).encode())
    tracemalloc.start()
    found = read(log, wanted(1), "mail.log")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.lines, found.taken) == (120_000, {})
    assert most < 1_000_000


def test_a_message_id_names_its_reader_and_only_the_secret_tells_whether_it_is_true() -> None:
    assert named_reader(message_id(17), 3) == 17
    assert named_reader(message_id(17, number=4), 3) is None
    assert named_reader("<issue-3-17-0123456789abcdef@example.org>", 3) == 17
    for other in ("<x@example.org>", "", "<issue-3-0-0123456789abcdef@a.b>", "<issue-3-17-0@a.b>"):
        assert named_reader(other, 3) is None
