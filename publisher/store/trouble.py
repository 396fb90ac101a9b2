"""What a failure of the database means, in words that say what to do. Knows the drivers, and nothing above them."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path

PATIENCE_MS = 60_000  # a large import holds the lock of SQLite for some 20 s
_NEARLY_FULL = 1_000_000


def words(shown: str, path: Path | None, error: BaseException | None) -> str:
    """What a failure of the driver means. `shown` names the database, `path` is SQLite's file."""
    if isinstance(error, sqlite3.Error) and path is not None:
        return _sqlite_words(path, error)
    reason = _first_line(error).removeprefix("connection failed: ").removeprefix("connection to server at ")
    match getattr(error, "sqlstate", None):
        case "53100":
            return f"the disk of {shown} is full; nothing was changed; make room there and run it again"
        case "55P03" | "40P01":
            return f"{shown} is locked by another process; nothing was changed; run it again when that has ended"
        case None | "57P01" | "57P02" | "57P03":
            return f"{shown} does not answer ({reason}); start it, or correct [database] url in config.toml"
        case _:
            return f"{shown} refused: {reason}"


def _sqlite_words(path: Path, error: sqlite3.Error) -> str:
    match getattr(error, "sqlite_errorname", "").split("_")[1:2]:
        case ["FULL"]:
            return _full(path)
        case ["IOERR"] if _is_nearly_full(path):
            return _full(path)
        case ["BUSY" | "LOCKED"]:
            return (
                f"the database {path} has been locked by another process for {PATIENCE_MS // 1000} s; "
                "nothing was changed; run it again when that has ended"
            )
        case ["READONLY" | "PERM" | "AUTH"]:
            return f"the database {path} cannot be written; give the user that runs publisher the right to"
        case ["CANTOPEN"]:
            return _cannot_open(path)
        case ["NOTADB"]:
            return f"{path} is not a database; correct [database] url, or put a backup in its place"
        case ["CORRUPT"]:
            return f"the database {path} is damaged; put a backup in its place, and look at the disk"
        case _:
            return f"the database {path}: {_first_line(error)}"


def is_missing(path: Path) -> bool:
    """Whether there certainly is no such file; False also where we may not look."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _cannot_open(path: Path) -> str:
    if is_missing(path):
        return f"the database {path} does not exist; put a backup in its place, or run `publisher db upgrade`"
    with suppress(OSError):
        if path.is_dir():
            return f"the database {path} is a folder; name a file in [database] url"
    return f"the database {path} cannot be opened; give the user that runs publisher the right to it and its folder"


def _full(path: Path) -> str:
    return f"the disk of the database {path} is full; nothing was changed; make room there and run it again"


def _is_nearly_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _NEARLY_FULL
    except OSError:
        return False


def _first_line(error: BaseException | None) -> str:
    """The first line of what a driver says: the later ones may hold values, an address among them."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
