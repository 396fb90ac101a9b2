"""A CSV of subscribers is read to the last line, and written so that it can be read again."""

from __future__ import annotations

import csv
import io
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.audience import ImportRow
from publisher.errors import TransferError
from publisher.transfer.plain import MAX_CELL, Read, RefusedRow, read_csv, write_csv, write_refused

TWO = "email,name,team\nkim@example.org,김민지,편집\nlee@example.com,Lee Roberts,news\n"


def read(text: str) -> Read:
    return read_csv(text.encode())


def only_refusal(text: str) -> RefusedRow:
    found = read(text)
    assert len(found.refused) == 1
    return found.refused[0]


def test_email_name_and_the_rest_as_attributes() -> None:
    assert read(TWO).rows == [
        ImportRow("kim@example.org", "김민지", {"team": "편집"}, 2),
        ImportRow("lee@example.com", "Lee Roberts", {"team": "news"}, 3),
    ]
    assert read(TWO).refused == []


@pytest.mark.parametrize(
    "header", ["EMAIL,Name,TEAM", " Email Address , 이름,team", "이메일 주소,name,team", "e-mail,name,t"]
)
def test_the_header_may_be_written_in_several_ways(header: str) -> None:
    (row,) = read(f"{header}\nkim@example.org,김민지,편집\n").rows
    assert (row.email, row.name) == ("kim@example.org", "김민지")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom", "cp949"], ids=str
)
def test_every_encoding_that_spreadsheets_write(encoding: str) -> None:
    content = {
        "utf-16-le-bom": b"\xff\xfe" + TWO.encode("utf-16-le"),
        "utf-16-be-bom": b"\xfe\xff" + TWO.encode("utf-16-be"),
    }.get(encoding) or TWO.encode(encoding)
    assert read_csv(content).rows == read(TWO).rows


def test_utf16_without_a_mark_is_recognised() -> None:
    text = "email,name\nlee@example.com,Lee Roberts\n"
    assert read_csv(text.encode("utf-16-le")).rows == read_csv(text.encode("utf-16-be")).rows == read(text).rows


@pytest.mark.parametrize("text", [TWO.replace(",", ";"), TWO.replace(",", "\t"), "sep=;\r\n" + TWO.replace(",", ";")])
def test_the_delimiter_is_found(text: str) -> None:
    assert [(row.email, row.name, row.attributes) for row in read(text).rows] == [
        (row.email, row.name, row.attributes) for row in read(TWO).rows
    ]


def test_a_hint_counts_as_a_line() -> None:
    assert [row.line for row in read("sep=,\n" + TWO).rows] == [3, 4]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(end: str) -> None:
    assert read(TWO.replace("\n", end)).rows == read(TWO).rows


def test_a_quoted_cell_may_hold_delimiters_quotes_and_line_breaks() -> None:
    found = read('email,name,note\nkim@example.org,"Kim, ""Min""","one\ntwo"\nlee@example.com,Lee,\n')
    assert found.rows == [
        ImportRow("kim@example.org", 'Kim, "Min"', {"note": "one\ntwo"}, 2),
        ImportRow("lee@example.com", "Lee", {}, 4),
    ]


@pytest.mark.parametrize("broken", ['kim@example.org,"Kim,편집', 'kim@example.org,"Kim"x,편집'])
def test_a_broken_quotation_mark_costs_its_own_line_only(broken: str) -> None:
    found = read(f"email,name,team\n{broken}\nlee@example.com,Lee,news\n")
    assert [row.line for row in found.rows] == [3]
    assert found.refused == [RefusedRow(2, broken, "a quotation mark is not closed, or has text behind it")]


def test_a_missing_email_column_names_what_was_found() -> None:
    with pytest.raises(TransferError, match="no column is named email; found mail, 이름; name one of them email"):
        read("mail,이름\nkim@example.org,김민지\n")


def test_a_file_without_a_header_is_told_so_without_showing_the_address() -> None:
    with pytest.raises(TransferError, match="the first line holds an address") as caught:
        read("kim@example.org,김민지\n")
    assert "kim" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"sep=;\n"])
def test_an_empty_file_says_what_it_needs(content: bytes) -> None:
    with pytest.raises(TransferError, match="the file is empty; it needs a header line"):
        read_csv(content)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "there is no address"),
        ("kim", "must have an @-sign"),
        ("kim@example", "should have a period"),
        ("kim@example..org", "two periods"),
        ("kim@@example.org", "not a mail address"),
        ("Kim <kim@example.org>", "not a mail address"),
        ("kim@example.org\x00", "cannot be shown"),
        ("kim@news.test", "special-use or reserved"),
        ("김@example.org", "letters beyond ASCII"),
        ("x" * 65 + "@example.org", "longer than 64"),
    ],
)
def test_a_bad_address_is_refused_in_words(address: str, reason: str) -> None:
    refused = only_refusal(f"email,name\n{address},Kim\n")
    assert reason in refused.reason
    assert refused.line == 2
    assert refused.raw == f"{address},Kim"
    assert not address or address not in refused.reason or len(address) < 4


