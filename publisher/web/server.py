"""An app on a port, until it is told to stop."""

from __future__ import annotations

import errno
import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from publisher.errors import PublisherError
from publisher.web.connection import Connection

GRACEFUL_SECONDS = 2


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one. Raises PublisherError, which says what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on and an answer waits 40 ms for an acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        raise PublisherError(f"{host}:{port} cannot be listened on: {_told(error)}") from error
    return listening


class Server:
    """Serves `app` on a socket that listens. `run` blocks until `stop`, also with pages open."""

    def __init__(self, app: ASGIApp, listening: socket.socket, connection: type[Connection] = Connection) -> None:
        self._socket = listening
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=connection,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=GRACEFUL_SECONDS,
            )
        )

    @property
    def url(self) -> str:
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def run(self) -> None:
        # What was loaded stays. To look through all of it for garbage held up every answer for 100 ms, now and then.
        gc.collect()
        gc.freeze()
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        self._server.should_exit = True


@contextmanager
def serving(
    app: ASGIApp, host: str = "127.0.0.1", port: int = 0, connection: type[Connection] = Connection
) -> Iterator[str]:
    """Serve in a thread while the block lasts; gives the address."""
    server = Server(app, listen(host, port), connection)
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join(GRACEFUL_SECONDS + 2)


def _told(error: Exception) -> str:
    match error:
        case OSError(errno=errno.EADDRINUSE):
            return "another program has this port; name another with --port, or end that program"
        case OSError(errno=errno.EACCES):
            return "ports under 1024 are not ours to take; name another with --port, and put a proxy before it"
        case OSError(errno=errno.EADDRNOTAVAIL):
            return "this machine has no such address; name one that it has with --host"
        case OverflowError():
            return "a port is a number from 0 to 65535"
        case _:
            return str(error)
