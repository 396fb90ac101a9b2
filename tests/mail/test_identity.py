"""A letter's identifiers are functions of the secret, the issue and the subscriber, and nothing else opens them."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.token import sign, verify
from publisher.mail.identity import ENTER, enter_url, entered, leave_url, message_id
from publisher.mail.verp import read_return_path, return_path

SECRET = b"0123456789abcdef0123456789abcdef"
NOON = datetime(2026, 5, 28, 12, 0, tzinfo=UTC)
numbers = st.integers(1, 2**62)


@settings(deadline=None)
@given(issue=numbers, subscriber=numbers)
def test_a_return_path_is_read_back_in_whatever_case_it_comes(issue: int, subscriber: int) -> None:
    path = return_path(SECRET, issue, subscriber, "example.org")
    assert path == path.lower()
    assert len(path.partition("@")[0]) <= 64 or max(issue, subscriber) > 10**12
    for spelling in (path, path.upper(), f"<{path}>", f" {path} "):
        assert read_return_path(SECRET, spelling) == (issue, subscriber)


def test_no_flipped_character_opens_a_return_path() -> None:
    path = return_path(SECRET, 43, 7, "example.org")
    local = path.partition("@")[0]
    for place, old in enumerate(local):
        for new in set(string.ascii_lowercase + string.digits + "-+") - {old}:
            forged = f"{local[:place]}{new}{local[place + 1 :]}@example.org"
            assert read_return_path(SECRET, forged) is None


@pytest.mark.parametrize(
    "address", ["", "letter@example.org", "bounce+43-7@example.org", "bounce+43-7-a b@example.org"]
)
def test_another_address_is_no_return_path(address: str) -> None:
    assert read_return_path(SECRET, address) is None


def test_a_return_path_of_another_publication_is_none_of_ours() -> None:
    assert read_return_path(SECRET, return_path(b"another secret", 43, 7, "example.org")) is None


def test_a_message_id_is_the_same_for_every_attempt_and_differs_by_reader_issue_and_secret() -> None:
    ids = {
        message_id(secret, issue, subscriber, "example.org")
        for secret in (SECRET, b"another secret")
        for issue in (1, 11)
        for subscriber in (1, 11)
        for _ in range(2)
    }
    assert len(ids) == 8
    assert all(identifier.startswith("<issue-") and identifier.endswith("@example.org>") for identifier in ids)


def test_a_leave_link_names_its_reader_and_serves_no_other_purpose() -> None:
    token = leave_url(SECRET, "https://news.example.org/", 7).removeprefix("https://news.example.org/leave/")
    assert verify(SECRET, "leave", token) == "7"
    assert verify(SECRET, "bounce", token) is None


BADGE = "7-0123456789abcdef"


def an_entry() -> str:
    return enter_url(SECRET, "https://news.example.org/ko", BADGE, NOON).rpartition("/")[2]


def test_a_sign_in_link_names_its_editor_until_it_expires() -> None:
    assert entered(SECRET, ENTER, an_entry(), NOON - timedelta(seconds=1)) == BADGE
    assert entered(SECRET, ENTER, an_entry(), NOON) is None
    assert entered(b"another secret", ENTER, an_entry(), NOON - timedelta(days=1)) is None


def test_a_sign_in_link_may_say_where_to_go_then() -> None:
    link = enter_url(SECRET, "https://news.example.org/ko/", BADGE, NOON, "/desk/issues/43")
    assert link == f"https://news.example.org/ko/desk/enter/{an_entry()}?to=/desk/issues/43"


@pytest.mark.parametrize("purpose", ["leave", "session", ""])
def test_what_was_signed_for_another_purpose_lets_nobody_in(purpose: str) -> None:
    token = sign(SECRET, purpose, f"{BADGE}-{int(NOON.timestamp())}")
    assert entered(SECRET, ENTER, token, NOON - timedelta(days=1)) is None


@pytest.mark.parametrize(
    "payload",
    [
        "7",
        "7-9999999999",
        "7-1-2",
        BADGE,
        f"{BADGE}-",
        f"{BADGE}-99999999999999999999",
        f"0{BADGE}-9999999999",
        f"x{BADGE}-9999999999",
        f"{BADGE[:-1]}-9999999999",
    ],
)
def test_a_signed_token_of_another_shape_lets_nobody_in(payload: str) -> None:
    assert entered(SECRET, ENTER, sign(SECRET, ENTER, payload), NOON) is None


def test_no_flipped_character_lets_anybody_in() -> None:
    token = an_entry()
    for place, old in enumerate(token):
        for new in set(string.ascii_lowercase + string.digits + "-.") - {old}:
            assert entered(SECRET, ENTER, token[:place] + new + token[place + 1 :], NOON - timedelta(days=1)) is None
