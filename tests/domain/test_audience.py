"""Addresses, and whom a rule counts."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.audience import AudienceRule, ChannelAudience, email_hash, email_key, masked


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("kim@example.org", "kim@example.org"),
        ("  KIM@Example.ORG ", "kim@example.org"),
        ("kim@example.org.", "kim@example.org"),
        ("kim@한입.example", "kim@xn--yu5b36w.example"),
        ("kim@XN--YU5B36W.example", "kim@xn--yu5b36w.example"),
        (normalize("NFD", "김@한입.example"), "김@xn--yu5b36w.example"),
        ("kim@ｅｘａｍｐｌｅ。ｏｒｇ", "kim@example.org"),
        ("kim+news@example.org", "kim+news@example.org"),
        ('"a@b"@example.org', '"a@b"@example.org'),
        ("STRASSE@example.org", "strasse@example.org"),
    ],
)
def test_spellings_of_one_address_have_one_key(address: str, key: str) -> None:
    assert email_key(address) == key


@pytest.mark.parametrize("text", ["", "@", "kim", "kim@", "@example.org", "kim@\u2028.org", "kim@한 입.org"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        email_key(text)


@given(st.text(st.characters(exclude_categories=["Cs", "Zs", "Zl", "Zp", "Cc"], exclude_characters="@"), min_size=1))
def test_the_key_of_a_key_is_itself(local: str) -> None:
    try:
        key = email_key(f"{local}@example.org")
    except ValueError:
        return  # nothing but white space
    assert email_key(key) == key
    assert normalize("NFC", key) == key


def test_a_hash_gives_no_address_away() -> None:
    assert len(email_hash("kim@example.org")) == 64
    assert email_hash("kim@example.org") != email_hash("lee@example.org")


def test_a_masked_address_shows_its_first_letter_and_domain() -> None:
    assert masked("kimsecret@example.org") == "k…@example.org"
    assert masked("nonsense") == "…@nonsense"


def test_copies_are_counted_only_where_nothing_mails() -> None:
    letter = ChannelAudience("letter", ("weekly", "extra"))
    second = ChannelAudience("second", ("extra", "more"))
    copies = (ChannelAudience("out", ("weekly",), is_copy=True), ChannelAudience("more", ("more",), is_copy=True))
    assert AudienceRule((letter, second, *copies)).lists == ("weekly", "extra", "more")
    assert AudienceRule((letter, second, *copies)).counted == (letter, second)
    assert AudienceRule(copies).counted == copies[:1]
    assert AudienceRule(()).lists == ()
