"""Korean is whole: every message that a page, a mail or a command may say is translated, and nothing is left over."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from publisher.language import LANGUAGES, language

ROOT = Path(__file__).parents[2]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
CATALOGUES = [code for code in LANGUAGES if code != "en"]

MsgId = str | tuple[str, ...]


def places() -> Iterator[tuple[str, Path]]:
    for folder in (ROOT / "publisher", ROOT / "templates"):
        for path in sorted(folder.rglob("*")):
            if path.suffix == ".py":
                yield "python", path
            elif path.suffix == ".j2":
                yield "jinja2.ext:babel_extract", path


@cache
def said() -> dict[MsgId, str]:
    """Every message in templates and code, and one place where it stands."""
    found: dict[MsgId, str] = {}
    for method, path in places():
        options = {"silent": "false"} if method != "python" else {}
        for line, message, _, _ in extract_from_file(method, path, KEYWORDS, (), options):
            key = tuple(message[:2]) if isinstance(message, tuple) else message
            found.setdefault(key, f"{path.relative_to(ROOT)}:{line}")
    return found


def catalogue(code: str) -> Catalog:
    with source(code).open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


def source(code: str) -> Path:
    return ROOT / "publisher" / "language" / code / "messages.po"


def messages(code: str) -> list[Message]:
    return [message for message in catalogue(code) if message.id]


def key_of(message: Message) -> MsgId:
    return tuple(message.id) if isinstance(message.id, list | tuple) else message.id


def placeholders(text: str) -> Counter[str]:
    return Counter("".join(found) for found in re.findall(r"%\((\w+)\)[sd]|(%%)|\{(\w+)\}", text))


def test_pages_say_something() -> None:
    assert "Draft" in said(), "the extraction finds nothing, so the tests below would prove nothing"


@pytest.mark.parametrize("code", CATALOGUES)
def test_every_message_is_translated(code: str) -> None:
    told = {key_of(message) for message in messages(code) if all(_strings(message))}
    missing = {key: place for key, place in said().items() if key not in told}
    assert not missing, "\n".join(f"{place}: {key!r}" for key, place in missing.items())


@pytest.mark.parametrize("code", CATALOGUES)
def test_no_translation_is_left_over(code: str) -> None:
    stale = [key_of(message) for message in messages(code) if key_of(message) not in said()]
    assert not stale
    assert not catalogue(code).obsolete


@pytest.mark.parametrize("code", CATALOGUES)
def test_no_translation_is_a_guess(code: str) -> None:
    assert not [message.id for message in messages(code) if message.fuzzy]


@pytest.mark.parametrize("code", CATALOGUES)
def test_a_translation_keeps_every_placeholder(code: str) -> None:
    for message in messages(code):
        asked = placeholders(message.id if isinstance(message.id, str) else message.id[-1])
        for string in _strings(message):
            assert set(placeholders(string)) == set(asked), (message.id, string)


@pytest.mark.parametrize("code", CATALOGUES)
@pytest.mark.parametrize("name", ["messages.po", "reasons.po"])
def test_nothing_is_translated_twice(code: str, name: str) -> None:
    text = (source(code).parent / name).read_text(encoding="utf-8")
    count = Counter(re.findall(r'^msgid (".*"(?:\n".*")*)', text, re.MULTILINE))
    assert [msgid for msgid, times in count.items() if times > 1] == []


def test_korean_is_written_in_korean() -> None:
    """A msgid that was copied into its translation is no translation."""
    foreign = [message.id for message in messages("ko") if not re.search("[가-힣]", "".join(_strings(message)))]
    assert [one for one in foreign if re.search(r"[a-z]{3}", re.sub(r"%\(\w+\)s", "", str(one)))] == ALIKE


ALIKE: list[str] = []  # names and signs that are the same in both languages


def test_a_page_says_it_in_the_language_asked_for() -> None:
    assert language("ko").gettext("Draft") == "초안"
    assert language("en").gettext("Draft") == "Draft"
    assert language("ko").gettext("nobody says this") == "nobody says this"


def _strings(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())
