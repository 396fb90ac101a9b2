"""Certificates for relays, and a look at what a session leaves behind."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import trustme


@dataclass(frozen=True)
class Tls:
    """A certificate authority, and a folder with what trusts it (ca.pem) and a password."""

    authority: trustme.CA
    root: Path

    def server(self, host: str = "127.0.0.1", not_after: datetime | None = None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(host, not_after=not_after).configure_cert(context)
        return context

    def options(self, security: str = "tls") -> dict[str, Any]:
        return {"security": security, "ca_file": "ca.pem", "root": self.root}

    def login(self) -> dict[str, Any]:
        return {"username": "letter", "password": "file:password", "root": self.root}


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    root = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(root / "ca.pem")
    (root / "password").write_text("open sesame\n")
    return Tls(authority, root)


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """No thread and no socket, once sessions and relays are closed."""
    before = _threads(), _sockets()
    yield
    end = time.monotonic() + 3
    while (left := (_threads() - before[0], _sockets() - before[1])) != (set(), set()):
        assert time.monotonic() < end, f"left behind: {left}"
        time.sleep(0.02)


def _threads() -> set[threading.Thread]:
    return set(threading.enumerate())


def _sockets() -> set[str]:
    """Sockets and selectors of this process; where there is no /proc nobody looks."""
    found = set()
    folder = Path("/proc/self/fd")
    for entry in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(OSError):
            target = str(entry.readlink())
            if target.startswith(("socket:", "anon_inode:[eventpoll]")):
                found.add(f"{entry.name} {target}")
    return found
