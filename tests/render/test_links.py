"""Addresses as links may hold them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.render.links import web_address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://example.org/a?b=c&d=%20e#f", "https://example.org/a?b=c&d=%20e#f"),
        ("  http://example.org/  ", "http://example.org/"),
        ("https://example.org/한글 제목", "https://example.org/한글%20제목"),
        ("https://한글.example/", "https://한글.example/"),
        ("HTTPS://example.org/", "HTTPS://example.org/"),
        ('https://example.org/"><b>', "https://example.org/%22%3E%3Cb%3E"),
        ("https://[::1/", None),
        ("https:///path", None),
        ("ftp://example.org/", None),
        ("https://example.org/\nx", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_is_taken_as_it_is_or_not_at_all(url: str | None, address: str | None) -> None:
    assert web_address(url) == address


@given(st.text())
def test_no_address_holds_what_ends_an_attribute(path: str) -> None:
    address = web_address(f"https://example.org/{path}")
    assert address is None or not set(address) & set('"<> \n\r\t')
