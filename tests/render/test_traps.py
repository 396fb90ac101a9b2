"""The ways in which an MJML engine loses a render, breaks out of it, or ends the process: each tried on ours."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.message import Picture
from publisher.editorial import markup
from publisher.errors import RenderError
from publisher.render import mjml
from publisher.render.face import Face
from tests.render.conftest import a_pick, an_issue, proof_of

Spoil = Callable[..., Path]
HOSTILE = [
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "<script>alert(1)</script>",
    '</mj-text></mj-column><mj-include path="/etc/passwd"/>',
    "<![CDATA[ <img src=x onerror=alert(1)> ]]>",
    "a < b && c > d",
    "<p>never closed",
    "--> <b>out of a comment</b> <!--",
    "{{ 7 * 7 }} {% for x in range(9) %}{{ config }}{% endfor %} {# gone #}",
    "&nbsp;&bogus;&#0;",
    "\x00\x08\x0b\ud800\ufffe end",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_shown_as_words_wherever_they_stand(words: str) -> None:
    picture = Picture("https://pictures.example.org/a.jpg", words, words, words)
    pick = a_pick(headline=words, body=words, blurb=words, attribution=words, picture=picture)
    issue = an_issue(title=words, deks=(words,), series=words, byline=words, byline_address=words, picks=(pick,))
    proof = proof_of(issue)
    for surface in ("html", "page"):
        assert _live_tags(proof[surface]) == []
    assert "49" not in proof["text"].replace("2026", "")
    assert proof["html"].rstrip().endswith("</html>")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//host/x", "https://", "x"]
)
def test_an_address_that_is_not_of_the_web_is_no_link_and_no_picture(url: str) -> None:
    proof = proof_of(an_issue(picks=(a_pick(url=url, picture=Picture(url, "alt")),)))
    assert "Headline" in proof["html"]
    assert "<img" not in proof["html"] + proof["page"]
    assert f'"{url}"' not in proof["html"] + proof["page"]


def test_an_address_cannot_break_out_of_its_attribute() -> None:
    url = 'https://news.example.org/?a=1&b="onclick="alert(1)\' <x>'
    html = proof_of(an_issue(picks=(a_pick(url=url),)))["html"]
    assert 'href="https://news.example.org/?a=1&amp;b=%22onclick=%22alert(1)\'%20%3Cx%3E"' in html.replace("&#39;", "'")


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_text_at_all_loses_the_render(words: str) -> None:
    proof = proof_of(
        an_issue(title=words, deks=(words,), picks=(a_pick(headline=words, body=words, attribution=words),))
    )
    assert _live_tags(proof["html"]) == []


def test_the_engine_alone_is_ended_by_a_nesting_bomb() -> None:
    """If this fails, the engine has learned to bear it, and the bound in `render/mjml.py` may be looked at again."""
    bomb = "from mjml import mjml2html; n = 200_000; mjml2html('<mjml><mj-body><mj-text>' + '<b>' * n + '</b>' * n)"
    assert subprocess.run([sys.executable, "-c", bomb], capture_output=True, timeout=60).returncode < 0


@pytest.mark.parametrize("bomb", ["> ", "- ", "*", "<b>", "[", "`", "_**"])
def test_a_nesting_bomb_in_a_body_is_flattened_before_it_is_rendered(bomb: str) -> None:
    html = proof_of(an_issue(note="", picks=(a_pick(body=bomb * 12_000 + "deep"),)))["html"]
    assert html.endswith("</html>")
    assert "The Post" in html


def test_a_nesting_bomb_in_a_template_is_refused_and_the_process_lives(spoiled: Spoil) -> None:
    bomb = '{{ ("<b>" * 12000) | safe }}x{{ ("</b>" * 12000) | safe }}'
    folder = spoiled("{{ words.reply }}", bomb)
    with pytest.raises(RenderError, match=r"templates/letter\.mjml\.j2, line \d+: tags are nested more than 200 deep"):
        proof_of(an_issue(), folder)


def test_a_letter_beyond_all_measure_is_refused_before_the_engine_sees_it() -> None:
    picks = tuple(a_pick(position=n, body="many words " * 20_000) for n in range(1, 7))
    with pytest.raises(RenderError, match="more than 1,000,000; shorten its items"):
        proof_of(an_issue(picks=picks))


MISTAKES = [
    ("{{ words.reply }}", "<b>{{ words.reply }}", "mismatched tag: <b> is still open"),
    ("{{ words.reply }}", "<br>{{ words.reply }}", "mismatched tag: <br> is still open"),
    ("{{ words.reply }}", "5 < 6", "not well-formed"),
    ("{{ words.reply }}", "<input disabled/>", "not well-formed"),
    ("{{ words.reply }}", "<a href=x>y</a>", "not well-formed"),
    ("{{ words.reply }}", "<br>x</br>", "<br> cannot hold anything"),
    ("{{ words.reply }}", "<br><b>x</b></br>", "<br> cannot hold anything"),
    ("{{ words.reply }}", '<mj-include path="/etc/passwd"/>', "<mj-include> reads files on its own"),
    ("{{ words.reply }}", "{{ wordz.reply }}", "'wordz' is undefined; a template knows "),
    ("{{ words.reply }}", "{{ words.nothing }}", "has no attribute 'nothing'"),
    ("{{ words.reply }}", "{{ words.reply", "unexpected '/'"),
    ("{{ words.reply }}", "{{ 1 / 0 }}", "ZeroDivisionError"),
    ("<mj-style>", '<mj-style inline="inline">', "does not put styles inline"),
    ("<mj-style>", "<mj-html-attributes/><mj-style>", "is not understood by the MJML engine"),
    (":root {", ":root & x {", "not well-formed"),
    (":root {", ":root &amp; x {", "a style sheet may hold neither < nor &"),
]


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES)
def test_a_mistake_in_a_template_names_the_file_the_line_and_what_to_do(
    spoiled: Spoil, old: str, new: str, said: str
) -> None:
    folder = spoiled(old, new)
    source = (folder / "letter.mjml.j2").read_text(encoding="utf-8")
    line = source[: source.index(new)].count("\n") + 1
    with pytest.raises(RenderError) as refused:
        proof_of(an_issue(), folder)
    assert refused.value.message.startswith(f"templates/letter.mjml.j2, line {line}: ")
    assert said in refused.value.message


def test_a_template_that_is_missing_or_no_text_is_named(templates: Path) -> None:
    (templates / "page.html.j2").write_bytes(b"\xff\xfe<html>")
    with pytest.raises(RenderError, match=r"templates/page\.html\.j2 is not UTF-8"):
        proof_of(an_issue(), templates)
    (templates / "page.html.j2").unlink()
    with pytest.raises(RenderError, match=r"templates/page\.html\.j2 is not there; copy it from"):
        proof_of(an_issue(), templates)


def test_an_edited_template_counts_at_the_next_rendering(templates: Path, spoiled: Spoil) -> None:
    before = proof_of(an_issue(), templates)
    spoiled("{{ words.reply }}", "Write to us.")
    assert "Write to us." in proof_of(an_issue(), templates)["html"]
    assert "Write to us." not in before["html"]


@pytest.mark.parametrize(
    "owner",
    [
        "<a href='https://example.org/\" onclick=\"alert(1)'>x</a>",
        "<img alt='x\" onerror=\"alert(1)' src='https://example.org/x.png'/>",
        '<![CDATA[<b onclick="alert(1)">shown</b>]]>',
    ],
)
def test_single_quotes_and_cdata_of_a_template_cannot_break_out(spoiled: Spoil, owner: str) -> None:
    html = proof_of(an_issue(), spoiled("{{ words.reply }}", owner))["html"]
    assert _live_tags(html) == []


def test_quotation_marks_in_the_title_stay_in_its_label() -> None:
    html = proof_of(an_issue(title='x" onload="alert(1)'))["html"]
    assert 'aria-label="x&#34; onload=&#34;alert(1)"' in html


@pytest.mark.parametrize("words", ["👨‍👩‍👧 family", "back\\slash", "ẹ́ x̀", "tab	and space", "‘quoted’ “too” – €"])
def test_words_in_attributes_arrive_as_they_are(words: str) -> None:
    picture = Picture("https://pictures.example.org/a.jpg", words)
    html = proof_of(an_issue(title=words, picks=(a_pick(picture=picture),)))["html"]
    alt = re.search(r'<img [^>]*alt="([^"]*)"', html)
    label = re.search(r'aria-label="([^"]*)"', html)
    assert alt
    assert label
    assert unescape(alt[1]) == unescape(label[1]) == markup.clean(words)


def test_entities_that_xml_does_not_know_are_understood(templates: Path) -> None:
    (templates / "a.mjml.j2").write_text(
        "<mjml><mj-body><mj-section><mj-column><mj-text>a&nbsp;b &copy; &amp;nbsp;</mj-text></mj-column></mj-section>"
        "</mj-body></mjml>",
        encoding="utf-8",
    )
    face = Face(templates)
    assert "a\u00a0b © &amp;nbsp;" in mjml.html(face.fill("a.mjml.j2", {}), face)


def test_an_entity_bomb_is_refused(spoiled: Spoil) -> None:
    bomb = '<!DOCTYPE mjml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><mjml lang='
    with pytest.raises(RenderError, match="have no place here"):
        proof_of(an_issue(), spoiled("<mjml lang=", bomb))


def _live_tags(html: str) -> list[str]:
    """Tags that run something, or that only hostile words could have made."""
    tags = re.findall(r"<[a-zA-Z/!][^>]*>", re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL))
    attributes = [re.sub(r'"[^"]*"', '""', tag) for tag in tags]
    return [tag for tag in attributes if re.search(r"<script|<mj-|\son[a-z]+=|<!\[CDATA", tag)]
