"""Signed links."""

from __future__ import annotations

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.token import Seal, sign, verify

SECRET = b"not a real secret"


@given(st.from_regex(r"[a-z0-9-]{1,30}", fullmatch=True))
def test_a_token_gives_back_what_was_signed_even_in_capitals(payload: str) -> None:
    token = sign(SECRET, "leave", payload)
    assert verify(SECRET, "leave", token) == payload
    assert verify(SECRET, "leave", token.upper()) == payload


def test_a_token_opens_nothing_else() -> None:
    token = sign(SECRET, "leave", "17")
    assert verify(SECRET, "approve", token) is None
    assert verify(b"another secret", "leave", token) is None


def test_every_single_changed_character_is_noticed() -> None:
    token = sign(SECRET, "leave", "17")
    for place in range(len(token)):
        for other in "a7-.":
            if token[place] != other:
                assert verify(SECRET, "leave", token[:place] + other + token[place + 1 :]) is None


@given(st.text())
def test_no_text_makes_it_fail(token: str) -> None:
    assert verify(SECRET, "leave", token) is None


@given(st.binary(min_size=1, max_size=200), st.text(max_size=10), st.text(max_size=80))
def test_a_signature_is_half_of_an_hmac_in_base32(secret: bytes, purpose: str, payload: str) -> None:
    digest = hmac.digest(secret, f"{purpose}\0{payload}".encode(), "sha256")
    made = Seal(secret, purpose)
    assert made.digest(payload) == digest
    assert made.signature(payload) == base64.b32encode(digest[:16]).decode().rstrip("=").lower()


def test_only_a_plain_payload_can_be_signed() -> None:
    with pytest.raises(ValueError, match="not a token payload"):
        sign(SECRET, "leave", "17.18")
