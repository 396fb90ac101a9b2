"""MJML → HTML, without the ways in which the MJML engine (MRML) can lose a render or the process.

Measured on mjml-python 1.4.2: 12,000 nested tags end the process (2,000 do on a stack of 1 MiB); what is not
well-formed XML loses the whole render; a single-quoted attribute, or a double quotation mark in `mj-title`, breaks out
into live attributes; in attributes what Rust does not call printable becomes a backslash, "u" and a number, slot marks
and the joiners of emoji among it. So MRML never sees the text that a template made. Expat, which keeps its depth on the
heap, reads that first and refuses what is not well-formed, too deep or too long; what it read is written down again in
one spelling: double quotation marks only, everything escaped, no CDATA, no declarations. MRML's recursion is then
bounded by MAX_DEPTH, a tenth of what the smallest stack bore, so no second process is needed around it.
"""

from __future__ import annotations

import re
from html.entities import html5
from xml.parsers import expat

from mjml import mjml2html

from publisher.errors import RenderError
from publisher.render.face import Face, Filled

MAX_DEPTH = 200
MAX_LENGTH = 1_000_000

_VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_REFUSED = {
    "mj-include": "reads files on its own; use {% include %} instead",
    "mj-html-attributes": "is not understood by the MJML engine; write the attribute where it belongs",
}
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]*;)")
_INK = "#111111"
# What attributes may hold as it is: the rest is written as a number, which MRML leaves alone.
_NOT_PLAIN = re.compile("[^ !#-%'-;=?-\\[\\]-~À-ɏ가-힣一-鿿ぁ-ゖァ-ヺ]")
_NAMES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKS = re.compile(r"&#(5734[4-6]);")


def html(filled: Filled, face: Face) -> str:
    """The whole HTML of a filled MJML template. Raises RenderError with the template's line and what to do."""
    text = _NAMED.sub(lambda match: html5.get(match[1], match[0]), filled.text)
    if len(text) > MAX_LENGTH:
        raise RenderError(
            f"{face.shown(filled.name)}: the letter has {len(text):,} characters of MJML, more than {MAX_LENGTH:,}; "
            "shorten its items"
        )
    rewriter = _Rewriter()
    try:
        spelled = rewriter.rewrite(text)
    except _Mistake as mistake:
        line = filled.line_at(_start_of_line(text, mistake.line))
        raise RenderError(f"{face.shown(filled.name, line)}: {mistake.why}") from None
    try:
        made = mjml2html(spelled)
    except ValueError as error:
        raise RenderError(f"{face.shown(filled.name)}: the MJML engine says: {error}; correct the template") from error
    return paint(_MARKS.sub(lambda mark: chr(int(mark[1])), str(made)), rewriter.ink)


def paint(html: str, ink: str) -> str:
    """`html` with a background and a text colour on every table cell, each taken from what is around it.

    Dark modes that invert colours one by one need both on every cell, and the engine writes neither on most.
    """
    around = [("", ink)]

    def colour(match: re.Match[str]) -> str:
        closing, name, attributes = match[1], match[2], match[3]
        if closing:
            if len(around) > 1:
                around.pop()
            return match[0]
        style = _STYLE.search(attributes)
        own = style[1] if style else ""
        background, color = _BACKGROUND.search(own), _COLOR.search(own)
        around.append((background[1] if background else around[-1][0], color[1] if color else around[-1][1]))
        if name != "td":
            return match[0]
        if background:
            own = own.replace(background[0], "").strip(";")
        paints = f"background-color:{around[-1][0]};" if around[-1][0] else ""
        paints += "" if color else f"color:{around[-1][1]};"
        rest = attributes.replace(style[0], "") if style else attributes
        return f'<td{rest} style="{paints}{own}">'

    return _BOX.sub(colour, html)


_BOX = re.compile(r"<(/?)(body|table|td|div)\b([^>]*)>")
_STYLE = re.compile(r' style="([^"]*)"')
_BACKGROUND = re.compile(r"\bbackground(?:-color)?:(#[0-9a-fA-F]{3,6}|[a-z]+);?")
_COLOR = re.compile(r"(?:^|;)color:([^;]+)")