def test_an_international_domain_is_kept_as_smtp_carries_it() -> None:
    (row,) = read("email\nkim@한글.한국\n").rows
    assert row.email == "kim@xn--bj0bj06e.xn--3e0b707e"


def test_the_case_of_the_part_before_the_at_is_kept_but_tells_nobody_apart() -> None:
    found = read("email,name\n  Hong.GD@Example.ORG ,홍길동\nhong.gd@example.org,again\n")
    assert [row.email for row in found.rows] == ["Hong.GD@example.org"]
    assert found.refused == [RefusedRow(3, "hong.gd@example.org,again", "same as line 2")]


def test_a_formula_is_no_name_and_no_address() -> None:
    found = read('email,name\n"=HYPERLINK(""http://evil.example"")",x\nkim@example.org,=1+1\n')
    assert found.rows == []
    assert [row.reason for row in found.refused][1] == "the name is a spreadsheet formula"


def test_a_phone_number_is_no_formula() -> None:
    assert read("email,phone\nkim@example.org,+82 10 0000 0000\n").rows[0].attributes == {"phone": "+82 10 0000 0000"}


def test_control_characters_and_slot_marks_are_cleaned_from_words() -> None:
    (row,) = read("email,name,note\nkim@example.org, K\x00im\x07 \ue000email\ue001  Lee ,a\x0bb\n").rows
    assert row.name == "Kim email Lee"
    assert row.attributes == {"note": "ab"}


def test_decomposed_hangul_is_composed() -> None:
    assert read(unicodedata.normalize("NFD", TWO)).rows == read(TWO).rows


def test_a_huge_cell_is_refused() -> None:
    assert read(f"email,note\nkim@example.org,{'x' * MAX_CELL}\n").refused == []
    assert only_refusal(f"email,note\nkim@example.org,{'x' * (MAX_CELL + 1)}\n").reason == (
        "a cell is longer than 10,000 characters"
    )


def test_too_many_cells_are_refused_and_missing_ones_are_empty() -> None:
    assert "3 cells where the header has 2" in only_refusal("email,name\nkim@example.org,Kim,Lee\n").reason
    assert read("email,name\nkim@example.org\nlee@example.com,Lee,\n").refused == []


def test_columns_of_one_name_or_none_are_all_kept() -> None:
    (row,) = read("email,tag,tag,,Email\nkim@example.org,a,b,c,d\n").rows
    assert row.attributes == {"tag": "a", "tag 3": "b", "column 4": "c", "Email 5": "d"}


def test_bytes_that_fit_no_encoding_cost_their_own_line_only() -> None:
    found = read_csv("email,name\nlee@example.com,김\n".encode() + b"kim@example.org,Jos\xe9,\n")
    assert [row.name for row in found.rows] == ["김"]
    assert found.refused[0].reason == "it holds bytes that fit no encoding; save the file as UTF-8"


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("status", "Unsubscribed"),
        ("Status", "구독 해지"),
        ("UNSUB_TIME", "2026-05-01 09:00:00"),
        ("unsubscribed_at", "2026-05-01"),
        ("구독 해지 사유", "너무 많아요"),
        ("email_disabled", "TRUE"),
        ("subscribed_to_emails", "false"),
    ],
)
def test_who_has_left_elsewhere_is_not_imported(column: str, cell: str) -> None:
    assert only_refusal(f"email,{column}\nkim@example.org,{cell}\n").reason == (
        f"not subscribed there: {column} is {cell!r}"
    )


@pytest.mark.parametrize(
    ("column", "cell"),
    [("status", "active"), ("unsubscribed_at", ""), ("email_disabled", "false"), ("subscribed", "yes")],
)
def test_who_has_not_left_is_imported(column: str, cell: str) -> None:
    assert len(read(f"email,{column}\nkim@example.org,{cell}\n").rows) == 1


def test_an_export_holds_no_formula_for_any_spreadsheet() -> None:
    nasty = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", " =1", "＝1", "x;=1+1"]
    rows = [ImportRow(f"k{n}@example.org", cell, {"note": cell}) for n, cell in enumerate(nasty)]
    text = write_csv(rows).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert not [cell for cell in cells if cell.lstrip(" \n").startswith(tuple("=+-@\t\r＝＋－＠"))]
    assert '"x;=1+1"' in text


