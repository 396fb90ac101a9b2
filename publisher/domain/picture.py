"""Pictures as this publication keeps them: named by what is in them, so that a name never comes to show another one.

Each is kept as wide as the letter and the page show it where a screen has two pixels for one, and once more as narrow
as the letter shows it where a screen has one.
"""

from __future__ import annotations

from dataclasses import dataclass

WIDE, NARROW = 1_200, 600  # pixels; the letter's column has 552, the page's 656
UPLOADED = "upload:"  # what the address of a picture begins with that an editor gave; its digest follows
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png"}


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """What is known of a stored picture: the SHA-256 of its bytes, in hex, and its size in pixels.

    `small` is the same one NARROW pixels wide; None where it has no more itself.
    """

    digest: str
    media_type: str
    width: int
    height: int
    small: StoredPicture | None = None

    @property
    def file_name(self) -> str:
        """`DIGEST.jpg` or `DIGEST.png`: the last part of its address, and of its Content-ID."""
        return f"{self.digest}.{EXTENSIONS[self.media_type]}"
