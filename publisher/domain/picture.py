"""Pictures as this publication keeps them: named by what is in them, so that a name never comes to show another one."""

from __future__ import annotations

from dataclasses import dataclass

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png"}


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """What is known of a stored picture: the SHA-256 of its bytes, in hex, and its size in pixels."""

    digest: str
    media_type: str
    width: int
    height: int

    @property
    def file_name(self) -> str:
        """`DIGEST.jpg` or `DIGEST.png`: the last part of its address, and of its Content-ID."""
        return f"{self.digest}.{EXTENSIONS[self.media_type]}"