def test_an_export_opens_with_the_mark_that_spreadsheets_need_for_hangul() -> None:
    assert write_csv([ImportRow("kim@example.org", "김민지")]) == (
        b"\xef\xbb\xbf" + '"email","name"\r\n"kim@example.org","김민지"\r\n'.encode()
    )


def test_refused_rows_are_given_back_with_their_reasons() -> None:
    refused = read('email,name\nkim,"Kim, Min"\n=x,y\n').refused
    table = list(csv.reader(io.StringIO(write_refused(refused).decode("utf-8-sig"), newline="")))
    assert table[0] == ["line", "reason", "row"]
    assert [row[0] for row in table[1:]] == ["2", "3"]
    assert table[1][2] == 'kim,"Kim, Min"'
    assert table[2][2] == "'=x,y"


def test_many_lines_are_read_in_seconds_whatever_their_quotes() -> None:
    started = time.process_time()
    good = "".join(f"reader{n}@example.org,김민지 {n},news\n" for n in range(20_000))
    assert len(read("email,name,team\n" + good).rows) == 20_000
    assert len(read("email,name\n" + 'kim@example.org,"x\n' * 10_000).refused) == 10_000
    assert read("email,name\n" + '"""\n' * 10_000).rows == []
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "name",
    ["stibee_cp949", "stibee_nfd", "stibee_semicolon_sep-hint", "stibee_utf16", "stibee_utf8-bom"],
)
def test_five_spellings_of_one_real_export_are_the_same_subscribers(shared: Path, name: str) -> None:
    found = read_csv((shared / f"data/subscribers/derived_{name}.csv").read_bytes())
    shift = 1 if "sep-hint" in name else 0
    assert [(row.email, row.name, row.line - shift) for row in found.rows] == [
        ("minji.kim@example.kr", "김민지", 2),
        ("Hong.GD@example.kr", "홍길동", 3),
    ]
    assert [(row.line - shift, row.reason.split(":")[0]) for row in found.refused] == [
        (4, f"same as line {3 + shift}"),
        (5, "not subscribed there"),
        (7, "not a mail address"),
        (8, "not a mail address"),
        (9, "the part before the @ has letters beyond ASCII, which most mail systems refuse"),
    ]


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PLAIN_CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='",\n'), max_size=12)


@settings(deadline=None)
@given(st.binary(max_size=400) | CELLS.map(str.encode))
def test_no_bytes_crash_it(content: bytes) -> None:
    for head in (b"", b"email,name\n", b"\xff\xfe", b"email\tname\r"):
        try:
            found = read_csv(head + content)
        except TransferError:
            continue
        lines = [row.line for row in found.rows] + [row.line for row in found.refused]
        assert len(lines) == len(set(lines))
        write_refused(found.refused)
        assert read_csv(write_csv(found.rows)).refused == []


@settings(deadline=None)
@given(st.lists(st.lists(PLAIN_CELLS, min_size=1, max_size=4), max_size=8))
def test_every_line_is_a_row_or_refused(table: list[list[str]]) -> None:
    lines = [",".join(cells) for cells in table]
    found = read("\n".join(["email,name,note", *lines]))
    told = sorted([row.line for row in found.rows] + [row.line for row in found.refused])
    assert told == [place for place, line in enumerate(lines, 2) if line.strip(" \t")]


@settings(deadline=None)
@given(st.lists(st.text('",;\nab@ ', max_size=9), max_size=9))
def test_every_line_is_inside_exactly_one_record_even_with_broken_quotes(lines: list[str]) -> None:
    text = "\n".join(["email;name", *lines])
    found = read(text)
    spans: list[int] = []
    for row in found.refused:
        spans += range(row.line, row.line + row.raw.count("\n") + 1)
    physical = text.split("\n")
    kept = [row.line for row in found.rows]
    assert len(spans) == len(set(spans))
    for place, line in enumerate(physical[1:], 2):
        if line.strip(" \t") and place not in spans:
            assert any(first <= place for first in kept)


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_what_is_written_is_read_back_the_same(table: list[tuple[str, str]]) -> None:
    rows = read_csv(
        write_csv([ImportRow(f"k{n}@example.org", name, {"note": note}) for n, (name, note) in enumerate(table)])
    ).rows
    again = read_csv(write_csv(rows))
    assert again.refused == []
    assert [(row.email, row.name, row.attributes) for row in again.rows] == [
        (row.email, row.name, row.attributes) for row in rows
    ]
