"""The command line: every stage by hand, for a given time, with `--json` for scripts.

Errors are one readable line with what to do; exit status 2 for wrong use, 1 for a failure, 0 for done. Heavy modules
are imported inside the commands, so that `--help` is quick.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from publisher import __version__
from publisher.cli import database, editors, issues, items, posts, sources, stages, subscribers
from publisher.errors import PublisherError

app = typer.Typer(
    name="publisher",
    help="A weekly newsletter and social publisher: collect, compose, approve, send, post.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
stages.add_to(app)
app.add_typer(items.app, name="items")
app.add_typer(issues.app, name="issues")
app.add_typer(posts.app, name="posts")
app.add_typer(subscribers.app, name="subscribers")
app.add_typer(sources.app, name="sources")
app.add_typer(sources.channels, name="channels")
app.add_typer(editors.app, name="editors")
app.add_typer(database.app, name="db")


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"publisher {__version__}")
        raise typer.Exit


@app.callback()
def publication(
    context: typer.Context,
    config: Annotated[Path, typer.Option("--config", help="The publication's settings.")] = Path("config.toml"),
    version: Annotated[bool, typer.Option("--version", callback=_tell_version, is_eager=True)] = False,
) -> None:
    context.obj = config


def main() -> None:
    """Run the command that was asked for; never shows a trace for a failure that has a name."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        app()
    except PublisherError as error:
        print(f"publisher: {error.message}", file=sys.stderr)
        sys.exit(error.exit_status)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; there is nobody to tell
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
