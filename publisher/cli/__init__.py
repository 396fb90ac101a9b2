"""The command line: every stage by hand, for a given time, with `--json` for scripts.

Errors are one readable line with what to do; exit status 2 for wrong use, 1 for a failure, 0 for done. Heavy modules
are imported inside the commands, so that `--help` is quick.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Annotated

import typer

from publisher import __version__
from publisher.cli import demo, run, stages
from publisher.errors import PublisherError, WrongUse

# When to look for garbage. A command makes many objects that live to its end: looking through them all the time, as
# often as is usual, costs a tenth of it.
GARBAGE = (50_000, 20, 20)

# name → where it is, and what --help says of it
GROUPS = {
    "items": ("publisher.cli.items:app", "Candidate stories."),
    "issues": ("publisher.cli.issues:app", "The numbered issues."),
    "posts": ("publisher.cli.posts:app", "Posts on social channels."),
    "subscribers": ("publisher.cli.subscribers:app", "The people who get the letter."),
    "sources": ("publisher.cli.sources:app", "Where items come from."),
    "channels": ("publisher.cli.sources:channels", "Where issues go."),
    "mail": ("publisher.cli.mail:app", "What the sender's domain answers for."),
    "notices": ("publisher.cli.notices:app", "What editors are told by mail."),
    "editors": ("publisher.cli.editors:app", "Who may approve."),
    "db": ("publisher.cli.database:app", "The database."),
}


def build(words: Container[str]) -> typer.Typer:
    """The command with the groups that `words` name; of the others the names only, which saves a tenth of a second."""
    app = typer.Typer(
        name="publisher",
        help="A weekly newsletter and social publisher: collect, compose, approve, send, post.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(publication)
    stages.add_to(app)
    run.add_to(app)
    demo.add_to(app)
    for name, (place, told) in GROUPS.items():
        module, _, attribute = place.partition(":")
        group = getattr(importlib.import_module(module), attribute) if name in words else _closed_group()
        app.add_typer(group, name=name, help=told)
    return app


def _closed_group() -> typer.Typer:
    group = typer.Typer()
    group.callback()(lambda: None)
    return group


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"publisher {__version__}")
        raise typer.Exit


def publication(
    context: typer.Context,
    config: Annotated[Path, typer.Option("--config", help="The publication's settings.")] = Path("config.toml"),
    version: Annotated[bool, typer.Option("--version", callback=_tell_version, is_eager=True)] = False,
) -> None:
    context.obj = config


def _must_be_text(words: Iterable[str]) -> None:
    """Python hands bytes that are no UTF-8 on as lone surrogates, which no page, mail or database takes."""
    for at, word in enumerate(words, start=1):
        try:
            word.encode()
        except UnicodeEncodeError:
            shown = word.encode(errors="backslashreplace").decode()
            raise WrongUse(f"argument {at} is not UTF-8 text: {shown[:60]}; write it in UTF-8") from None


def main() -> None:
    """Run the command that was asked for; never shows a trace for a failure that has a name."""
    gc.set_threshold(*GARBAGE)
    # Pydantic would look for plugins in the metadata of every package that is installed, and nothing here has any.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    try:
        try:
            _must_be_text(sys.argv[1:])
            build(sys.argv)()
        finally:
            sys.stdout.flush()
    except PublisherError as error:
        print(f"publisher: {error.message}", file=sys.stderr)
        sys.exit(error.exit_status)
    except BrokenPipeError:
        # The reader of our output has gone: there is nobody to tell, and nothing must be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"publisher: {where}{error.strerror or error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
