"""Letters and posts as files, for trying out: `letters/ID.eml` and `posts/KEY.json` under one folder.

A file is whole or not there at all, and the same letter or post written again replaces itself, so this channel is
idempotent and never leaves an unknown.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from pydantic import Field

from publisher.config.settings import ChannelOptions
from publisher.domain.message import Accepted, Counting, Letter, Limits, SendResult, SocialPost
from publisher.errors import ChannelDown

_LONGEST_NAME = 120
_CAPACITY = 16


class Options(ChannelOptions):
    """`kind = "folder"`."""

    kind: Literal["folder"]
    path: str = Field(min_length=1)
    """The folder; letters go to `letters/`, posts to `posts/`."""


class FolderMail:
    """The folder as a channel for mail. A relative path is taken from `root`. It serves whatever lists mail serves."""

    lists: tuple[str, ...] = ()
    connections = 1

    def __init__(self, options: Options, *, root: Path) -> None:
        self.name = options.name
        self._folder = root / options.path / "letters"

    def shared(self, workers: int) -> FolderMail:
        return self

    def open(self, leaves: Callable[[int], None] = lambda delivery_id: None) -> FolderMailSession:
        """Raises ChannelDown where the folder cannot be made."""
        _make(self.name, self._folder)
        return FolderMailSession(self.name, self._folder, leaves)


class FolderMailSession:
    """`put` writes the letter at once; `take` gives back what was written."""

    capacity = _CAPACITY

    def __init__(self, channel: str, folder: Path, leaves: Callable[[int], None]) -> None:
        self._channel = channel
        self._folder = folder
        self._leaves = leaves
        self._results: list[tuple[int, SendResult | ChannelDown]] = []

    def put(self, letter: Letter) -> None:
        path = self._folder / f"{_file_name(letter.message_id)}.eml"
        try:
            self._leaves(letter.delivery_id)
        except ChannelDown as down:
            self._results.append((letter.delivery_id, down))
            return
        self._results.append((letter.delivery_id, _written(self._channel, path, letter.content)))

    def take(self, patience: float | None = None) -> Sequence[tuple[int, SendResult | ChannelDown]]:
        results, self._results = self._results, []
        return results

    def close(self) -> None:
        pass


class FolderPosts:
    """The folder as a social channel, with room for long texts."""

    limits = Limits(max_length=10_000, counting=Counting.GRAPHEMES, pictures=1)
    is_idempotent = True

    def __init__(self, options: Options, *, root: Path) -> None:
        self.name = options.name
        self._folder = root / options.path / "posts"

    def open(self) -> FolderPostSession:
        """Raises ChannelDown where the folder cannot be made."""
        _make(self.name, self._folder)
        return FolderPostSession(self.name, self._folder)


class FolderPostSession:
    def __init__(self, channel: str, folder: Path) -> None:
        self._channel = channel
        self._folder = folder

    def send(self, post: SocialPost) -> SendResult:
        """Write the post. Raises ChannelDown."""
        shown = {name: value for name, value in asdict(post).items() if name != "not_before"}
        content = json.dumps(shown, ensure_ascii=False, indent=2) + "\n"
        result = _written(self._channel, self._path(post), content.encode())
        if isinstance(result, ChannelDown):
            raise result
        return result

    def find(self, post: SocialPost) -> Accepted | None:
        """The post's file, if it is there."""
        path = self._path(post)
        return _accepted(path) if path.is_file() else None

    def close(self) -> None:
        pass

    def _path(self, post: SocialPost) -> Path:
        return self._folder / f"{_file_name(post.key)}.json"


def _make(channel: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _down(channel, folder, error) from error


def _written(channel: str, path: Path, content: bytes) -> Accepted | ChannelDown:
    """Durably, or not at all. A process that dies leaves at most a hidden part, which the next attempt replaces."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        return _down(channel, path.parent, error)
    return _accepted(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _accepted(path: Path) -> Accepted:
    return Accepted(receipt=f"{path.parent.name}/{path.name}", url=path.resolve().as_uri())


def _down(channel: str, folder: Path, error: OSError) -> ChannelDown:
    return ChannelDown(channel, f"cannot write to {folder} ({error.strerror}); free space or give write access")


def _file_name(identifier: str) -> str:
    """A name that stays inside its folder, readable where the identifier is, and different where it differs."""
    plain = re.sub(r"[^A-Za-z0-9@+_.-]", "_", identifier.strip("<>")).lstrip(".")[:_LONGEST_NAME]
    if plain and plain == identifier.strip("<>"):
        return plain
    return f"{plain}-{hashlib.sha256(identifier.encode()).hexdigest()[:16]}"
