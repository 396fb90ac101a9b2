"""A column's page as HTML, with everything that a news site puts around it, taken apart into lines and pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from publisher.domain.message import Picture
from publisher.editorial.columns.head import Said, read_head
from publisher.editorial.columns.lines import is_source_link
from publisher.editorial.columns.parts import Head, Link, Page, Part
from publisher.editorial.hostile import DROPPED, HtmlReader, feed_html, is_hidden, web_link
from publisher.editorial.markup import clean
from publisher.editorial.words import STRONG, Run, fenced, markdown_line

MAX_PAGE = 5_000_000  # characters that are read
_MAX_NODES = 20_000  # elements that are read; a news page has some thousand
_MAX_DEPTH = 100
_SKIPPED = DROPPED - {"head", "title", "figcaption"}
_APART = ("nav", "footer", "aside")
_APART_ROLES = ("navigation", "complementary", "banner", "contentinfo", "dialog", "search", "alertdialog", "menu")
# Words of a class or id. A node with one of the first is left out, unless most of the page's words are in it.
_CLUTTER = re.compile(
    r"ads?|adv|advert\w*|banner|breadcrumbs?|comments?|reply|cookies?|consent|copyright|footer|gnb|gdpr|keywords?|lnb|login|menu|modal"
    r"|mostread|nav|navigation|newsletter|paging|pagination|poll|popular|popup|print|promo|rank|ranking|recommend\w*|related|share|sharing"
    r"|shares|sidebar|signup|cta|skip|sns|social|sponsor\w*|subscribe|subscription|tags?|tool|toolbar|tools|trending|util|utils|utility|btn|btns|button|buttons|fontsize"
)
_HINTS = {
    "note": re.compile(r"editor-?s?-?note|editornote|editorsnote|note-?editor"),
    "dek": re.compile(r"deks?|deck|sub-?titles?|sub-?tit|standfirst|sub-?head(?:line)?s?"),
    "caption": re.compile(
        r"(?:fig|img|image|photo|picture)?-?captions?|(?:img|image|photo|picture|fig)-?(?:desc|txt|text|info|source|credit)|credit"
    ),
    "byline": re.compile(r"bylines?|authors?|reporters?|journalists?|writers?"),
    "date": re.compile(r"dates?|published|datetime|pubdate|article-?date|timestamp|time"),
    "series": re.compile(r"series|series-?(?:name|title)|column-?name"),
}
_LONGEST_HINTED = 600
_BODY = re.compile(
    r"article-?body|articlebody|article-?(?:content|text|txt)|entry-?content|post-?content|story-?body|news-?body|view-?cont?"
)
_UNSEEN_PICTURE = re.compile(
    r"(?:^|[/_.-])(?:logo|icon|ico|btn|button|blank|spacer|pixel|tracking|sprite|avatar|profile|banner|ads?)(?=$|[/_.\d-])"
)


@dataclass(slots=True)
class Node:
    """An element, with `size`: how many characters are in it, and `words`: how many of them are no link's."""

    tag: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)
    words: int = 0
    size: int = 0

    def names(self) -> set[str]:
        """The words of its class and id, in small letters, and each name as a whole: `ArticleBody` → article, body."""
        found: set[str] = set()
        for name in f"{self.attributes.get('class', '')} {self.attributes.get('id', '')}"[:500].split():
            whole = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).replace("_", "-").lower()
            found |= {whole, *whole.split("-")}
        return found

    def nodes(self) -> Iterator[Node]:
        return (child for child in self.children if isinstance(child, Node))


def read_html_page(html: str, url: str | None, zone: ZoneInfo) -> Page:
    """The lines and pictures of the page's article, in order. `url` is where the page was found, if on the web."""
    tree = _TreeReader()
    with suppress(_Enough):
        feed_html(html[:MAX_PAGE], tree)
    head = read_head(tree.said, url, zone)
    _weigh(tree.root, is_link=False)
    _prune(tree.root, tree.root.words, is_article=False)
    title = _title(tree.root, head)
    body = _body(tree.root)
    region = _common(tree.root, title, body) if title else body
    parts = _PartReader(head.url or None, title, body).read(region)
    return Page(tuple(parts), head)


class _Enough(Exception):
    """As many elements as are read have been read."""


