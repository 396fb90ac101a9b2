"""What an editor may write for a reader's own values, and what stays as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.domain.message import SLOT, Picture, slot
from publisher.errors import RenderError
from publisher.render.slots import fill, marked, marked_html, resolved
from tests.render.conftest import a_pick, an_issue, proof_of

DEFAULTS = {"first_name": "reader", "name": "reader", "email": "your address"}


@pytest.mark.parametrize(
    ("written", "mark"),
    [
        ("{{first_name}}", slot("first_name", "reader")),
        ("{{ first_name }}", slot("first_name", "reader")),
        ("{{first_name|friend}}", slot("first_name", "friend")),
        ("{{ name | dear neighbour }}", slot("name", "dear neighbour")),
        ("{{email}}", slot("email", "your address")),
        ("{{first_name|O'Hara}}", slot("first_name", "O’Hara")),
        ("{{first_name|독자}}님", slot("first_name", "독자") + "님"),
    ],
)
def test_a_written_slot_becomes_a_mark(written: str, mark: str) -> None:
    assert marked(written, DEFAULTS) == mark


@pytest.mark.parametrize(
    "written",
    ["{{leave_url}}", "{{secret}}", "{{first_name|<b>}}", "{first_name}", "{{first_name", "{{ }}", "{{a|b|c}}"],
)
def test_what_is_no_slot_stays_as_it_is(written: str) -> None:
    assert marked(written, DEFAULTS) == written


def test_a_slot_inside_an_address_is_never_filled_in() -> None:
    text = "see https://elsewhere.example/?who={{email}} and {{email}}"
    assert (
        marked(text, DEFAULTS)
        == f"see https://elsewhere.example/?who={{{{email}}}} and {slot('email', 'your address')}"
    )
    html = '<a href="https://elsewhere.example/?who={{email}}">{{email}}</a>'
    assert marked_html(html, DEFAULTS) == html.replace(">{{email}}<", f">{slot('email', 'your address')}<")


def test_a_source_cannot_collect_addresses_through_a_link_in_a_body() -> None:
    body = "[read](https://elsewhere.example/?who={{email}}) https://elsewhere.example/?who={{name}}"
    proof = proof_of(an_issue(note="", picks=(a_pick(body=body, url="https://elsewhere.example/{{email}}"),)))
    for surface in ("html", "text"):
        assert {match[1] for match in SLOT.finditer(proof[surface])} == {"leave_url"}


def test_slots_of_note_subject_preheader_headline_and_body_are_marks_in_the_letter() -> None:
    pick = a_pick(headline="For {{name}}", body="Dear {{first_name|friend}}, read.")
    proof = proof_of(
        an_issue(note="Hello {{first_name}}", subject="{{name}}, hello", preheader="{{email}}", picks=(pick,))
    )
    assert proof["subject"] == f"{slot('name', 'reader')}, hello"
    assert proof["preheader"] == slot("email", "your address")
    for surface in ("html", "text"):
        for mark in (slot("first_name", "reader"), slot("name", "reader"), slot("first_name", "friend")):
            assert mark in proof[surface]


@pytest.mark.parametrize("field", ["note", "subject", "preheader"])
@pytest.mark.parametrize("written", ["{{fist_name}}", "{{ leave_url }}", "{{first_name|a|b}}", "{{ 7*7 }}"])
def test_an_unknown_slot_in_an_editors_own_words_is_refused_by_name(field: str, written: str) -> None:
    with pytest.raises(RenderError) as refused:
        proof_of(an_issue(**{field: f"Dear {written}"}))
    assert f"the {field} has {{{{{written.strip('{} ')}}}}}" in refused.value.message
    assert "{{first_name}}, {{name}}, {{email}}" in refused.value.message


def test_braces_in_the_words_of_a_source_stay_as_they_are() -> None:
    words = "Write {{ user.name }} and {% raw %}"
    pick = a_pick(headline=words, body=words, attribution=words, blurb=words)
    proof = proof_of(an_issue(title=words, picks=(pick,)))
    for surface in ("html", "text", "page"):
        assert proof[surface].count(words) >= 4
    assert words in json.loads(proof["post:x:1"])["text"]


def test_marks_that_come_from_outside_are_dropped() -> None:
    mark = slot("email")
    picture = Picture("https://pictures.example.org/a.jpg", mark, mark, mark)
    pick = a_pick(headline=f"h{mark}", body=f"b{mark}", blurb=f"c{mark}", attribution=mark, picture=picture)
    issue = an_issue(
        title=mark, note=mark, deks=(mark,), byline=mark, subject=f"s{mark}", preheader=mark, picks=(pick,)
    )
    proof = proof_of(issue)
    for surface in proof.surfaces:
        assert {match[1] for match in SLOT.finditer(surface.content)} <= {"leave_url"}, surface.name


def test_page_and_posts_say_what_they_say_to_everybody() -> None:
    pick = a_pick(headline="For {{name|you}}", body="Dear {{first_name}}", blurb="Dear {{first_name}}")
    proof = proof_of(an_issue(note="Hello {{first_name|friend}}, we write to {{email}}.", picks=(pick,)))
    for surface in proof.surfaces:
        if surface.name == "page" or surface.name.startswith("post:"):
            assert not SLOT.search(surface.content)
    assert "Hello friend, we write to your address." in proof["page"]
    assert json.loads(proof["post:x:1"])["text"].startswith("For you\n\nDear reader")


def test_a_value_is_filled_in_encoded_and_a_missing_one_by_its_default() -> None:
    text = f"{slot('name', 'reader')} {slot('first_name', 'reader')}"
    assert fill(text, {"name": "<A & B>", "first_name": ""}, lambda value: value.lower()) == "<a & b> reader"
    assert resolved(text) == "reader reader"


def test_a_default_reads_the_same_in_html_and_text(spoiled: Callable[..., Path]) -> None:
    proof = proof_of(an_issue(note="{{first_name|Miss O'Hara}}"))
    assert "Miss O’Hara" in resolved(proof["html"])
    assert "Miss O’Hara" in resolved(proof["text"])
