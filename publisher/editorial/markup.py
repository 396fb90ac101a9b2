"""The one place that turns HTML into Markdown and Markdown into what is shown.

Bodies are Markdown: CommonMark without raw HTML, headings and pictures. Nothing here fetches, no input makes it crash,
and every size is bounded. Slot marks (domain/message.py) are dropped from what comes from outside and kept in what is
rendered.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import count
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline.state_inline import Scanned, StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType

from publisher.editorial.blocks import Block, Box, lay_out, quotation
from publisher.editorial.hostile import UNUSABLE, read_html
from publisher.editorial.words import Run, markdown_line

MAX_HTML = 1_000_000  # characters that are read
MAX_MARKDOWN = 200_000  # likewise; twice what a letter may hold

_TAGS = {"p", "a", "strong", "em", "ul", "ol", "li", "blockquote", "br", "code", "pre"}
_MAX_NESTING = 50
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));", re.IGNORECASE)
_CJK = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")


def from_html(html: str, base_url: str | None = None) -> str:
    """The text of hostile HTML as Markdown, in NFC.

    Kept are paragraphs, lists, quotations, code, bold, italics and http(s) links, which are made absolute with
    `base_url`; a heading becomes a bold paragraph. Pictures, their captions, scripts, styles and whatever is hidden are
    dropped. Of the input the first MAX_HTML characters are read.
    """
    html = html[:MAX_HTML]
    if "<" not in html and "&" not in html:
        return markdown_line([Run(UNUSABLE.sub("", html))])  # nine of ten summaries, in a third of the time
    return lay_out(read_html(html, base_url))


def to_html(markdown: str) -> str:
    """`markdown` as a fragment that is well-formed XML and safe to show: p a strong em ul ol li blockquote br code pre.

    Links are http(s) or mailto; other links keep their words only. Headings are bold paragraphs, pictures their alt.
    """
    washed = nh3.clean(
        _markdown().renderer.render(_tokens(markdown), _markdown().options, {}),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    # nh3 writes HTML; of that only these two spellings are not XML.
    return washed.replace("<br>", "<br/>").replace("&nbsp;", "&#160;").strip()


def to_text(markdown: str) -> str:
    """`markdown` as plain text: links as "words (https://…)", items after "- " or a number, quotations after ">"."""
    return lay_out(_text_blocks(_tokens(markdown), with_links=True))


def plain(markdown: str) -> str:
    """The words of `markdown` without links and marks, one paragraph or list item a block, for excerpts and ranking."""
    return "\n\n".join(block.text for block in _text_blocks(_tokens(markdown), with_links=False))


def to_page(markdown: str, *, with_html: bool = False) -> str:
    """`markdown` as HTML with its headings and pictures, for reading on; never to be shown.

    `with_html` reads it as sites do that make their pages of it: with tables, and with the HTML that is written in it.
    """
    return str((_markdown_of_sites() if with_html else _markdown()).render(_NOT_XML.sub("", markdown[:MAX_MARKDOWN])))


def clean(text: str) -> str:
    """One line of text from outside: NFC, without controls, slot marks and bidi overrides, white space folded."""
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", UNUSABLE.sub("", text)).strip())


def clean_block(text: str) -> str:
    """Like `clean`, but lines stay lines and several empty ones become one; LF is the only control left."""
    lines = (clean(line) for line in re.split(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]", text))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


class _State(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        """Also lets marks stand between punctuation and a Korean particle: **"인용"**은, which CommonMark forgets."""
        scanned = super().scanDelims(start, canSplitWord)
        end = start + scanned.length
        before = self.src[start - 1 : start] or " "
        after = self.src[end : end + 1] or " "
        if self.src[start] != "*" or before.isspace() or after.isspace():
            return scanned
        opens = scanned.can_open or bool(_CJK.match(before))
        closes = scanned.can_close or bool(_CJK.match(after))
        return Scanned(opens, closes, scanned.length)


class _Inline(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        """Every link is read as one; `_tokens` then keeps only the words of those that are not safe."""
        return True


@cache
def _markdown() -> MarkdownIt:
    markdown = _Markdown("zero")
    markdown.inline = _Inline()
    return markdown.configure("commonmark", {"html": False, "maxNesting": _MAX_NESTING})


@cache
def _markdown_of_sites() -> MarkdownIt:
    markdown = _Markdown("zero")
    markdown.inline = _Inline()
    return markdown.configure("commonmark", {"html": True, "maxNesting": _MAX_NESTING}).enable("table")


def _tokens(markdown: str) -> list[Token]:
    """What is read of `markdown`, brought down to the blocks and marks that we show."""
    text = _REFERENCE.sub(_usable_reference, _NOT_XML.sub("", markdown[:MAX_MARKDOWN]))
    tokens = [token for token in _markdown().parse(text) if token.type != "hr"]
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "inline":
            token.children = list(_safe(token.children or []))
            if before is not None and before.type == "heading_open":
                token.children = [
                    Token("strong_open", "strong", 1),
                    *token.children,
                    Token("strong_close", "strong", -1),
                ]
    for token in tokens:
        if token.type.startswith("heading_"):
            token.type, token.tag = token.type.replace("heading", "paragraph"), "p"
    return tokens


def _usable_reference(match: re.Match[str]) -> str:
    """A character reference, unless it stands for a character that may only come from us: a slot mark."""
    code = int(match[1], 16) if match[1] else int(match[2])
    return "" if code > 0x10FFFF or UNUSABLE.match(chr(code)) else match[0]


def _safe(children: Iterable[Token]) -> Iterator[Token]:
    """Inline tokens: pictures as their alt, links to elsewhere than http(s) and mailto as their words."""
    kept: list[bool] = []
    for token in children:
        match token.type:
            case "image":
                yield Token("text", "", 0, content=_words(token.children or [], with_links=False))
            case "link_open":
                kept.append(bool(re.match(r"(?i)https?://|mailto:", str(token.attrs.get("href", "")))))
                if kept[-1]:
                    yield token
            case "link_close":
                if kept.pop():
                    yield token
            case _:
                yield token


def _text_blocks(tokens: Sequence[Token], with_links: bool) -> Iterator[Block]:
    path: list[Box] = []
    lists: list[tuple[int, int | None]] = []
    list_ids = count()
    for token in tokens:
        match token.type:
            case "blockquote_open":
                path.append(quotation())
            case "bullet_list_open":
                lists.append((next(list_ids), None))
            case "ordered_list_open":
                lists.append((next(list_ids), int(token.attrs.get("start", 1))))
            case "list_item_open":
                list_id, number = lists[-1]
                path.append(Box("- " if number is None else f"{number}. ", list_id))
                lists[-1] = (list_id, None if number is None else number + 1)
            case "blockquote_close" | "list_item_close":
                path.pop()
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "inline":
                if words := _words(token.children or [], with_links).strip():
                    yield Block(tuple(path), words)
            case "fence" | "code_block":
                if token.content.strip():
                    yield Block(tuple(path), token.content.strip("\n"))


def _words(children: Iterable[Token], with_links: bool) -> str:
    words: list[str] = []
    links: list[tuple[str, int]] = []
    for token in children:
        match token.type:
            case "softbreak":
                words.append(" ")
            case "hardbreak":
                words.append("\n")
            case "link_open":
                links.append((str(token.attrs.get("href", "")), len(words)))
            case "link_close":
                href, start = links.pop()
                address = href.removeprefix("mailto:")
                if with_links and unquote("".join(words[start:]).strip()) not in (unquote(address), ""):
                    words.append(f" ({address})")
            case _:
                words.append(token.content)
    return "".join(words)
