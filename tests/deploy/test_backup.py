"""deploy/backup.sh, and the way back: what docs/how-to/backup-and-restore.md tells an operator to do."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from publisher.store.engine import place_of
from publisher.wiring import Publication, load_settings
from tests.newsroom import Newsroom
from tests.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(sys.executable).with_name("publisher")


def back_up(publication: Path, target: Path, keep: str = "14") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", ROOT / "deploy/backup.sh", publication, target, keep],
        env=os.environ | {"PUBLISHER": str(COMMAND)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def newsroom(tmp_path: Path, database_url: str) -> Newsroom:
    room = Newsroom.open(tmp_path / "letter", database_url)
    with closing(room.database):
        room.writes("A harbour counts ships", "The bakery bakes by forecast", "Robots take the night shift")
        room.has_readers(3)
        room.has_editors("kim@example.org")
        room.composes()
        room.approves()
    return Newsroom(Publication(room.publication.settings))


def test_what_was_backed_up_comes_back_whole(
    newsroom: Newsroom, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    before = newsroom.issue()
    newsroom.database.close()
    made = back_up(newsroom.root, tmp_path / "backups")
    assert made.returncode == 0, made.stderr
    backup = Path(made.stdout.strip())

    restored = tmp_path / "restored"
    restored.mkdir()
    with tarfile.open(backup / "publication.tar") as archive:
        archive.extractall(restored, filter="data")
    url = newsroom.publication.settings.database.url
    new_url = restore(url, backup / "database", restored, request)
    config = restored / "config.toml"
    config.write_text(config.read_text(encoding="utf-8").replace(url, new_url), encoding="utf-8")
    checked = subprocess.run(
        [COMMAND, "--config", config, "db", "check"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (checked.returncode, checked.stdout) == (0, "the database is sound\n")

    again = Newsroom(Publication(load_settings(config)))
    with closing(again.database):
        assert again.issue() == before
        assert again.publication.identity() == newsroom.publication.identity()
        [released] = again.releases()
        assert released.audience == 3


def restore(url: str, dump: Path, root: Path, request: pytest.FixtureRequest) -> str:
    """The how-to's commands for this kind of database."""
    if place_of(url, root).path is not None:
        (root / "var").mkdir(exist_ok=True)
        subprocess.run(["cp", dump, root / "var/publisher.db"], check=True)
        return "sqlite:///var/publisher.db"
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create()
    where = f"host={server.folder} user=publisher dbname={name}"
    command = ["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={where}", str(dump)]
    subprocess.run(command, check=True)
    request.addfinalizer(lambda: server.drop(name))
    return server.url(name)


def test_a_backup_is_for_nobody_else_to_read(newsroom: Newsroom, tmp_path: Path) -> None:
    newsroom.database.close()
    backup = Path(back_up(newsroom.root, tmp_path / "backups").stdout.strip())
    for path in (backup, *backup.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_only_so_many_are_kept_and_nothing_else_is_touched(newsroom: Newsroom, tmp_path: Path) -> None:
    newsroom.database.close()
    target = tmp_path / "backups"
    old = [target / f"2026010{day}T031700Z" for day in range(1, 5)]
    for folder in (*old, target / "of-mine", target / ".20260101T000000Z.part"):
        folder.mkdir(parents=True)
    new = Path(back_up(newsroom.root, target, "3").stdout.strip())
    assert sorted(target.iterdir()) == sorted([*old[2:], new, target / "of-mine"])


def test_a_backup_that_fails_leaves_the_old_ones_and_no_half_one(newsroom: Newsroom, tmp_path: Path) -> None:
    newsroom.database.close()
    target = tmp_path / "backups"
    (target / "20260101T031700Z").mkdir(parents=True)
    (newsroom.root / "config.toml").write_text("[publication]\n", encoding="utf-8")
    made = back_up(newsroom.root, target, "1")
    assert made.returncode != 0
    assert "config.toml" in made.stderr
    assert [path.name for path in target.iterdir()] == ["20260101T031700Z"]


@pytest.mark.parametrize("keep", ["0", "", "all", "-1"])
def test_to_keep_none_is_refused(tmp_path: Path, keep: str) -> None:
    made = back_up(tmp_path, tmp_path / "backups", keep)
    assert (made.returncode, made.stderr) == (2, f"backup.sh: KEEP is a number from 1, not '{keep}'\n")
