"""What a wheel carries, by name: no file of a real list, and nothing of this folder but what is meant, slips in."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_templates_settings_and_the_made_up_week_are_in_it(carried: set[str]) -> None:
    files = {name for name in carried if not name.endswith(".py")}
    assert files == {
        "publisher/demo/pictures/berry.jpg",
        "publisher/demo/pictures/bus.jpg",
        "publisher/demo/pictures/library.jpg",
        "publisher/demo/pictures/pool.jpg",
        "publisher/demo/week/beyond-quarterly.feed.json",
        "publisher/demo/week/column.html",
        "publisher/demo/week/sample.csv",
        "publisher/demo/week/ward-and-field.atom.xml",
        "publisher/demo/week/windmere.rss.xml",
        "publisher/skeleton/config.toml",
        "publisher/skeleton/gitignore",
        "publisher/skeleton/subscribers/lists.toml",
        "publisher/skeleton/templates/letter.mjml.j2",
        "publisher/skeleton/templates/letter.txt.j2",
        "publisher/skeleton/templates/page.html.j2",
        "publisher/skeleton/templates/social/default.txt.j2",
        "publisher/skeleton/templates/social/x.txt.j2",
    }


def test_only_the_program_is_in_it(carried: set[str]) -> None:
    assert {name.split("/")[0] for name in carried} == {"publisher"}
