"""Looking at sources on a terminal shows how far it is and which are being read; in a pipe it shows nothing."""

from __future__ import annotations

import io
import sys

import pytest

from publisher.cli.common import print_table
from publisher.cli.reading import showing


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_how_far_it_is_and_who_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with showing(3) as told:
        for name in ("windmere", "[bold]harbour"):
            told(name, False)
        told("windmere", True)
    shown = stream.getvalue()
    assert "1/3" in shown and "[bold]harbour" in shown.split("1/3")[-1]


@pytest.mark.parametrize(("stream", "is_quiet"), [(io.StringIO(), False), (Terminal(), True)], ids=["pipe", "json"])
def test_nothing_is_shown_in_a_pipe_or_beside_json(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, is_quiet: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with showing(3, is_quiet=is_quiet) as told:
        told("windmere", False)
        told("windmere", True)
    assert stream.getvalue() == ""


def test_what_to_do_goes_on_below_itself_where_a_terminal_is_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    print_table(["source", "what"], [["windmere", "check the address that it has, or take it out"]], wraps=True)
    assert stream.getvalue().splitlines() == [
        "source    what",
        "windmere  check the address that it has,",
        "          or take it out",
    ]
