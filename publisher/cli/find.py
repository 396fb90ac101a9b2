"""`publisher sources find`: what a page offers to read it by, as the [[source]] block to paste."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from json import dumps
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from publisher.cli.common import Config, Json, Now, moment, open_publication, print_json, print_table
from publisher.errors import PublisherError, SourceError

if TYPE_CHECKING:
    from publisher.editorial.pages.feeds import FeedLink
    from publisher.editorial.pages.listing import Listed
    from publisher.fetch import Page
    from publisher.wiring import Publication

_MOST = 6  # feeds that are looked into
_SHOWN = 5  # articles of a page without a feed


@dataclass(frozen=True, slots=True)
class Found:
    """A feed that was looked into. `error` says why it is none."""

    url: str
    title: str
    items: int = 0
    newest: datetime | None = None
    error: str = ""


def find(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="A page of the site: its front page, or the part that you want.")],
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Look for the feeds of the page at URL and print the [[source]] to paste; without a feed, that of an index."""
    from publisher.editorial.pages import as_html
    from publisher.editorial.pages.feeds import FeedLink
    from publisher.fetch import shown

    publication = open_publication(context, config)
    time = moment(now, publication)
    page = publication.fetcher.get(url)
    try:
        html = as_html(page.content, page.content_type)
    except SourceError:  # no page: then it may be the feed itself
        html, feeds = "", [_looked_into(FeedLink(page.url), publication, time)]
    else:
        feeds = _feeds(html, page, publication, time)
    best = next((feed for feed in feeds if not feed.error), None)
    articles = () if best or not html else _articles(html, page, publication)
    block = _block("feed", best.url, best.title) if best else _block("index", page.url, "") if articles else ""
    if json:
        print_json({"feeds": list(map(asdict, feeds)), "articles": list(map(asdict, articles)), "block": block})
    else:
        _print(feeds, articles, block)
    if not block:
        raise SourceError(
            f"{shown(url)}: no feed was found, and no articles that can be told from other links; give the address of "
            'a page that lists them, or name them with kind = "index" and select'
        )


def _feeds(html: str, page: Page, publication: Publication, now: datetime) -> list[Found]:
    """The feeds that the page names, each looked into; where none of them is one, the first usual place that is."""
    from publisher.editorial.pages.feeds import FeedLink, feeds_of, usual_places

    named = [_looked_into(link, publication, now) for link in feeds_of(html, page.url)[:_MOST]]
    if any(not feed.error for feed in named):
        return named
    for place in usual_places(page.url):
        feed = _looked_into(FeedLink(place), publication, now)
        if not feed.error:
            return [*named, feed]
    return named


def _looked_into(link: FeedLink, publication: Publication, now: datetime) -> Found:
    """Read as kind "feed" reads it, so that what is shown here can be collected."""
    from publisher.sources.feed import Feed, Options

    feed = Feed(Options(name="found", kind="feed", url=link.url), zone=publication.settings.publication.timezone)
    try:
        items = feed.read(publication.fetcher, None, now).items
    except PublisherError as error:
        return Found(link.url, link.title, error=error.message)
    dates = [item.published_at for item in items if item.published_at]
    return Found(link.url, link.title, len(items), max(dates, default=None))


def _articles(html: str, page: Page, publication: Publication) -> tuple[Listed, ...]:
    from publisher.editorial.pages.listing import listed

    try:
        return listed(html, page.url, publication.settings.publication.timezone)
    except SourceError:
        return ()


def _print(feeds: list[Found], articles: Sequence[Listed], block: str) -> None:
    if feeds:
        print_table(
            ["feed", "title", "items", "newest", "what went wrong"],
            [[one.url, one.title, one.items or "", str(one.newest or "")[:10], one.error] for one in feeds],
            widest=90,
        )
    elif articles:
        print(f"There is no feed. The page lists {len(articles)} articles:")
    for one in articles[:_SHOWN]:
        print(f"  {str(one.published_at or '')[:10]:10}  {one.headline}")
    if block:
        print(f"\nFor config.toml:\n\n{block}")


def _block(kind: str, url: str, title: str) -> str:
    """A [[source]] that `config.toml` takes as it is."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    name = re.sub(r"[^a-z0-9]+", "-", host.removeprefix("rss.").rpartition(".")[0].lower()).strip("-")[:40] or "source"
    lines = [f'name = "{name}"', f'kind = "{kind}"', f"url = {dumps(url)}"]
    lines += [f"title = {dumps(title, ensure_ascii=False)}"] if title else []
    return "\n".join(["[[source]]", *lines]) + "\n"
