"""The look's own files, held in memory: they are few, small, and the same until the program is."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import replace
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from publisher.web.kept import Made, given

WORTH_PACKING = 1_000  # bytes
MAX_AGE = "public, max-age=300"


class Files:
    """An ASGI application that serves the files of `folders` as they were when it was made.

    A file of a later folder takes the place of one with its name; a folder need not be there.
    """

    def __init__(self, *folders: Path) -> None:
        paths = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
        self._files = {path.name: _made(path) for path in paths if path.is_file()}
        self._packed = {name: _packed(made) for name, made in self._files.items() if len(made.content) >= WORTH_PACKING}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        if request.method not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        await self.answer(request, request.url.path.rpartition("/")[2])(scope, receive, send)

    def answer(self, request: Request, name: str) -> Response:
        """The file of that name. Raises HTTPException where there is none."""
        found = self._files.get(name)
        if found is None:
            raise HTTPException(404)
        takes_gzip = re.search(r"(?:^|,)\s*gzip\s*(?:,|$)", request.headers.get("accept-encoding", ""))
        return given(request, self._packed.get(name, found) if takes_gzip else found)


def _packed(made: Made) -> Made:
    """The file as gzip has it, for whoever takes that (RFC 9110, 12.5.3); its tag is another one."""
    headers = {**made.headers, "Content-Encoding": "gzip"}
    return replace(made, content=gzip.compress(made.content, mtime=0), tag=f"{made.tag}-gz", headers=headers)


def _made(path: Path) -> Made:
    content = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Made(
        content,
        media_type,
        hashlib.sha256(content).hexdigest()[:32],
        {"Cache-Control": MAX_AGE, "Vary": "Accept-Encoding"},
    )
