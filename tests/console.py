"""Runs the ```console blocks of a page as a reader would, and compares what is printed with what the page says.

A line that begins with "$ " is a command for one bash that goes on from block to block; the lines under it are what it
prints. What differs from day to day is compared by its shape only: digests, times, ports, tokens, numbers of seconds.
"…" on a line of its own stands for any lines, at the end of a line for its rest. A block marked `console background`
holds one command that goes on running; what follows its "^C" is printed once it is interrupted, at the end.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(r"^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
# What is never the same twice, each with the shape that it must have.
_SHAPES = (
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d \d\d:\d\d [A-Z]{3,4}",
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?",
    r"http://127\.0\.0\.1:\d+",
    r"/desk/(?:enter|invited)/[0-9]+-[0-9a-f]{16}-[0-9]+\.[a-z2-7]{20,}",
    r"\b[0-9a-f]{12}\b",
    r"\b[0-9a-f]{64}\b",
    r"\b\d+ KB\b",
    r"\bin \d+ (?:days?|hours?|h|min|minutes?)\b",
)
_MASK = re.compile("|".join(f"({shape})" for shape in _SHAPES))
_END = "end of the output of "


@dataclass(frozen=True)
class Block:
    """One fenced block; `line` is where it begins on its page."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Step:
    """A command, and what the page says that it prints."""

    command: str
    says: str


def blocks(page: str) -> Iterator[Block]:
    for match in _FENCE.finditer(page):
        yield Block(match["language"].strip(), match["text"], page.count("\n", 0, match.start()) + 1)


def steps(block: Block) -> list[Step]:
    found: list[Step] = []
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, says = part.partition("\n")
        while command.endswith("\\"):
            more, _, says = says.partition("\n")
            command = f"{command}\n{more}"
        found.append(Step(command, says.rstrip("\n")))
    return found


def as_said(said: str, says: str) -> bool:
    """Whether what was printed is what the page says, but for what is never the same twice."""
    return re.fullmatch(_pattern(says), said.rstrip("\n"), re.DOTALL) is not None


def _pattern(says: str) -> str:
    lines = says.split("\n")
    pattern = "\n".join(_line_pattern(line) for line in lines)
    # Any lines, none among them: before others, after others, and alone.
    return pattern.replace("\0\n", r"(?:[^\n]*\n)*").replace("\n\0", r"(?:\n.*)?").replace("\0", ".*")


def _line_pattern(line: str) -> str:
    if line.strip() == "…":
        return "\0"
    is_cut = line.endswith(" …")
    line = line.removesuffix("…") if is_cut else line
    made, at = "", 0
    for match in _MASK.finditer(line):
        assert match.lastindex
        made += re.escape(line[at : match.start()]) + _SHAPES[match.lastindex - 1]
        at = match.end()
    # Columns are as wide as what is in them, which is not the same every day either.
    made += re.escape(line[at:])
    return re.sub(r"(?:\\ ){2,}", r" {2,}", made) + ("[^\n]*" if is_cut else "")


class Running:
    """A command in the background; `printed` grows while it runs."""

    def __init__(self, step: Step, process: subprocess.Popen[str]) -> None:
        self.step = step
        self.process = process
        self.printed: list[str] = []
        self.before = ("", 0)
        self.has_begun = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.printed.append(line)
            self.has_begun.set()
        self.has_begun.set()

    def interrupt(self, *, must_end_well: bool = True) -> str:
        """Ctrl-C; all that it printed."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(30)
        self._thread.join()
        assert self.process.stdout
        self.process.stdout.close()
        assert status == 0 or not must_end_well, "".join(self.printed)
        printed, greeting = self.before
        return printed + "".join(self.printed[greeting:])


@dataclass
class Console:
    """One bash in `folder`. `edit` may change a command before it is run, for what only the test knows."""

    folder: Path
    environ: Mapping[str, str]
    edit: Callable[[str], str] = lambda command: command
    said: str = ""
    background: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=self.folder,
            env=self._environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )

    def _environ(self) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "200",
            **self.environ,
        }

    def run(self, command: str) -> str:
        """What the command prints, both streams together."""
        bash = self._bash
        assert bash.stdin and bash.stdout
        end = f"{_END}{len(self.said)}"
        bash.stdin.write(f"{self.edit(command)}\nprintf '\\n%s\\n' '{end}'\n")
        bash.stdin.flush()
        printed = ""
        for line in bash.stdout:
            if line == f"{end}\n":
                break
            printed += line
        printed = printed.removesuffix("\n")
        self.said += f"$ {command}\n{printed}"
        return printed

    def play(self, block: Block) -> None:
        """Run every command of the block. Raises AssertionError where the page does not say what was printed."""
        if block.language == "console background":
            [step] = steps(block)
            self._begin(step)
            return
        for step in steps(block):
            printed = self.run(step.command)
            assert as_said(printed, step.says), (
                f"line {block.line}: $ {step.command}\n--- the page says\n{step.says}\n--- it printed\n{printed}"
            )

    def _begin(self, step: Step) -> None:
        """What is printed so far must be how the page begins; the rest is compared when it is interrupted."""
        begin = step.says.split("\n")[0]
        process = subprocess.Popen(
            ["bash", "-c", f"exec {self.edit(step.command)}"],
            cwd=self.run("pwd").strip(),
            env=self._environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
        running = Running(step, process)
        self.background.append(running)
        assert running.has_begun.wait(60) and running.printed, "it printed nothing"
        assert as_said(running.printed[0], begin), "".join(running.printed)

    def restart(self, greeting: int) -> None:
        """End what is in the background, and begin it again with what `edit` makes of it now, as if it went on.

        Its first `greeting` lines are not printed a second time.
        """
        before = self.background.pop()
        printed = before.interrupt()
        self._begin(before.step)
        self.background[-1].before = (printed, greeting)

    def interrupt(self) -> None:
        """Ctrl-C to everything in the background; each must end well, and have printed what the page says."""
        while self.background:
            running = self.background.pop()
            printed = running.interrupt()
            before, _, after = running.step.says.partition("^C")
            says = f"{before}{after}".strip("\n")
            assert as_said(printed, says), f"--- the page says\n{says}\n--- it printed\n{printed}"

    def close(self) -> None:
        for running in self.background:
            running.process.kill()
            running.interrupt(must_end_well=False)
        assert self._bash.stdin and self._bash.stdout
        self._bash.stdin.close()
        self._bash.wait(10)
        self._bash.stdout.close()
