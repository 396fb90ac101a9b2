"""How long a text is, in the eyes of each network."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.message import Counting
from publisher.domain.post import length, normal, urls


def x(text: str) -> int:
    return length(text, Counting.X_WEIGHTED)


def found(text: str) -> list[str]:
    return [normal(text)[start:end] for start, end in urls(text)]


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("letters", 7),
        ("한입뉴스", 8),
        ("…", 2),
        ("•", 2),
        ("→", 2),
        ("㎡", 2),
        ("㈜", 2),
        ("ＡＩ", 4),
        ("“”‘’", 4),
        ("·", 1),
        ("—", 1),
        ("two\r\nlines", 9),
        ("한", 2),
        (unicodedata.normalize("NFD", "한"), 2),
        ("e\u0301", 1),
    ],
)
def test_x_weighs_hangul_and_symbols_two_and_latin_one(text: str, weight: int) -> None:
    assert x(text) == weight


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("👩‍🔬", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("👍🏽", 2),
        ("🇰🇷", 2),
        ("🇽🇽", 4),
        ("3️⃣", 2),
        ("❤️", 2),
        ("⭐️", 2),
        ("©", 1),
        ("©️", 2),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("🧑‍🧑‍🧒", 8),
        ("🏳️‍🌈🏴‍☠️", 4),
        ("🤽🏿‍♀️", 2),
    ],
)
def test_x_weighs_an_emoji_sequence_two_and_one_it_does_not_know_by_its_parts(text: str, weight: int) -> None:
    assert x(text) == weight


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("https://example.org", 23),
        ("https://example.org/" + "long/" * 100, 23),
        ("읽기: https://example.org/a", 6 + 23),
        ("x.ai가", 25),
        ("naver.me/x1", 23),
        ("node.js", 7),
        ("OpenAI.새", 9),
        ("한글.com", 8),
        ("editor@example.org", 18),
        ("#example.org", 12),
        ("perplexity.ai에서", 27),
        ("3.5", 3),
        ("가나.다라", 9),
    ],
)
def test_x_weighs_an_address_23_even_one_that_was_not_meant(text: str, weight: int) -> None:
    assert x(text) == weight


def test_an_accidental_address_is_found_without_the_particle_after_it() -> None:
    assert found("이번 주 x.ai가, 그리고 perplexity.ai에서") == ["x.ai", "perplexity.ai"]


def test_an_address_keeps_balanced_parentheses_and_drops_the_full_stop_after_it() -> None:
    assert found("(https://example.org/b_(c)). See https://example.org/d.") == [
        "https://example.org/b_(c)",
        "https://example.org/d",
    ]


def test_addresses_are_found_in_the_normal_form() -> None:
    text = unicodedata.normalize("NFD", "새 소식") + "\r\nexample.org"
    assert found(text) == ["example.org"]


def test_a_name_that_left_the_root_zone_and_one_that_joined_it_are_addresses() -> None:
    assert found("example.xperia example.kids example.nosuchname") == ["example.xperia", "example.kids"]


def test_a_label_over_63_octets_is_no_host() -> None:
    assert found("https://" + "a" * 63 + ".com") == ["https://" + "a" * 63 + ".com"]
    assert found("https://" + "a" * 64 + ".com") == []
    assert found("https://" + "가나다라마바사아자차카타파하" * 2 + ".com") == []


def test_the_other_networks_count_graphemes_characters_or_utf_16() -> None:
    family = "👨‍👩‍👧‍👦"
    assert [length(family, counting) for counting in Counting] == [2, 1, 7, 11]
    syllable = unicodedata.normalize("NFD", "한")
    assert [length(syllable, counting) for counting in Counting] == [2, 1, 1, 1]
    assert [length("a\r\nb", counting) for counting in Counting] == [3, 3, 3, 3]


@given(st.text(), st.sampled_from(Counting))
def test_a_text_and_its_normal_form_are_equally_long(text: str, counting: Counting) -> None:
    assert length(text, counting) == length(normal(text), counting)


@given(st.lists(st.sampled_from(["x.ai", "가", ".", "https://", "example.org", "/a", "?b=1", "-", "한국", " ", "@"])))
def test_addresses_are_in_order_and_never_overlap(parts: list[str]) -> None:
    text = "".join(parts)
    spans = [0, *(position for span in urls(text) for position in span), len(normal(text))]
    assert spans == sorted(spans)


@pytest.mark.parametrize("text", ["a." * 600, "ab." * 400, "a-" * 600, "https://a.com/" + "((a)" * 300, "가" * 1200])
@pytest.mark.timeout(10)
def test_a_hostile_text_is_counted_in_reasonable_time(text: str) -> None:
    assert x(text) > 0


def test_the_list_of_domains_is_not_compiled_before_it_is_needed() -> None:
    code = (
        "from publisher.domain import weighted\n"
        "weighted.weight('한입뉴스')\n"
        "assert not weighted._url.cache_info().currsize\n"
        "weighted.weight('x.ai')\n"
        "assert weighted._url.cache_info().currsize\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# ---- X's own cases ----------------------------------------------------------------------------------------------


def _cases(shared: Path, name: str) -> Any:
    text = (shared / "data/platform/twitter-text/conformance" / name).read_text(encoding="utf-8")
    loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded.get("tests", loaded)


@pytest.mark.parametrize(
    "group", ["WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest"]
)
def test_every_case_of_the_weighted_counter_passes(shared: Path, group: str) -> None:
    cases = _cases(shared, "validate.yml")[group]
    assert cases
    assert {case["description"]: x(case["text"]) for case in cases} == {
        case["description"]: case["expected"]["weightedLength"] for case in cases
    }


def test_every_case_of_the_rules_before_emoji_were_discounted_passes(shared: Path) -> None:
    """Version 2 counted an emoji sequence character by character; in all else it is version 3, which X uses now."""
    cases = _cases(shared, "validate.yml")["WeightedTweetsCounterTest"]
    differing = {case["text"]: case for case in cases if x(case["text"]) != case["expected"]["weightedLength"]}
    assert len(cases) >= 20
    assert len(differing) == 2
    for text, case in differing.items():
        assert "\u200d" in text
        assert sum(map(x, text)) == case["expected"]["weightedLength"]


def test_what_x_calls_a_valid_post_is_within_280(shared: Path) -> None:
    for group in ("WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest"):
        for case in _cases(shared, "validate.yml")[group]:
            if case["expected"]["valid"]:
                assert 0 < x(case["text"]) <= 280, case["description"]


@pytest.mark.parametrize("group", ["urls", "tco_urls_with_params"])
def test_every_case_of_addresses_passes(shared: Path, group: str) -> None:
    cases = _cases(shared, "extract.yml")[group]
    assert {case["description"]: found(case["text"]) for case in cases} == {
        case["description"]: case["expected"] for case in cases
    }


@pytest.mark.parametrize("group", ["urls_with_indices", "urls_with_directional_markers"])
def test_every_case_of_addresses_with_positions_passes(shared: Path, group: str) -> None:
    for case in _cases(shared, "extract.yml")[group]:
        expected = [(tuple(url["indices"]), url["url"]) for url in case["expected"]]
        spans = urls(case["text"])
        assert list(zip(spans, found(case["text"]), strict=True)) == expected, case["description"]


@pytest.mark.parametrize("group", ["country", "generic"])
def test_every_domain_that_x_knows_makes_an_address(shared: Path, group: str) -> None:
    names = _cases(shared, "tld_lib.yml")[group]
    assert len(names) > 300
    assert [name for name in names if found(f"https://example.{name}") != [f"https://example.{name}"]] == []
    assert [name for name in names if found(f"see example.{name} now") != [f"example.{name}"]] == []
