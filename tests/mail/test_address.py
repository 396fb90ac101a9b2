"""No address can carry a second command, a second recipient or a header, and every refusal is readable."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import RenderError
from publisher.mail.address import Mailbox, wire_address


@pytest.mark.parametrize(
    "address", ["a@b", "a.b+c@example.org", "o'neil@example.org", "x_y@a-b.example", "a@192-0-2-1.example"]
)
def test_a_usual_address_goes_as_it_is(address: str) -> None:
    assert wire_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "@example.org", "a@", "a@@b", "a b@example.org", "<a@example.org>", "a@example.org> SIZE=1",
        "a@b\r\nDATA", "a@b\x00", "a,b@example.org", "a@example.org,b@example.org", '"a b"@example.org',
        "a@[127.0.0.1]", "a@b..c", "a..b@example.org", "a@exa mple.org", "a@-b.example", f"{'a' * 65}@example.org",
        f"a@{'b.' * 130}org", "a@ex\u2028ample.org", "a@\ud800.example", "a@☃.invalid\n",
    ],
)  # fmt: skip
def test_what_is_no_address_or_would_break_out_is_refused(address: str) -> None:
    with pytest.raises(RenderError, match=r"^the recipient "):
        wire_address(address, "the recipient")


LABEL = "d" * 63


@pytest.mark.parametrize(
    ("address", "becomes"),
    [
        # what RFC 5321 and 5322 allow, and what becomes of it: the wire form, or the words of a refusal
        ("ada+weekly@example.org", "ada+weekly@example.org"),
        ("!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org"),
        ("A.b.C@Example.ORG", "A.b.C@Example.ORG"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
        (f"{'a' * 65}@example.org", "is too long: at most 64 characters before the @"),
        (f"a@{LABEL}.{LABEL}.{LABEL}.{'e' * 56}.org", f"a@{LABEL}.{LABEL}.{LABEL}.{'e' * 56}.org"),
        (f"a@{LABEL}.{LABEL}.{LABEL}.{'e' * 57}.org", "is too long: .* and 254 in all"),
        (f"a@{'d' * 64}.org", "is not a mail address"),
        ("a@localhost", "a@localhost"),
        ("a@xn--3e0b707e.kr", "a@xn--3e0b707e.kr"),
        ("kim@한국.kr", "kim@xn--3e0b707e.kr"),
        ("kim@BÜCHER.example", "kim@xn--bcher-kva.example"),
        ("kim@한국。kr", "kim@xn--3e0b707e.kr"),
        ("kim@\u200bxn.kr", "no international domain name"),
        ("민수@example.org", "letters outside ASCII before the @"),
        ("josé@example.org", "letters outside ASCII before the @"),
        ('"john doe"@example.org', "a part in quotation marks before the @"),
        ('"a@b"@example.org', "a part in quotation marks before the @"),
        ('"a\\"b"@example.org', "a part in quotation marks before the @"),
        ("a@[192.0.2.1]", "a number in brackets in place of a domain"),
        ("a@[IPv6:2001:db8::1]", "a number in brackets in place of a domain"),
        ("a@example.org.", "is not a mail address"),
        (".a@example.org", "is not a mail address"),
        ("a.@example.org", "is not a mail address"),
        ("a(comment)@example.org", "is not a mail address"),
        ("a@example.org (comment)", "is not a mail address"),
        ("Ada <a@example.org>", "is not a mail address"),
    ],
)
def test_what_is_legal_is_sent_or_refused_with_its_reason(address: str, becomes: str) -> None:
    if "@" in becomes and " " not in becomes:
        assert wire_address(address, "the address") == becomes
    else:
        with pytest.raises(RenderError, match=rf"^the address .*{becomes}") as raised:
            wire_address(address, "the address")
        assert address not in raised.value.message


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(st.sampled_from("a@.<> \r\n\x00\"';,:\\[]한\ud800"), max_size=20))
def test_whatever_comes_out_of_it_is_one_plain_word(address: str) -> None:
    try:
        wire = wire_address(address)
    except RenderError:
        return
    assert wire.isascii()
    assert wire.count("@") == 1
    assert not set(wire) & set('<> \r\n\x00"(),:;[]\\')


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("한입 뉴스 <letter@example.org>", "한입 뉴스", "letter@example.org"),
        ("letter@example.org", "", "letter@example.org"),
        ("<letter@example.org>", "", "letter@example.org"),
        ('"News, \\"Weekly\\"" <letter@example.org>', 'News, "Weekly"', "letter@example.org"),
        ("Post <post@한국.kr>", "Post", "post@xn--3e0b707e.kr"),
    ],
)
def test_a_mailbox_is_a_name_and_an_address(text: str, name: str, address: str) -> None:
    assert Mailbox.parse(text) == Mailbox(name, address)


@pytest.mark.parametrize(
    "text", ["", "News", "News <>", "a@b.example, c@d.example", "News <a@b.example> x", "N\x00 <a@b.example>"]
)
def test_what_is_no_mailbox_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(RenderError, match=r"^the sender "):
        Mailbox.parse(text, "the sender")