class _Mistake(Exception):
    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


class _Rewriter:
    """Reads XML and writes the same document in one safe spelling. `ink` is the text colour that `mj-all` gives."""

    def __init__(self) -> None:
        self.ink = _INK
        self._out: list[str] = []
        self._open: list[tuple[str, int]] = []
        self._is_tag_open = False
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.ordered_attributes = False
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.CommentHandler = self._comment
        self._parser.StartDoctypeDeclHandler = self._declaration
        self._parser.ProcessingInstructionHandler = self._declaration

    def rewrite(self, text: str) -> str:
        try:
            self._parser.Parse(text.strip(), True)
        except expat.ExpatError as error:
            raise _Mistake(error.lineno, self._explained(error)) from None
        return "".join(self._out)

    def _explained(self, error: expat.ExpatError) -> str:
        said = expat.errors.messages[error.code]
        if said == expat.errors.XML_ERROR_TAG_MISMATCH and self._open:
            return f"{said}: <{self._open[-1][0]}> is still open here; close it first"
        return f"{said}; the template must be well-formed XML: close every tag, quote every attribute, write & as &amp;"

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        if name in _REFUSED:
            raise _Mistake(line, f"<{name}> {_REFUSED[name]}")
        if name == "mj-style" and "inline" in attributes:
            raise _Mistake(line, "the MJML engine does not put styles inline; write them on the tags themselves")
        self._refuse_inside_void(line)
        if len(self._open) >= MAX_DEPTH:
            raise _Mistake(line, f"tags are nested more than {MAX_DEPTH} deep; take some of them apart")
        if name == "mj-all":
            self.ink = attributes.get("color", self.ink)
        self._end_tag()
        self._open.append((name, line))
        self._out.append("<" + name + "".join(f' {key}="{_numbered(value)}"' for key, value in attributes.items()))
        self._is_tag_open = True

    def _end(self, name: str) -> None:
        is_empty, self._is_tag_open = self._is_tag_open, False
        self._open.pop()
        if is_empty and (name in _VOID or name.startswith("mj-")):
            self._out.append("/>")
        else:
            self._out.append(f"></{name}>" if is_empty else f"</{name}>")

    def _text(self, text: str) -> None:
        self._end_tag()
        first_line = self._parser.CurrentLineNumber - text.count("\n")
        self._refuse_inside_void(first_line)
        match self._open[-1][0]:
            case "mj-style":
                # The engine hands a style sheet on as it is written, entities too.
                wrong = re.search("[<&]", text)
                if wrong:
                    line = first_line + text.count("\n", 0, wrong.start())
                    raise _Mistake(line, "a style sheet may hold neither < nor &; write it without")
                self._out.append(text)
            case "mj-title":
                # It becomes an attribute as well.
                self._out.append(_numbered(text))
            case _:
                self._out.append(_escape(text))

    def _comment(self, text: str) -> None:
        self._end_tag()
        self._out.append(f"<!--{text}-->")

    def _declaration(self, *_: object) -> None:
        raise _Mistake(self._parser.CurrentLineNumber, "<!DOCTYPE> and <?…?> have no place here; remove them")

    def _refuse_inside_void(self, line: int) -> None:
        name = self._open[-1][0] if self._open else ""
        if name in _VOID:
            raise _Mistake(line, f"<{name}> cannot hold anything; close it as <{name}/>")

    def _end_tag(self) -> None:
        if self._is_tag_open:
            self._out.append(">")
            self._is_tag_open = False


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")


def _numbered(text: str) -> str:
    return _NOT_PLAIN.sub(lambda match: _NAMES.get(match[0]) or f"&#{ord(match[0])};", text)


def _start_of_line(text: str, line: int) -> int:
    return sum(len(part) for part in text.splitlines(keepends=True)[: line - 1])
