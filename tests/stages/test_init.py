"""`publisher init` writes a publication that loads, keeps its secret private, and touches nothing that is there."""

from __future__ import annotations

import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from publisher.config.load import load_lists
from publisher.config.settings import Settings
from publisher.errors import PublisherError, WrongUse
from publisher.stages import init
from publisher.wiring import load_settings

ROOT = Path(__file__).resolve().parents[2]


def written(target: Path) -> Settings:
    init.run(target, random_bytes=lambda count: bytes(range(count)))
    return load_settings(target / "config.toml")


def test_the_result_is_a_publication_that_loads(tmp_path: Path) -> None:
    found = written(tmp_path / "new/letters")
    assert [source.kind for source in found.sources] == ["editor"]
    assert [channel.kind for channel in found.channels] == ["folder"]
    assert [one.name for one in found.lists] == ["weekly"]
    assert found.publication.secret.reveal(found.root) == bytes(range(32)).hex()


def test_every_example_in_its_comments_is_one_that_loads(tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / "config.toml"
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join(line[1:] if line.startswith("#") and line[1:2] != " " else line for line in lines))
    found = load_settings(path)
    assert [source.kind for source in found.sources] == ["editor", "feed", "markdown", "index", "page", "column"]
    assert [channel.kind for channel in found.channels] == ["folder", "smtp", "x"]


def test_it_has_the_parts_of_a_publication(tmp_path: Path) -> None:
    paths = init.run(tmp_path, random_bytes=bytes)
    inside = {str(path.relative_to(tmp_path)) for path in paths}
    assert {"config.toml", ".gitignore", "subscribers/lists.toml", "templates/letter.mjml.j2", "var/secret"} <= inside
    assert all(path.is_file() for path in paths)


def test_the_secret_is_for_its_owner_only(tmp_path: Path) -> None:
    written(tmp_path)
    assert stat.S_IMODE((tmp_path / "var/secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_nothing_that_exists_is_touched_and_all_of_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("mine")
    (tmp_path / "var").mkdir()
    (tmp_path / "var/secret").symlink_to("nowhere")
    with pytest.raises(WrongUse, match=r"has config\.toml, var/secret already and nothing was written"):
        written(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "var"]
    assert (tmp_path / "config.toml").read_text() == "mine"


def test_a_target_that_is_a_file_is_told_in_one_line(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.touch()
    with pytest.raises(PublisherError, match="cannot be written") as caught:
        written(target)
    assert "\n" not in str(caught.value)


def test_the_repositorys_own_publication_loads() -> None:
    found = load_settings(ROOT / "config.toml")
    assert found.publication.language == "ko"
    assert load_lists(ROOT / "subscribers/lists.toml") == found.lists


def test_a_wheel_carries_the_skeleton_and_every_template(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True, timeout=100
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "publisher/skeleton/config.toml" in names
    for path in (ROOT / "templates").rglob("*.j2"):
        assert f"publisher/skeleton/templates/{path.relative_to(ROOT / 'templates')}" in names
    assert not [name for name in names if "__pycache__" in name]
