"""Write a new publication: settings, templates, lists and its secret. Nothing that exists is ever touched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import publisher
from publisher.errors import PublisherError, WrongUse
from publisher.render.face import packaged_templates

_SECRET_BYTES = 32
_PACKAGE = Path(publisher.__file__).parent


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What a new publication is copied from: a folder of settings, and one of templates."""

    settings: Path
    templates: Path


def installed_skeleton() -> Skeleton:
    """The skeleton of this installation."""
    return Skeleton(_PACKAGE / "skeleton", packaged_templates())


def run(target: Path, *, random_bytes: Callable[[int], bytes], skeleton: Skeleton | None = None) -> list[Path]:
    """Write the publication into `target`, made where it is missing, and return the files in the order written.

    Raises WrongUse, before anything is written, when a file of it exists already; PublisherError when the disk refuses.
    """
    contents = dict(_contents(skeleton or installed_skeleton()))
    contents[Path("var/secret")] = random_bytes(_SECRET_BYTES).hex().encode() + b"\n"
    existing = [str(path) for path in sorted(contents) if os.path.lexists(target / path)]
    if existing:
        raise WrongUse(f"{target} has {', '.join(existing)} already and nothing was written; name another folder")
    written = []
    for path, content in sorted(contents.items()):
        try:
            _write(target / path, content, is_private=path.parts[0] == "var")
        except OSError as error:
            raise PublisherError(
                f"{target / path} cannot be written ({error.strerror}); name another folder"
            ) from error
        written.append(target / path)
    return written


def _contents(skeleton: Skeleton) -> Iterator[tuple[Path, bytes]]:
    """Every file of the skeleton by its place in the publication."""
    for path in _files(skeleton.settings):
        inside = path.relative_to(skeleton.settings)
        if inside.parts[0] != "templates":
            yield Path(".gitignore") if inside == Path("gitignore") else inside, path.read_bytes()
    for path in _files(skeleton.templates):
        yield Path("templates") / path.relative_to(skeleton.templates), path.read_bytes()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _write(path: Path, content: bytes, *, is_private: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if is_private else 0o777)
    # O_EXCL: a file that appeared since we looked is not overwritten, and a link is not followed.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if is_private else 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
