"""What the documentation says is so: every command has been run, every key is there, every link leads somewhere."""

from __future__ import annotations

import importlib
import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from docs import make_reference, make_states
from publisher import cli
from publisher.config import settings
from publisher.config.described import described
from publisher.wiring import MAIL_KINDS, SOCIAL_KINDS, SOURCE_KINDS, load_settings
from tests.console import blocks

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "deploy/README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
SKELETON = ROOT / "publisher/skeleton"

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


# --- the reference is what the program is


@pytest.mark.parametrize("name", ["settings.md", "commands.md"])
def test_the_reference_is_current(name: str) -> None:
    written = (make_reference.REFERENCE / name).read_text(encoding="utf-8")
    assert written == make_reference.pages()[name], "run: python docs/make_reference.py"


def test_the_states_are_drawn_from_the_code() -> None:
    page = make_states.PAGE.read_text(encoding="utf-8")
    assert page == make_states.drawn_into(page), "run: python docs/make_states.py"


def test_every_setting_says_what_it_is() -> None:
    models: list[Any] = [
        field.annotation
        for name, field in settings.Settings.model_fields.items()
        if name not in ("root", "sources", "channels", "lists")
    ]
    kinds = {module for module, _ in (SOURCE_KINDS | MAIL_KINDS | SOCIAL_KINDS).values()}
    models += [settings.ListOptions, *(importlib.import_module(module).Options for module in kinds)]
    silent = [
        f"{model.__module__}.{model.__name__}.{name}"
        for model in models
        for name in model.model_fields
        if not described(model).get(name)
    ]
    assert silent == []


def commands() -> dict[str, Any]:
    root: Any = typer.main.get_command(cli.build(cli.GROUPS))
    found = {}
    for name, command in root.commands.items():
        found[name] = command
        found |= {f"{name} {verb}": part for verb, part in getattr(command, "commands", {}).items()}
    return found


def test_every_command_and_option_says_what_it_does() -> None:
    silent = [name for name, command in commands().items() if not command.help]
    silent += [
        f"{name} {part.opts[0]}"
        for name, command in commands().items()
        for part in command.params
        if part.param_type_name == "option" and not part.help
    ]
    assert silent == []


def test_the_skeleton_shows_the_defaults_that_there_are() -> None:
    shown = tomllib.loads((SKELETON / "config.toml").read_text(encoding="utf-8"))
    for section in ("database", "schedule", "issue", "fetch", "pictures"):
        model = settings.Settings.model_fields[section].annotation
        assert isinstance(model, type)
        assert model(**shown.get(section, {})) == model(), section


# --- what a page names is there


@pages
def test_every_link_leads_somewhere(page: Path) -> None:
    text = without_code(page.read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    dead = [
        link
        for link in links
        if not link.startswith(("http://", "https://", "mailto:", "#"))
        and not (page.parent / link.partition("#")[0]).exists()
    ]
    assert dead == []


@pages
def test_every_command_that_is_named_exists(page: Path) -> None:
    known = commands()
    for line in named_commands(page.read_text(encoding="utf-8")):
        words = shlex.split(line, comments=True)[1:]
        while words and words[0].startswith("-"):
            words = words[2:] if words[0] == "--config" else words[1:]
        if not words:
            continue
        name = next((name for name in (" ".join(words[:2]), words[0]) if name in known), None)
        assert name, f"`{line}`: there is no such command"
        is_group = bool(getattr(known[name], "commands", None))
        assert not (is_group and words[1:]), f"`{line}`: publisher {name} has no {words[1]}"
        options = {option for part in known[name].params for option in part.opts} | {"--help"}
        for word in words:
            if word.startswith("--"):
                assert word.partition("=")[0] in options, f"`{line}`: publisher {name} has no {word}"


def named_commands(text: str) -> Iterator[str]:
    """Every `publisher …` in code: in spans, in blocks, after a path to it."""
    spans = re.findall(r"`(publisher [^`]+)`", without_blocks(text))
    lines = [line for block in blocks(text) if block.language != "toml" for line in block.text.splitlines()]
    lines += re.findall(r"^ {4,}(\S.*)$", without_blocks(text), re.MULTILINE)
    for line in lines:
        for part in re.split(r" (?:&&|\|) |; ", line.removeprefix("$ ")):
            if match := re.match(r"\s*(?:sudo -u \S+ )?(?:/\S*/bin/)?(publisher \S.*)", part):
                spans.append(match[1])
    for span in spans:
        # A placeholder is no word of the command line.
        kept = [word for word in span.split() if word not in ("…", "[OPTIONS]")]
        if not re.match(r"publisher (?:is|was|and|ends)\b", span) and "'" not in span.replace("'…'", ""):
            yield " ".join(kept)


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        (f"{page.relative_to(ROOT)}:{block.line}", block.text)
        for page in PAGES
        for block in blocks(page.read_text(encoding="utf-8"))
        if block.language == "toml"
    ],
)
def test_every_setting_that_is_shown_is_accepted(where: str, shown: str, tmp_path: Path) -> None:
    folder = tmp_path / "publication"
    shutil.copytree(SKELETON, folder)
    config = (folder / "config.toml").read_text(encoding="utf-8")
    for section in re.findall(r"^\[(\w+)\]$", shown, re.MULTILINE):
        config = re.sub(rf"^\[{section}\]\n(?:(?!\[).*\n)*", "", config, flags=re.MULTILINE)
    (folder / "config.toml").write_text(f"{config}\n{shown}", encoding="utf-8")
    accepted = load_settings(folder / "config.toml")  # raises ConfigError
    read = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
    for kind, options in (("channel", accepted.channels), ("source", accepted.sources)):
        assert [one.name for one in options] == [one["name"] for one in read.get(kind, [])], where


def without_code(text: str) -> str:
    return re.sub(r"`[^`]*`", "", without_blocks(text))


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
