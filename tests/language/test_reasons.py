"""Whatever reason the program stores in English is told in Korean, and no pattern is left over from one it had."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from publisher.language import language
from publisher.language.particles import with_particles
from publisher.language.reasons import LONGEST, Reasons

PACKAGE = Path(__file__).parents[2] / "publisher"
SHOWN = (
    *("domain", "delivery", "channels", "scheduler", "scheduler.py", "fetch", "mail", "render"),
    *("stages/approve.py", "stages/edit.py", "stages/render.py", "stages/release.py", "stages/send.py"),
    *("stages/compose.py", "stages/collect.py", "stages/skip.py", "stages/notify.py", "gallery.py"),
    *("stages/cancel.py", "stages/pause.py", "stages/resolve.py"),
    *("sources/feed", "sources/markdown.py", "editorial/pages", "editorial/columns", "editorial/frontmatter.py"),
    *(
        "stages/correct.py",
        "editorial/selection.py",
        "store/ledger.py",
        "store/pictures.py",
        "store/proofs.py",
        "config/values.py",
    ),
)
# Which argument of a call is a reason, by the last name of what is called.
ARGUMENT = {
    **dict.fromkeys(("Refused", "Deferred", "Unknown", "Returned", "Dropped", "SendAgain", "Lost", "BadTls"), 0),
    **dict.fromkeys(("_down", "ApprovalError", "RenderError", "SecretMissing", "PictureError", "WireError"), 0),
    "SourceError": 0,
    **dict.fromkeys(("ChannelDown", "FetchError", "FetchRefused", "_Passing"), 1),
    **dict.fromkeys(("ClockWrong", "NotDone", "Busy"), 0),
    **dict.fromkeys(("_failed", "Needed"), 1),
    "set_state": 3,
}
NAMES = frozenset({"reason", "hold_reason", "down", "problem", "why", "trouble"})
SAYING = re.compile(
    r"_?(hold_reason|too_few|moved|unfit|what_to_do|spoken|reason|certificate_fault|same_story|problem)s?"
)
# What stands for a value in an example; a value that is a sentence of its own is told as well.
EXAMPLES = {
    "_items(most)": "2 items",
    "_items(self.rules.per_source)": "2 items",
    "_same_story(item, used)": "tells the same story as item 7 (Windmere Post)",
    "_ordinal(rank)": "7th",
    "_what_to_do(answer)": "check api_url",
    "self._said(answer)": "X said 400",
    "_phrase(status)": " (not found)",
    "todo": "ask who runs the relay",
    "issue.state": "sent",
    "row.state": "sent",
    "verb": "approved",
    "error.message or ''": "unexpected end of template",
    "issue.state_reason": "the issue is empty",
    "self.shown(name)": "letter.mjml.j2",
    "_advice(text, page.url)": "give the address of the feed itself",
    "what": "text of another kind",
    "advice": "correct it there",
    "why": "has no text of its own",
    "EXPECTED": "expected is a column: a title, then items each under a sub-heading (a heading, a bold line, “■ …”, "
    "“1. …”) with paragraphs of its own",
}
AFTER = "relay.example.org:25 "  # some are only half a sentence, which follows a place


def texts(node: ast.expr | None) -> Iterator[str]:
    """Examples of what an expression that is made of literals may say."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            for chosen in itertools.product(*([*_part(part)] for part in parts)):
                yield "".join(chosen)
        case ast.IfExp(body=body, orelse=orelse):
            yield from texts(body)
            yield from texts(orelse)
        case ast.BoolOp(values=values):
            for value in values:
                yield from texts(value)
        case ast.Tuple(elts=elements):
            for element in elements:
                yield from texts(element)
        case ast.Subscript(value=value):
            yield from texts(value)


def _part(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.FormattedValue):
        found = list(texts(node.value))
        yield from found or [EXAMPLES.get(ast.unparse(node.value), "7")]
    else:
        yield from texts(node)


def reasons_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    saying = {
        id(inner)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and SAYING.fullmatch(function.name)
        for inner in ast.walk(function)
    }
    for node in ast.walk(tree):
        for expression in _expressions(node, id(node) in saying):
            for text in texts(expression):
                yield expression.lineno, text


def _expressions(node: ast.AST, is_in_saying: bool) -> Iterator[ast.expr]:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args, keywords=keywords):
            at = ARGUMENT.get(name)
            if at is not None and len(args) > at:
                yield args[at]
            yield from (keyword.value for keyword in keywords if keyword.arg in NAMES)
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in NAMES or _is_sentence(name, value):
            yield value
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            named = zip(names, values, strict=True)
            yield from (value for name, value in named if isinstance(name, ast.Name) and name.id in NAMES)
        case ast.Return(value=ast.expr() as value) if is_in_saying:
            yield value


def _is_sentence(name: str, value: ast.expr) -> bool:
    """A reason that has a name, like `GONE`."""
    return name.isupper() and any(re.fullmatch(r"[a-z]+( \S+){2,}", text) for text in texts(value))


