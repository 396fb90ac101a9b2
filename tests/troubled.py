"""Nine sources on this machine: one that is well, and eight that are broken each in its own way."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime

import trustme

from tests.served import serving

FETCH = '\n[fetch]\nprivate_addresses = true\nspacing = 0\nretries = 0\ntimeout = "5s"\n'
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Troubled:
    """`config` is what config.toml must say; `shown` gives a text with the names of hosts that the how-to has."""

    config: str
    hosts: dict[str, str]

    def shown(self, text: str) -> str:
        for host, name in self.hosts.items():
            text = text.replace(host, name)
        return text


@contextmanager
def troubled(now: datetime) -> Iterator[Troubled]:
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(nobody)  # an authority that nobody knows
    with serving() as plain, serving(nobody) as secure:
        urls = {
            "windmere": plain.give("/windmere.xml", feed(*(now - DAY * days for days in range(2, 30, 3)))),
            "harbour": plain.give("/harbour.xml", status=404),
            "old-post": plain.give("/old-post.xml", status=410),
            "members": plain.give("/members.xml", status=401).replace("http://", "http://me:wrong@"),
            "busy": plain.give("/busy.xml", status=503, Retry_After="7200"),
            "bakery": plain.give("/bakery", b"<!doctype html><html><body><h1>Our bread</h1></body></html>"),
            "lighthouse": plain.give("/lighthouse.xml", feed(*(now - DAY * days for days in range(40, 100, 7)))),
            "ferry": plain.give("/ferry.xml", status=301, Location="/timetable/news.xml"),
            "vault": secure.give("/vault.xml", feed(now)),
        }
        plain.give("/timetable/news.xml", feed(now - DAY))
        sources = "".join(
            f'\n[[source]]\nname = "{name}"\nkind = "feed"\nurl = "{url}"\n' for name, url in urls.items()
        )
        hosts = {plain.url(""): "https://news.example.org", secure.url(""): "https://vault.example.org"}
        yield Troubled(FETCH + sources, hosts)


def feed(*moments: datetime) -> bytes:
    items = "".join(
        f"<item><guid>{moment:%Y%m%d}</guid><title>Rain</title><pubDate>{format_datetime(moment)}</pubDate></item>"
        for moment in moments
    )
    return f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()
