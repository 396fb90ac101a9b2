"""A site that lists its stories and has no feed, as the how-to about such pages shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.served import Served, serving

NAME = "https://tidewater.example.org"
STORIES = (
    ("a-buoy-that-listens", "A buoy that listens", "2026-11-21", "It hears ships before the radar sees them."),
    ("counting-eels", "Counting eels in the dark", "2026-11-19", "Nobody had counted them since the lock was built."),
    ("salt-and-steel", "What salt does to steel", "2026-11-14", "Two years under water, and a surprise in the third."),
    ("the-quiet-pump", "The quiet pump of dock nine", "2026-11-07", "It moves a lake a day and wakes nobody."),
)
PARAGRAPHS = (
    "The people at the quay had been waiting for it since the spring, and they did not quite believe it when it came.",
    "It took four engineers, a borrowed crane and one very patient seal to find out how it has to be done.",
    "What it costs is not known yet. What it saves is written on a board beside the gate, and changed every evening.",
)


@dataclass
class Tidewater:
    served: Served

    def typed(self, command: str) -> str:
        """A command of the page, with the address that the site has here."""
        return command.replace(NAME, self.served.url("").rstrip("/"))

    def shown(self, printed: str) -> str:
        """What was printed, with the names that the site has on the page."""
        shown = printed.replace(self.served.url("").rstrip("/"), NAME)
        return shown.replace('name = "127-0-0"', 'name = "tidewater-example"')


@contextmanager
def tidewater() -> Iterator[Tidewater]:
    with serving() as served:
        cards = "".join(
            f'<article class="card"><h2><a href="/stories/{slug}">{title}</a></h2>'
            f'<time datetime="{day}">{day}</time></article>'
            for slug, title, day, _ in STORIES
        )
        head = '<meta property="og:site_name" content="Tidewater Lab">'
        menu = '<nav><a href="/about-the-lab">About the lab</a><a href="/topics/harbours">Harbours</a></nav>'
        served.give("/stories", page(f"{head}<title>Stories | Tidewater Lab</title>", f"{menu}<main>{cards}</main>"))
        for slug, title, day, dek in STORIES:
            text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
            served.give(
                f"/stories/{slug}",
                page(
                    f"{head}<title>{title} | Tidewater Lab</title>"
                    f'<meta property="article:published_time" content="{day}T08:00:00+00:00">',
                    f'{menu}<article><h1>{title}</h1><p class="dek">{dek}</p><p class="byline">By Lin Abara</p>'
                    f'<figure><img src="/img/{slug}.jpg" width="1200" height="800" alt="The harbour at low tide">'
                    f"<figcaption>Low tide. Photo: Jo Tran</figcaption></figure>{text}</article>",
                ),
            )
        yield Tidewater(served)


def page(head: str, body: str) -> bytes:
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'.encode()
