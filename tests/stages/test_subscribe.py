"""Adding to config.toml is one step: whatever happens, there is the old file or the new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.errors import ConfigError, PublisherError
from publisher.stages import subscribe


def refuse(path: Path) -> None:
    raise ConfigError(str(path), [f"{path}: source[2].url: is missing"])


def test_what_is_not_sound_changes_nothing_and_is_told_with_the_files_own_name(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("a = 1\n")
    with pytest.raises(ConfigError) as error:
        subscribe.run(config, "[[source]]\n", check=refuse)
    assert config.read_text() == "a = 1\n" and [path.name for path in tmp_path.iterdir()] == ["config.toml"]
    assert f"{config}: source[2].url: is missing" in error.value.message and ".new" not in error.value.message


def test_what_somebody_else_wrote_meanwhile_is_not_lost(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("a = 1\n")
    with pytest.raises(PublisherError, match="was changed meanwhile"):
        subscribe.run(config, "[[source]]\n", check=lambda _: config.write_text("a = 2\n"))
    assert config.read_text() == "a = 2\n" and [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PublisherError, match="cannot be added to"):
        subscribe.run(tmp_path / "config.toml", "x", check=refuse)


def test_the_new_file_is_checked_whole_and_in_its_place(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("a = 1")
    seen: list[tuple[Path, str]] = []
    subscribe.run(config, "[[source]]\n", check=lambda path: seen.append((path.parent, path.read_text())))
    assert seen == [(tmp_path, "a = 1\n\n[[source]]\n")]
    assert config.read_text() == "a = 1\n\n[[source]]\n"
