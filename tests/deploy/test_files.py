"""What deploy/ calls is there, by the same name."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.test_docs import commands

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def called() -> list[list[str]]:
    """Every call of the program in the files of deploy/, without the program."""
    service = re.findall(r"^ExecStart=\S*/bin/publisher (.+)$", read("publisher.service"), re.MULTILINE)
    [container] = re.findall(r"^CMD (\[.+\])$", read("Containerfile"), re.MULTILINE)
    backup = re.findall(r'^"\$publisher" --config \S+ ([a-z ]+) ', read("backup.sh"), re.MULTILINE)
    return [*map(shlex.split, service), json.loads(container), *map(shlex.split, backup)]


def test_every_command_that_is_called_exists_with_its_options() -> None:
    known = commands()
    found = called()
    assert [words[0] for words in found] == ["run", "run", "db"]
    for words in found:
        name = " ".join(words[:2]) if words[0] == "db" else words[0]
        options = {option for part in known[name].params for option in part.opts}
        assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("name", ["publisher.service", "Caddyfile", "nginx.conf", "Containerfile"])
def test_all_of_them_mean_the_same_port(name: str) -> None:
    ports = re.findall(r"(?:--port[\" ,]+|127\.0\.0\.1:|EXPOSE )(\d+)", read(name))
    assert set(ports) == {"8000"}


def test_it_stops_by_itself_long_before_it_is_killed() -> None:
    [seconds] = re.findall(r"^TimeoutStopSec=(\d+)$", read("publisher.service"), re.MULTILINE)
    assert int(seconds) > 5


def test_a_mistake_in_the_settings_is_not_started_again() -> None:
    assert "RestartPreventExitStatus=2" in read("publisher.service")


def read(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")
