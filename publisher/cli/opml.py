"""`publisher sources import` and `export`: lists of feeds, as feed readers give and take them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.common import Config, Now, moment, open_publication
from publisher.errors import TransferError, WrongUse

if TYPE_CHECKING:
    from publisher.transfer.opml import FeedList

_MOST_TOLD = 20


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A list of feeds in OPML, as feed readers export it.")],
    append: Annotated[bool, typer.Option("--append", help="Add them to config.toml instead of printing them.")] = False,
    config: Config = None,
) -> None:
    """Print the feeds of an OPML file as [[source]] blocks; those that are there already are left out."""
    from publisher.stages import subscribe
    from publisher.transfer.opml import blocks, new_feeds
    from publisher.wiring import load_settings

    sources = open_publication(context, config).settings.sources
    found = _read(file)
    new, old = new_feeds(found.feeds, [each.name for each in sources], [getattr(each, "url", "") for each in sources])
    _tell([*found.problems, *(f"{feed.title or feed.url} is a source already" for feed in old)])
    if not append:
        print(blocks(new), end="")
        return
    path = config or context.find_root().obj
    if new:
        subscribe.run(path, blocks(new), check=load_settings)
    for feed in new:
        print(f"added {feed.name}: {feed.title}")
    print(f"{len(new)} added to {path}, {len(old)} there already")


def export(context: typer.Context, config: Config = None, now: Now = None) -> None:
    """Print every feed of config.toml as OPML 2.0, for a feed reader."""
    from publisher.transfer.opml import ListedFeed, without_user, write_opml

    publication = open_publication(context, config)
    feeds, left_out = [], []
    for options in publication.settings.sources:
        url = getattr(options, "url", "")
        if options.kind == "feed" and url.lower().startswith("http"):
            feeds.append(ListedFeed(options.title or options.name, url, options.language))
        else:
            left_out.append(f"{options.name} is no feed on the web (kind {options.kind}) and is left out")
    left_out += [
        f"{feed.title}: its name and password are left out" for feed in feeds if without_user(feed.url) != feed.url
    ]
    _tell(left_out)
    title = publication.settings.publication.name
    sys.stdout.buffer.write(write_opml(feeds, title=title, now=moment(now, publication)))


def _read(file: Path) -> FeedList:
    from publisher.transfer.opml import MAX_BYTES, read_opml

    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise WrongUse(f"{file}: cannot be read ({(error.strerror or 'error').lower()}); name an OPML file") from error
    try:
        return read_opml(content)
    except TransferError as error:
        raise TransferError(f"{file}: {error.message}") from error


def _tell(lines: Iterable[str]) -> None:
    """What a person should know, apart from what is printed for a file."""
    told = list(lines)
    for line in told[:_MOST_TOLD]:
        print(line, file=sys.stderr)
    if len(told) > _MOST_TOLD:
        print(f"and {len(told) - _MOST_TOLD:,} more like these", file=sys.stderr)
