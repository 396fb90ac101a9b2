"""The pictures of an issue: those that are stored, and the others fetched, looked at and stored, once.

Nothing is fetched inside a transaction. What cannot be had is no error here: it is missing from the answer, the reason
is stored for the editors, and it is tried again after an hour.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.domain.picture import UPLOADED, StoredPicture
from publisher.errors import FetchError, NotAsked, PictureError
from publisher.fetch import Cap, Fetcher
from publisher.fetch.pictures import Prepared, prepare
from publisher.render.links import web_address
from publisher.store import pictures
from publisher.store.db import Database

TRIED_AGAIN = timedelta(hours=1)
PATIENCE = timedelta(minutes=1)
_AT_ONCE = 8
_LATE = "did not come in the time that an issue waits for its pictures; it is asked again in an hour"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gallery:
    """The pictures of one publication.

    `max_bytes` is the most that one may have where it comes from, `patience` how long those of an issue may take.
    """

    database: Database
    fetcher: Fetcher
    max_bytes: int
    patience: timedelta = PATIENCE

    def obtain(self, urls: Collection[str], now: datetime) -> dict[str, StoredPicture]:
        """What is stored of the pictures at `urls`, after fetching what was not. What is not in it cannot be had."""
        asked = sorted({url for url in urls if len(url) <= pictures.LONGEST_URL})
        with self.database.read() as session:
            found = pictures.stored(session, asked)
            failed = pictures.failures(session, asked)
        resting = {url for url, failure in failed.items() if timedelta(0) <= now - failure.tried_at < TRIED_AGAIN}
        wanted = [url for url in asked if url not in found and url not in resting]
        for url, got in self._fetch_all(wanted):
            with self.database.write() as session:
                if isinstance(got, Prepared):
                    pictures.keep(session, url, got, now)
                    found[url] = got.facts
                else:
                    pictures.note_failure(session, url, got, now)
        return found

    def leave(self, urls: Collection[str], now: datetime) -> dict[str, StoredPicture | None]:
        """The pictures at `urls` stay where they are: nobody need be told any more that they could not be had.

        One that an editor gave is nowhere else: those are the ones that have something in the answer.
        """
        with self.database.read() as session:
            failed = pictures.failures(session, urls)
            given = pictures.stored(session, [url for url in urls if url.startswith(UPLOADED)])
        if failed:
            with self.database.write() as session:
                pictures.forget_failures(session, failed)
        return {**{url: None for url in urls if not url.startswith(UPLOADED)}, **given}

    def _fetch_all(self, urls: Collection[str]) -> Iterable[tuple[str, Prepared | str]]:
        """Side by side, because a slow host must not keep the others waiting; in order."""
        if not urls:
            return []
        fetcher = self.fetcher.for_a_run(self.patience)
        with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(urls)), thread_name_prefix="picture") as pool:
            return list(zip(urls, pool.map(lambda url: self._fetch(fetcher, url), urls), strict=True))

    def _fetch(self, fetcher: Fetcher, url: str) -> Prepared | str:
        """The picture at `url`, or why there is none."""
        try:
            address = web_address(url)
            if address is None:
                raise PictureError("has no http or https address")
            page = fetcher.get(address, cap=Cap(self.max_bytes, "max_bytes under [pictures]"))
            return prepare(page.content)
        except NotAsked:
            return _LATE
        except FetchError as error:
            return error.reason
        except PictureError as error:
            return error.message
