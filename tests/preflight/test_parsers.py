"""What checks read out of words: amounts, days, widths, headers, colours. No text makes them fail."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import RenderError
from publisher.preflight import contrast, links, wording
from publisher.preflight.amounts import amounts
from publisher.preflight.form import headers_of, problems_of
from publisher.preflight.head import columns
from publisher.preflight.reading import links_of
from tests.preflight.makers import facts, found, issue, item, pick


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("$3.2 billion", 3.2e9, "$"),
        ("US$ 650M", 650e6, "$"),
        ("$32억", 3.2e9, "$"),
        ("32억 달러", 3.2e9, "$"),
        ("3조 2,000억 원", 3.2e12, "₩"),
        ("3천억원", 3e11, "₩"),
        ("1억 5천만 원", 1.5e8, "₩"),
        ("2만 5,000원", 25_000, "₩"),
        ("1,200 won", 1200, "₩"),
        ("₩1,200", 1200, "₩"),
        ("15 million euros", 15e6, "€"),
        ("12.5 %", 12.5, "%"),
        ("12 percent", 12, "%"),
    ],
)
def test_amounts_are_read_as_korean_and_english_write_them(text: str, value: float, unit: str) -> None:
    [found] = amounts(f"It took {text} in all.")
    assert found.value == pytest.approx(value)
    assert found.unit == unit


@pytest.mark.parametrize("text", ["5원칙", "3 M5 chips", "1,200 명", "2026년", "엔진 3엔진", "버전 5.2", "a$b"])
def test_what_is_no_amount_is_none(text: str) -> None:
    assert amounts(text) == ()


@given(st.integers(1, 9_999), st.integers(0, 9_999), st.integers(0, 9_999))
def test_korean_numbers_are_the_number_they_write(trillions: int, hundred_millions: int, ten_thousands: int) -> None:
    written = f"{trillions}조"
    written += f" {hundred_millions:,}억" if hundred_millions else ""
    written += f" {ten_thousands:,}만" if ten_thousands else ""
    [found] = amounts(f"{written} 원")
    assert found.value == trillions * 10**12 + hundred_millions * 10**8 + ten_thousands * 10**4


@given(st.floats(0.1, 999).map(lambda value: round(value, 1)))
def test_billions_and_억_are_the_same_money(value: float) -> None:
    [one], [other] = amounts(f"${value} billion"), amounts(f"{round(value * 10)}억 달러")
    assert one.value == pytest.approx(other.value, rel=0.001)


@given(st.text(max_size=200))
def test_no_text_makes_a_reader_fail(text: str) -> None:
    assert columns(text) >= 0
    amounts(text)
    wording.voices_of(text)
    links_of(text)
    contrast.dark_rules(text)
    contrast.colour_of(text)
    assert isinstance(links.unfollowable(text), str)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_of_headers_fail(octets: bytes) -> None:
    headers_of(octets)
    problems_of(octets)


_MARKUP = st.sampled_from(
    ["<p>", "</p>", "{{", "}}", "**", "[a](", "http://", ")", "…", "가", "x.ai", "3억 원", "©", "2025", "\n"]
)


@settings(max_examples=30, deadline=None)
@given(st.lists(_MARKUP | st.text(max_size=8), max_size=12).map("".join))
def test_no_words_of_an_editor_make_a_check_fail(text: str) -> None:
    words = text.replace("{{", "{ {") or "a"  # what is no slot is refused before there is a proof
    of = facts("ko", issue("ko", [pick(1, "ko", headline=words, body=text, blurb=text)], note=words))
    with suppress(RenderError):  # there is no proof of an empty post, or of one that is nothing but an endless address
        found(of)


@pytest.mark.parametrize(
    ("address", "is_so"),
    [
        *((address, True) for address in ("localhost", "127.0.0.1", "10.1.2.3", "[::1]", "intranet", "a.internal")),
        *((address, True) for address in ("192.168.1.1", "169.254.169.254", "[fd00::1]", "printer.local")),
        *(
            (address, False)
            for address in ("example.org", "8.8.8.8", "[2606:4700::1111]", "한글.com", "local.example.org")
        ),
    ],
)
def test_private_hosts_are_known_by_their_names(address: str, is_so: bool) -> None:
    assert bool(links.unfollowable(f"https://{address}/x")) is is_so


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("/issues/7", "relative"),
        ("issues/7", "relative"),
        ("javascript:alert(1)", "javascript:"),
        ("data:text/html,x", "data:"),
        ("https://", "no address"),
        ("mailto:nobody", "no address"),
    ],
)
def test_what_a_reader_cannot_follow_is_said_why(address: str, why: str) -> None:
    assert why in links.unfollowable(address)


@pytest.mark.parametrize(("day", "is_over"), [(19, False), (28, True), (29, False), (31, False), (1, False)])
def test_a_coming_day_is_the_next_of_that_number(day: int, is_over: bool) -> None:
    said = f"오는 {day}일에 만납니다."
    of = facts("ko", issue("ko", [pick(1, "ko", body=said)]))
    written = datetime(2026, 5, 20, tzinfo=UTC)  # and the letter leaves on 29 May
    told = found(facts("ko", of.issue, items={11: item(body=said, published_at=written)}), "relative-dates")
    assert bool(told) is is_over


def test_widths_are_those_of_a_terminal() -> None:
    assert (columns("가나다"), columns("abc"), columns("\u1100\u1161"), columns("e\u0301")) == (6, 3, 2, 1)
