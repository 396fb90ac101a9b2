"""What a wheel carries, by name, and that it works in an empty environment elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]

# Everything in a wheel that is no Python, by its folder and ending. A list of readers would be a CSV, so those, like
# all that is there only once, stand below by their whole name.
FOLDERS = {
    "publisher/demo/pictures": {".jpg"},
    "publisher/demo/next_week": {".html", ".json", ".xml"},
    "publisher/demo/week": {".html", ".json", ".xml"},
    "publisher/language": {".po"},
    "publisher/skeleton/templates": {".j2"},
    "publisher/web/pages": {".j2"},
    "publisher/web/static": {".css", ".ico", ".js", ".png", ".svg"},
}
FILES = {
    "publisher/demo/week/sample.csv",
    "publisher/skeleton/config.toml",
    "publisher/skeleton/gitignore",
    "publisher/skeleton/subscribers/lists.toml",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def carried(wheel: Path) -> set[str]:
    return names(wheel)


def built(checkout: Path, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    return wheel


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_nothing_is_in_it_but_what_is_named_here(carried: set[str]) -> None:
    assert {name for name in carried if not name.endswith(".py") and name not in FILES and not is_meant(name)} == set()


def is_meant(name: str) -> bool:
    return any(name.startswith(f"{folder}/") and Path(name).suffix in endings for folder, endings in FOLDERS.items())


@pytest.mark.parametrize(
    "name",
    [
        "publisher/demo/week/readers.csv",
        "publisher/skeleton/subscribers/weekly.csv",
        "publisher/skeleton/templates/readers.txt",
        "publisher/var/publisher.db",
        "publisher/web/pages/readers.csv",
    ],
)
def test_a_list_of_readers_would_be_noticed(name: str) -> None:
    assert name not in FILES and not is_meant(name)


def test_a_list_that_somebody_left_in_a_folder_stays_here(tmp_path: Path, carried: set[str]) -> None:
    checkout = tmp_path / "checkout"
    for name in ("publisher", "templates", "subscribers"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    for name in ("publisher/web/readers.csv", "publisher/demo/week/mine.csv", "templates/readers.csv"):
        (checkout / name).write_text("email\nreader@example.org\n", encoding="utf-8")
    for name in ("subscribers/weekly.csv", "publisher/var/publisher.db", "templates/publisher.db-wal"):
        (checkout / name).parent.mkdir(exist_ok=True)
        (checkout / name).write_bytes(b"reader@example.org")
    assert names(built(checkout, tmp_path / "wheel")) == carried


def test_every_template_page_and_catalogue_of_the_checkout_is_in_it(carried: set[str]) -> None:
    here = {f"publisher/{path.relative_to(ROOT / 'publisher')}" for path in files(ROOT / "publisher")}
    here |= {
        f"publisher/skeleton/templates/{path.relative_to(ROOT / 'templates')}" for path in files(ROOT / "templates")
    }
    assert carried >= FILES
    assert {name for name in here if is_meant(name)} - carried == set()
    assert {folder for folder in FOLDERS if not any(name.startswith(f"{folder}/") for name in carried)} == set()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_only_the_program_is_in_it(carried: set[str]) -> None:
    assert {name.split("/")[0] for name in carried} == {"publisher"}


# --- elsewhere


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a new environment that holds the wheel, what the wheel asks for, and nothing else.

    What it asks for is linked from this environment, so that nothing is downloaded; what only tests need is not there.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(folder / "venv/bin/python"),
        "install",
        "-q",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    [packages] = (folder / "venv/lib").glob("python*/site-packages")
    for name, place in needed(wheel).items():
        if not (packages / name).exists():
            (packages / name).symlink_to(place)
    return folder / "venv/bin/publisher"


def needed(wheel: Path) -> dict[str, Path]:
    """The files and folders at the top of every distribution that the wheel asks for, and those ask for in turn."""
    [own] = metadata.distributions(path=[str(wheel)])
    found: dict[str, Path] = {}
    done: set[tuple[str, str]] = set()
    waiting = [(Requirement(line), "") for line in own.requires or ()]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        distribution = metadata.distribution(requirement.name)
        for wanted in ("", *requirement.extras):
            if (requirement.name, wanted) not in done:
                done.add((requirement.name, wanted))
                waiting += [(Requirement(line), wanted) for line in distribution.requires or ()]
        for path in distribution.files or ():
            top = path.parts[0]
            if top not in ("..", "__pycache__"):
                found[top] = Path(str(distribution.locate_file(top)))
    return found


def test_what_only_the_tests_need_is_not_there(installed: Path) -> None:
    for name in ("pytest", "playwright", "hypothesis", "dkim"):
        done = subprocess.run([installed.with_name("python"), "-c", f"import {name}"], capture_output=True, check=False)
        assert b"ModuleNotFoundError" in done.stderr


@pytest.mark.trial
def test_a_publication_is_made_and_runs_until_it_is_told_to_stop(installed: Path, tmp_path: Path) -> None:
    run(installed, "init", "letter", cwd=tmp_path)
    letter = tmp_path / "letter"
    assert {path.name for path in (letter / "templates").iterdir()} == {p.name for p in (ROOT / "templates").iterdir()}
    run(installed, "db", "upgrade", cwd=letter)
    assert "me@example.org is admin" in run(
        installed, "editors", "add", "me@example.org", "--role", "admin", cwd=letter
    )
    with started(installed, "run", "--port", "0", cwd=letter) as (process, url):
        assert get(f"{url}/healthz").status == 200
        assert get(f"{url}/").status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.trial
def test_the_demo_runs_its_week_and_serves_it(installed: Path, tmp_path: Path) -> None:
    with started(installed, "demo", "--no-browser", "--port", "0", cwd=tmp_path) as (process, url):
        assert "demo" in get(f"{url}/").read().decode().lower()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert list(tmp_path.iterdir()) == []


def run(command: Path, *words: str, cwd: Path) -> str:
    done = subprocess.run([command, *words], cwd=cwd, env=bare(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def started(command: Path, *words: str, cwd: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command while it runs, and the address that it says it serves."""
    process = subprocess.Popen(
        [command, *words], cwd=cwd, env=bare(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = ""
    try:
        assert process.stdout
        for line in process.stdout:
            said += line
            if found := re.search(r"http://127\.0\.0\.1:(?!0\b)\d+", line):
                yield process, found[0]
                return
        raise AssertionError(f"it ended without an address: {said}")
    finally:
        process.kill()
        process.communicate()


def bare() -> dict[str, str]:
    """Nothing of this environment that could lead to the checkout."""
    return {"PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/tmp"), "LC_ALL": "C.UTF-8"}


def get(url: str) -> Any:
    return urllib.request.urlopen(url, timeout=20)
