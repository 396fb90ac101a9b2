"""The letter as filters, validators, mail programs and people's aids see it: samples in both languages, and the demo's.

SpamAssassin with its local rules, html-validate, caniemail's data and axe-core. `tools/packages.sh` and
`tools/letter.sh` have installed what these take; Publisher itself needs none of it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.letter.letters import every, sample
from tests.letter.support import TOOLS, beyond_skeleton, features, unknown_to
from tests.web.browser import chromium, looking, violations

MOST_SPAM = 1.5
# What mail programs want of a letter (tables for layout, no landmarks) is not what they want of a page.
OF_LETTERS = ("landmark-one-main", "region", "page-has-heading-one")
# What a letter has beyond bare MJML and some program does not know. Each is a nicety: without it the letter reads well.
NICETIES = {
    "css-at-media-prefers-color-scheme": "else the letter stays light, or the program darkens it itself",
    "css-color-scheme": "says that there is a dark letter",
    "html-meta-color-scheme": "says that there is a dark letter",
    "css-overflow-wrap": "breaks an endless word",
    "css-text-wrap": "balances a headline of two lines",
    "html-srcset": "gives a sharp screen a larger picture",
    "css-opacity": "hides the preheader, with `display` and colour",
    "css-overflow": "hides the preheader, with `display` and colour",
    "css-max-height": "hides the preheader, with `display` and colour",
}


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`NAME.html` and `NAME.eml` of every letter, in a folder."""
    folder = tmp_path_factory.mktemp("letters")
    for one in every():
        (folder / f"{one.name}.html").write_text(one.html, encoding="utf-8")
        (folder / f"{one.name}.eml").write_bytes(one.message)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def spam_scores(messages: dict[str, bytes], home: Path) -> dict[str, tuple[float, str]]:
    """The score that SpamAssassin's local rules give each message, and which rules these were."""
    program = shutil.which("spamassassin")
    assert program, "spamassassin is missing; run `make packages`"
    box = b"".join(
        b"From a Thu May 28 22:30:00 2026\nX-Name: %b\n%b\n" % (name.encode(), text.replace(b"\r\n", b"\n"))
        for name, text in messages.items()
    )
    environment = {**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8"}
    command = [program, "--local", "--mbox", "--cf=report_safe 0"]  # one start for all of them, in an order of its own
    done = subprocess.run(command, input=box, capture_output=True, check=True, env=environment, timeout=60)
    found = {}
    for told in re.split(rb"(?m)^From a ", done.stdout)[1:]:
        head = re.sub(r"\n[ \t]+", " ", told.partition(b"\n\n")[0].decode("utf-8", "replace"))
        [name] = re.findall(r"(?m)^X-Name: (\S+)", head)
        [(score, rules)] = re.findall(r"(?m)^X-Spam-Status: .*?score=(-?[\d.]+) .*?tests=(\S.*?) autolearn", head)
        found[name] = float(score), rules
    return found


def test_no_filter_takes_a_letter_for_spam_and_it_knows_spam(letters: Path, tmp_path: Path) -> None:
    messages = {path.stem: path.read_bytes() for path in sorted(letters.glob("*.eml"))}
    test = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    scores = spam_scores(messages | {"spam": sample("en").message.replace(b"Three ferries", test, 1)}, tmp_path)
    assert set(scores) == {"sample-en", "sample-ko", "demo-en", "spam"}
    assert {name for name, (score, _) in scores.items() if score > MOST_SPAM} == {"spam"}, scores


def mistakes(pages: list[Path], told: Path) -> list[str]:
    """What html-validate finds in these files."""
    node, program = shutil.which("node"), TOOLS / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
    assert node and program.is_file(), "html-validate is missing; run `make packages`"
    command = [node, str(program), "--config", str(TOOLS / "htmlvalidate.json"), "--formatter", f"json={told}"]
    subprocess.run([*command, *map(str, pages)], capture_output=True, check=False, timeout=60)
    return [
        f"{Path(page['filePath']).name}:{message['line']}: {message['ruleId']}: {message['message']}"
        for page in json.loads(told.read_text(encoding="utf-8"))
        for message in page["messages"]
    ]


def test_a_letter_is_valid_html(letters: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.html"
    wrong.write_text(
        '<!doctype html><html lang="en"><head><title>A</title></head><body><p id="a"><div id="a"></p></body>'
    )
    found = mistakes([*sorted(letters.glob("*.html")), wrong], tmp_path / "told.json")
    assert [one for one in found if not one.startswith("wrong.html")] == []
    assert found, "it finds what is wrong"


def test_what_a_letter_has_beyond_bare_mjml_is_a_nicety_wherever_it_is_not_known() -> None:
    found: dict[str, set[str]] = {}
    for one in every():
        found |= beyond_skeleton(one.html)
    assert set(found) == set(NICETIES), found


def test_a_feature_that_programs_do_not_know_would_be_found() -> None:
    html = sample("en").html.replace("</h1>", '</h1><p style="display:flex;gap:1rem">Words</p><video></video>', 1)
    assert {"css-gap", "html-video"} <= set(beyond_skeleton(html))
    assert "css-gap" not in features(sample("en").html)
    assert "outlook windows" in unknown_to("css-border-radius")


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (600, "light"),
        (375, "dark"),
        *(pytest.param(*look, marks=pytest.mark.trial) for look in ((600, "dark"), (375, "light"))),
    ],
)
def test_a_letter_is_for_everybody(browser: Browser, letters: Path, width: int, scheme: str) -> None:
    found = []
    with looking(browser, "ko", scheme, width) as page:
        page.route("https://**", lambda route: route.abort())
        for path in sorted(letters.glob("*.html")):
            page.goto(path.as_uri())
            found += [f"{path.stem}: {one}" for one in violations(page) if one.split()[1].rstrip(":") not in OF_LETTERS]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{path.stem}: wider than the window")
    assert not found, "\n".join(found)


def test_the_samples_hold_what_a_letter_may_hold() -> None:
    for part in ("<blockquote", "<ul", "<img", "광고 · Acme Pots 제공", "실내", "독자 님"):
        assert part in sample("ko").html, part
