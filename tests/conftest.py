"""What every test may ask for."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.once import once

if TYPE_CHECKING:
    from publisher.store.db import Database
    from tests.postgres import Postgres

# A file is one process's from its first test to its last. These take longest, so they begin first: else one process
# would be left alone with one of them while the others have ended.
LONGEST = (
    "test_docs_played.py",
    "web/test_demo_browser.py",
    "clock/test_moved_clock.py",
    "clock/test_run_command.py",
    "web/test_axe.py",
    "trial/test_kills.py",
    "stages/test_week.py",
    "test_demo.py",
    "test_corrections.py",
    "test_wheel.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After the files and their tests have been shuffled."""
    here = Path(__file__).parent
    ranks = {here / name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


def pytest_collection_finish() -> None:
    """What is there now stays to the end: to look through it again and again costs a twentieth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def _once() -> Iterator[None]:
    with once():
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs beside the checkout; tests that need it are skipped where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("needs ../shared, which is absent here")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A private PostgreSQL, one for each test process."""
    from tests.postgres import cluster

    with cluster() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table, on each engine in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an upgraded database without any row, on each engine in turn."""
    template: str | Path = request.getfixturevalue(f"_upgraded_{request.param}")
    if isinstance(template, Path):
        path = tmp_path / "publisher.db"
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create(template)
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """An open database without any row, on each engine in turn."""
    from publisher.store.db import open_database

    opened = open_database(database_url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def _upgraded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from publisher.store.db import backup, upgrade

    folder = tmp_path_factory.mktemp("upgraded")
    upgrade("sqlite:///live.db", folder)
    backup("sqlite:///live.db", folder, folder / "template.db")
    return folder / "template.db"


@pytest.fixture(scope="session")
def _upgraded_postgresql(postgres: Postgres) -> str:
    from publisher.store.db import upgrade

    name = postgres.create()
    upgrade(postgres.url(name), Path())
    return name
