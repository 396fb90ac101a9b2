"""The proof: every surface of an issue, rendered and stored; what an approval seals.

A surface is named text: `subject`, `html`, `text`, `sender`, `page`, `audience`, and `post:CHANNEL:POSITION` for each
social post; `silent` names those that an editor leaves out, one CHANNEL:POSITION a line. Letters hold slot marks
(`domain/message.py`) where a reader's own values go.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Surface:
    """One thing that people will see, byte for byte."""

    name: str
    content: str

    @property
    def digest(self) -> str:
        """SHA-256 of the content in UTF-8, in hexadecimal."""
        return hashlib.sha256(self.content.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Proof:
    """All surfaces of one issue, in the order of their names."""

    surfaces: tuple[Surface, ...]

    @property
    def digest(self) -> str:
        """One root over all surfaces: equal if and only if every name and every byte is equal."""
        root = hashlib.sha256()
        for surface in sorted(self.surfaces, key=lambda surface: surface.name):
            root.update(f"{len(surface.name)}:{surface.name}:{surface.digest}\n".encode())
        return root.hexdigest()

    def __getitem__(self, name: str) -> str:
        """The content of the surface of that name; KeyError where there is none."""
        for surface in self.surfaces:
            if surface.name == name:
                return surface.content
        raise KeyError(name)

    def posts(self) -> Iterator[tuple[str, int, str]]:
        """(channel, position, content) of every social post."""
        for surface in self.surfaces:
            if surface.name.startswith("post:"):
                _, channel, position = surface.name.split(":")
                yield channel, int(position), surface.content


def social_channels(proof: Proof) -> set[str]:
    """The social channels that the proof knows, those on which it says nothing among them."""
    silent = next((surface.content for surface in proof.surfaces if surface.name == SILENT), "")
    return {channel for channel, _, _ in proof.posts()} | {line.partition(":")[0] for line in silent.splitlines()}


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """How one surface differs between two proofs. `diff` is a unified diff, in lines."""

    surface: str
    kind: ChangeKind
    diff: tuple[str, ...]


def changes(old: Proof, new: Proof) -> list[Change]:
    """What changed from `old` to `new`, by the name of the surface; empty when the root digests are equal."""
    before = {surface.name: surface.content for surface in old.surfaces}
    after = {surface.name: surface.content for surface in new.surfaces}
    found = []
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) == after.get(name):
            continue
        kind = (
            ChangeKind.ADDED if name not in before else ChangeKind.REMOVED if name not in after else ChangeKind.CHANGED
        )
        diff = difflib.unified_diff(
            before.get(name, "").splitlines(), after.get(name, "").splitlines(), "approved", "now", n=1, lineterm=""
        )
        found.append(Change(name, kind, tuple(diff)))
    return found
