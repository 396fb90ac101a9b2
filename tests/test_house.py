"""The house rules that a machine can check: direction of imports, sizes, and what must not be in the repository."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINES = 400

# Written apart, so that this file may be among those that are searched.
REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "deb." + "debian.org", "crates" + ".io")
MACHINE = "/" + "work/"


def lint_imports(folder: Path) -> str:
    """What the contracts of pyproject.toml say of the package in `folder`."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False).stdout


def broken(report: str) -> set[str]:
    assert "Contracts:" in report, report
    return set(re.findall(r"^(.+?) BROKEN", report, re.MULTILINE))


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_imports_keep_their_direction() -> None:
    report = lint_imports(ROOT)
    assert broken(report) == set(), report


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("domain/planted", "import publisher.editorial.words", "Direction"),
        ("store/planted", "import publisher.render", "Direction"),
        ("sources/planted", "import publisher.channels", "Direction"),
        ("stages/planted", "import publisher.wiring", "Direction"),
        ("planted", "", "Direction"),
        ("stages/planted", "import publisher.stages.compose", "Stages"),
        ("sources/planted", "import publisher.sources.editor", "Deleting a source"),
        ("channels/planted", "import publisher.channels.smtp", "Deleting a channel"),
        ("editorial/planted", "import requests", "Decisions"),
        ("domain/planted", "def read():\n    import socket", "Decisions"),
        ("stages/planted", "from sqlmodel import Session", "Only store"),
        ("preflight/planted", "import publisher.store", "Checks ask nobody"),
    ],
)
def test_a_planted_fault_breaks_exactly_its_contract(tmp_path: Path, module: str, line: str, contract: str) -> None:
    shutil.copytree(ROOT / "publisher", tmp_path / "publisher", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / f"publisher/{module}.py").write_text(f"{line}\n")
    report = lint_imports(tmp_path)
    (found,) = broken(report)
    assert found.startswith(contract), report


def test_no_file_of_the_program_is_over_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in (ROOT / "publisher").rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LINES
    }
    assert long == {}


def test_nothing_names_a_registry_or_a_place_on_some_machine() -> None:
    found = []
    for path in tracked():
        content = path.read_bytes()
        found += [f"{path}: {word}" for word in (*REGISTRIES, MACHINE) if word.encode() in content]
    assert found == []


def test_the_lock_covers_every_dependency_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^([a-z0-9.-]+)(?:\[[a-z,-]+\])?==", lock, re.MULTILINE)
    assert {normal(name) for name in wanted} <= set(pinned)
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)
    assert [entry.split("\n")[0] for entry in entries if entry.strip() and "--hash=sha256:" not in entry] == []


def normal(requirement: str) -> str:
    """The name in a requirement, as PEP 503 spells it."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def test_every_target_of_the_makefile_is_there() -> None:
    dry = subprocess.run(
        ["make", "-n", "demo", "run", "test", "check", "trial", "bench"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert dry.returncode == 0, dry.stderr


@pytest.mark.parametrize("script", ["tools/pythons.sh", "tools/setup.sh", "tools/packages.sh", "tools/letter.sh"])
def test_the_scripts_are_plain_sh(script: str) -> None:
    subprocess.run(["sh", "-n", script], cwd=ROOT, check=True)


def test_every_python_that_is_named_for_a_run_really_starts() -> None:
    listed = subprocess.run(["sh", "tools/pythons.sh"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        version, path = line.split(" ", 1)
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
        assert said.startswith(f"Python {version}.")
    assert len(listed.splitlines()) == len(set(listed.split()[::2])) > 0


@pytest.mark.parametrize(
    ("skip", "status"),
    [
        ('<skipped type="pytest.skip" message="needs ../shared, which is absent here"/>', 0),
        ("", 0),
        ('<skipped type="pytest.skip" message="no browser"/>', 1),
        ('<skipped type="pytest.skip"/>', 1),
    ],
)
def test_only_absent_inputs_may_skip_a_test(tmp_path: Path, skip: str, status: int) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        f'<testsuites><testsuite><testcase classname="a" name="b">{skip}</testcase></testsuite></testsuites>'
    )
    run = subprocess.run([sys.executable, "tools/skips.py", report], cwd=ROOT, capture_output=True, check=False)
    assert run.returncode == status
