"""Add sources to config.toml, keeping what is there byte for byte."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from publisher.errors import ConfigError, PublisherError


def run(config: Path, addition: str, *, check: Callable[[Path], object]) -> None:
    """Write `addition` under what `config` holds, in one step: there is the old file or the new one, never a half.

    `check` reads the whole new file, beside the old one, before it takes its place, and raises ConfigError where it is
    not sound; then nothing is changed. Raises PublisherError where the folder cannot be written, or somebody else has
    changed the file meanwhile.
    """
    place = config.resolve()  # where it is a link, the file that it leads to
    try:
        before = place.read_bytes()
        descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".new")
    except OSError as error:
        raise PublisherError(f"{config} cannot be added to ({error.strerror}); nothing was changed") from error
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_joined(before, addition))
            file.flush()
            os.fsync(file.fileno())
        new.chmod(place.stat().st_mode & 0o777)
        _checked(new, config, check)
        if place.read_bytes() != before:
            raise PublisherError(f"{config} was changed meanwhile; nothing was added, try again")
        new.replace(place)
    except OSError as error:
        raise PublisherError(f"{config} cannot be added to ({error.strerror}); nothing was changed") from error
    finally:
        with suppress(FileNotFoundError):
            new.unlink()


def _joined(before: bytes, addition: str) -> bytes:
    """One empty line between them, with the line ends that the file has."""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if not before else end if before.endswith(b"\n") else end + end
    return before + gap + addition.encode().replace(b"\n", end)


def _checked(new: Path, config: Path, check: Callable[[Path], object]) -> None:
    try:
        check(new)
    except ConfigError as error:
        problems = [problem.replace(str(new), str(config)) for problem in error.problems]
        raise ConfigError(f"{config} (with what would be added; nothing was changed)", problems) from error