@cache
def stored() -> dict[str, str]:
    """Examples of every reason in the code, and where each stands."""
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if place.startswith(SHOWN):
            for line, text in reasons_in(ast.parse(path.read_text(encoding="utf-8"))):
                if re.search(r"[a-z]{3}", text):
                    found.setdefault(text, f"{place}:{line}")
    return found


def patterns() -> list[tuple[str, str]]:
    with (PACKAGE / "language" / "ko" / "reasons.po").open("rb") as file:
        return [(str(message.id), str(message.string)) for message in read_po(file) if message.id]


def is_told(text: str) -> bool:
    return bool(re.search("[가-힣]", language("ko").tell(text)))


def test_every_reason_in_the_code_is_told_in_korean() -> None:
    untold = {text: place for text, place in stored().items() if not is_told(text) and not is_told(AFTER + text)}
    assert not untold, "\n".join(f"{place}: {text}" for text, place in untold.items())


def test_a_translation_keeps_every_placeholder() -> None:
    for english, said in patterns():
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", said)), english
        assert re.search("[가-힣]", said) or english.startswith("http"), english


def test_no_pattern_is_left_over() -> None:
    """The longest piece between the placeholders of a pattern stands in the code."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py")))
    code = re.sub(r"""["']\s*\n\s*f?["']""", "", code).replace("\\", "")  # a sentence that is written on several lines
    stale = []
    for english, _ in patterns():
        pieces = [piece.strip(' .,;:()“”"') for piece in re.split(r"\{\w+\}", english)]
        if max(pieces, key=len) not in code and english not in OF_THE_SYSTEM and not re.match(ASSEMBLED, english):
            stale.append(english)
    assert not stale


ASSEMBLED = r"only|ranked|1 item o|\{items\} items o|its subject is also in|No\. \{number\} is \{state\}"
OF_THE_SYSTEM = frozenset(  # and of Jinja
    {
        "unexpected end of template",
        "Connection refused",
        "connection refused",
        "Network is unreachable",
        "No route to host",
        "No such file or directory",
        "Permission denied",
        "No space left on device",
        "Read-only file system",
    }
)


@pytest.mark.parametrize(
    ("stored_reason", "told"),
    [
        ("late by 7 h 5 min, and the grace is 6 h", "예정보다 7시간 5분 늦었고, 허용하는 지연은 6시간입니다"),
        (
            "expired: still deferred after 24 h (450 busy (at RCPT))",
            "24시간이 지나도록 미뤄져 기한이 끝났습니다(450 busy (RCPT 단계))",
        ),
        ("told by 3 sources; has a text", "출처 3곳이 다뤘습니다. 본문이 있습니다"),
        (
            "the strongest one left from Windmere Post; has a text",
            "Windmere Post에서 남은 기사 중 우선순위가 가장 높습니다. 본문이 있습니다",
        ),
        ("what nobody foresaw; left", "what nobody foresaw. 구독을 해지했습니다"),
        ("No. 44 is draft", "44호: 초안"),
        ("there is no issue 999; there are 43 to 44", "999호는 없습니다. 43호부터 44호까지 있습니다"),
        (
            "posts: a.md: line 1: the front matter has no end; close it with a line ---",
            "posts: a.md: 1번째 줄: 머리말이 끝나지 않습니다. --- 줄로 닫아 주십시오",
        ),
        (
            "https://a.example/x: is a PDF, not a page; write the item by hand with its address",
            "https://a.example/x: 페이지가 아니라 PDF입니다. 그 주소로 직접 써 주십시오",
        ),
        ("file:a: what nobody foresaw; left", "file:a: what nobody foresaw. 구독을 해지했습니다"),
        ("what nobody foresaw", "what nobody foresaw"),
        ("", ""),
    ],
)
def test_a_stored_reason_is_told(stored_reason: str, told: str) -> None:
    assert language("ko").tell(stored_reason) == told
    assert language("en").tell(stored_reason) == stored_reason


def test_a_value_from_outside_is_not_translated() -> None:
    """An address, a headline or a relay's words may look like a sentence of ours; they stay."""
    assert language("ko").tell("pulled back by left") == "left 님이 승인을 회수했습니다"


@given(st.text(alphabet="({; :)}atfor24h", max_size=LONGEST))
def test_no_text_is_slow_or_lost(text: str) -> None:
    assert language("ko").tell(text) or not text


def test_what_is_longer_than_a_reason_is_left_alone() -> None:
    assert Reasons.of([("so {reason}", "그래서 {reason}")]).tell("so " * LONGEST) == "so " * LONGEST


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("지붕(이/가)", "지붕이"),
        ("버스(이/가)", "버스가"),
        ("43호(을/를)", "43호를"),
        ("3(은/는)", "3은"),
        ("서울(으로/로)", "서울로"),
        ("부산(으로/로)", "부산으로"),
        ("‘도서관’(과/와)", "‘도서관’과"),
        ("smtp(이/가)", "smtp가"),
        ("mastodon(은/는)", "mastodon은"),
        ("(은/는)", "는"),
    ],
)
def test_a_particle_fits_the_word_before_it(written: str, read: str) -> None:
    assert with_particles(written) == read
