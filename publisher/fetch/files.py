"""`file:` URLs, for sources that config.toml keeps on this machine."""

from __future__ import annotations

import stat
from pathlib import Path
from urllib.parse import unquote

from publisher.errors import FetchError


def read_file(url: str, root: Path, max_bytes: int) -> tuple[str, bytes]:
    """The file's own URL and its content. `file:a/b` is relative to `root`. Raises FetchError, naming the file."""
    where = url[len("file:") :]
    if where.startswith("//"):  # file:///absolute, file://localhost/absolute
        where = "/" + where[2:].partition("/")[2]
    try:
        path = root / where
        if not path.exists():
            path = root / unquote(where)
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise FetchError(url, "is a directory; name the file in it")
        if not stat.S_ISREG(found.st_mode):
            raise FetchError(url, "is not a file that can be read to its end")
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except FileNotFoundError as error:
        raise FetchError(url, f"there is no such file ({root / where}); check the path") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "this is not a path"
        raise FetchError(url, f"cannot be read: {reason.lower()}") from error
    if len(content) > max_bytes:
        raise FetchError(url, f"is larger than {max_bytes:,} bytes (max_bytes under [fetch])")
    return path.resolve().as_uri(), content