class _TreeReader:
    """A tree of bounded depth and size; a tag that is too deep is left out, its words are not."""

    def __init__(self) -> None:
        self.root = Node("html", {})
        self.said = Said()
        self._nodes = [self.root]
        self._is_open: list[bool] = []  # for each open tag, whether it has a node
        self._skipping = 0
        self._tags = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._skipping or tag in _SKIPPED or is_hidden(attributes):
            self._skipping += 1
            if "ld+json" in attributes.get("type", ""):
                self.said.json.append("")
            return
        self._tags += 1
        if self._tags > _MAX_NODES:
            raise _Enough
        has_node = len(self._nodes) < _MAX_DEPTH
        self._is_open.append(has_node)
        if has_node:
            node = Node(tag, dict(attributes))
            self._nodes[-1].children.append(node)
            self._nodes.append(node)
        self._note_head(tag, attributes)

    def end(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= 1
        elif self._is_open.pop():
            self._nodes.pop()

    def data(self, text: str) -> None:
        if self._skipping:
            if self.said.json and not self.said.json[-1] and text.lstrip()[:1] in ("{", "["):
                self.said.json[-1] = text
        elif self._nodes[-1].tag == "title":
            self.said.title += text
        else:
            self._nodes[-1].children.append(text)

    def close(self) -> None:
        """The root is whole already."""

    def _note_head(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "meta":
            name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""
            self.said.meta.setdefault(name.lower(), clean(attributes.get("content", "")))
        elif tag == "link" and "canonical" in attributes.get("rel", "").lower().split():
            self.said.canonical = self.said.canonical or attributes.get("href", "")


def _weigh(node: Node, is_link: bool) -> None:
    for child in node.children:
        if isinstance(child, Node):
            _weigh(child, is_link or child.tag == "a")
            node.words += child.words
            node.size += child.size
        else:
            length = len(child.strip())
            node.size += length
            node.words += 0 if is_link else length


def _prune(node: Node, total: int, is_article: bool) -> None:
    """Leave out what is around the article: by element, role and the names that news sites give to such parts."""
    is_article = is_article or node.tag in ("article", "main")
    node.children = [
        child for child in node.children if not isinstance(child, Node) or not _is_around(child, total, is_article)
    ]
    for child in node.nodes():
        _prune(child, total, is_article)


def _is_around(node: Node, total: int, is_article: bool) -> bool:
    names = node.names()
    if node.tag in ("body", "main") or node.words * 2 > total or any(map(_HINTS["note"].fullmatch, names)):
        return False
    if node.tag == "aside" and re.match(r"\W*(?:편집자|editor)", _text(node).lstrip(), re.IGNORECASE):
        return False
    if _find(node, "h1"):
        return False
    return (
        node.tag in ("nav", "aside")
        or (node.tag in ("header", "footer", "form") and not is_article)
        or node.attributes.get("role", "") in _APART_ROLES
        or (any(map(_CLUTTER.fullmatch, names)) and not is_source_link(clean(_text(node))))  # a button, but the item's
    )


def _text(node: Node) -> str:
    return "".join(child if isinstance(child, str) else _text(child) for child in node.children)


def _find(node: Node, tag: str) -> list[Node]:
    """Every such element in the node, in order."""
    found: list[Node] = []
    for child in node.nodes():
        found += [child] if child.tag == tag else _find(child, tag)
    return found


def _title(root: Node, head: Head) -> Node | None:
    """The heading that has the page's title: not a logo with the site's name."""
    texts = {id(node): clean(_text(node)) for node in _find(root, "h1")}
    headings = [node for node in _find(root, "h1") if texts[id(node)] and texts[id(node)] != head.site]
    for node in headings:
        if head.title and (head.title in texts[id(node)] or texts[id(node)] in head.title):
            return node
    return max(headings, key=lambda node: len(texts[id(node)]), default=None)


def _body(root: Node) -> Node:
    """The smallest element with most of the words, or the one that is named as the article's body."""
    named = [node for node in _walk(root) if node.attributes.get("itemprop") == "articleBody" or _is_named_body(node)]
    best = max(named, key=lambda node: node.words, default=None)
    if best and best.words * 10 > root.words * 4:
        return best
    node = root
    while True:
        child = max(node.nodes(), key=lambda child: child.words, default=None)
        if child is None or child.words * 4 < root.words * 3 or child.tag in ("p", "li", "td", "span"):
            return node
        node = child


def _is_named_body(node: Node) -> bool:
    return any(map(_BODY.fullmatch, node.names()))


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.nodes():
        yield from _walk(child)


def _common(node: Node, one: Node, other: Node) -> Node:
    """The smallest element that has both."""
    for child in node.nodes():
        if _holds(child, one) and _holds(child, other):
            return _common(child, one, other)
    return node


def _holds(node: Node, other: Node) -> bool:
    return any(each is other for each in _walk(node))


def _card(node: Node, base_url: str | None) -> str:
    """Where a card leads that shows another page by its title, text and picture: it is a source, no text of its own."""
    links = (web_link(link.attributes.get("href", ""), base_url) for link in _find(node, "a"))
    return next(filter(None, links), "")


class _PartReader(HtmlReader):
    """The lines and pictures of a tree."""

    dropped = _SKIPPED | {"head", "title"}

    def __init__(self, base_url: str | None, title: Node | None, body: Node) -> None:
        super().__init__(base_url)
        self._title = title
        self._body = body
        self._parts: list[Part] = []
        self._level = 0
        self._hint = ""
        self._is_inside = False
        self._addresses: list[str] = []

    def read(self, region: Node) -> list[Part]:
        """The parts from the title on; of what is before it only the series."""
        self._play(region, region)
        self._flush()
        at = next((index for index, part in enumerate(self._parts) if part.hint == "title"), 0)
        return [
            part for part in self._parts[:at] if part.hint == "series" or re.fullmatch(r"\[.+\]", part.text)
        ] + self._parts[at:]

    def _play(self, node: Node, parent: Node) -> None:
        if node.tag == "img":
            self._picture(node.attributes)
            return
        if "bookmark" in node.names() and (url := _card(node, self._base_url)):
            self._flush()
            self._parts.append(Part("원문", f"[원문]({url})", links=(Link("원문", url),), is_inside=self._is_inside))
            return
        before = self._level, self._hint, self._is_inside
        hint = self._hint_of(node, parent)
        is_apart = bool(hint) or "flex" in parent.names()  # what stands side by side is no one line
        if is_apart:
            self._flush()
        self.start(node.tag, node.attributes)
        if re.fullmatch("h[1-6]", node.tag):
            self._level = int(node.tag[1])
        self._hint = hint or self._hint
        self._is_inside = self._is_inside or node is self._body
        for child in node.children:
            if isinstance(child, Node):
                self._play(child, node)
            else:
                self.data(child)
        if node.tag == "a" and node.attributes.get("href", "").lower().startswith("mailto:"):
            self._addresses.append(node.attributes["href"][len("mailto:") :].partition("?")[0])
        if is_apart:
            self._flush()
        self.end(node.tag)
        self._level, self._hint, self._is_inside = before

    def _hint_of(self, node: Node, parent: Node) -> str:
        if node is self._title:
            return "title"
        if node.tag == "figcaption":
            return "caption"
        if node.size > _LONGEST_HINTED or self._hint == "title":
            return ""
        if node.tag in ("a", "b", "em", "i", "span", "strong", "time", "small") and parent.size > node.size + 60:
            return ""  # a word in a paragraph
        names = node.names()
        if node.tag == "time":
            return "date"
        return next((hint for hint, pattern in _HINTS.items() if any(map(pattern.fullmatch, names))), "")

    def paragraph(self, lines: list[list[Run]]) -> None:
        is_first = True
        for line in lines:
            text = clean("".join(run.text for run in line))
            if not text:
                continue
            links = [Link(clean(run.text), run.href) for run in line if run.href]
            links += [Link("", f"mailto:{address}") for address in self._addresses]
            self._addresses = []
            self._parts.append(
                Part(
                    text=text,
                    body=markdown_line(line),
                    path=self.path,
                    level=self._level,
                    is_bold=all(run.mark == STRONG or not run.text.strip() for run in line),
                    hint=self._hint,
                    links=tuple(links),
                    follows_break=not is_first,
                    is_inside=self._is_inside,
                )
            )
            is_first = False

    def code(self, code: str) -> None:
        self._parts.append(Part(text=clean(code), body=fenced(code), path=self.path, is_inside=self._is_inside))

    def _picture(self, attributes: Mapping[str, str]) -> None:
        sources = [attributes.get(name, "") for name in ("data-src", "data-original", "data-lazy-src", "src")]
        sources.append(attributes.get("srcset", "").split(",")[0].strip().partition(" ")[0])
        urls = [web_link(source, self._base_url) for source in sources if source and not source.startswith("data:")]
        sizes = [attributes.get("width", ""), attributes.get("height", "")]
        is_small = any(size.isdecimal() and int(size[:6]) < 80 for size in sizes)
        url = next(filter(None, urls), "")
        if not url or is_small or self._dropping or _UNSEEN_PICTURE.search(url.lower()):
            return
        self._flush()
        picture = Picture(url, alt=clean(attributes.get("alt", "")))
        self._parts.append(Part(picture=picture, hint=self._hint, is_inside=self._is_inside))
