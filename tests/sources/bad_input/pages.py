"""Pages and lists of articles that a source must survive, on servers of their own: robots.txt is asked of each."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler

from tests.served import Served, serving
from tests.sources.bad_input.hostile import HTML, MEGABYTE, Case, bomb, nested

PROSE = "The harbour counts its ships with two cameras now, and the harbour master still looks out of the window. "
SELECTOR = '\nselect = "main a"'


@contextmanager
def hostile_pages() -> Iterator[tuple[list[Served], list[Case]]]:
    """The servers and the cases: pages, then lists, then hosts whose robots.txt is the attack."""
    with ExitStack() as stack:
        pages, bad, good = (stack.enter_context(serving()) for _ in range(3))
        hosts = {name: stack.enter_context(serving()) for name in ("endless", "slow", "round", "gone", "closed")}
        cases = [*_pages(pages), *_lists(good, bad), *_robots(hosts)]
        yield [pages, bad, good, *hosts.values()], cases


def article(headline: str, more: str = "", head: str = "") -> bytes:
    return (
        f"<!DOCTYPE html><html><head><title>{headline} - The Paper</title>{head}</head><body><main><article>"
        f"<h1>{headline}</h1><p>{PROSE * 4}</p><p>{PROSE * 4}</p>{more}</article></main></body></html>"
    ).encode()


def _pages(served: Served) -> Iterator[Case]:
    def case(name: str, content: bytes, content_type: str = HTML, *, items: int = 0, error: str = "") -> Case:
        url = served.give(f"/{name}", content, Content_Type=content_type)
        return Case(f"page-{name}", url, items=items, error=error, kind="page")

    yield case("well", article("A page that is well"), items=1)
    yield case("5000-deep", nested(5_000), items=1)
    yield case("5000-deep-article", article("Deep and well", "<div><b>" * 2_500 + "end"), items=1)
    yield case("empty", b"", error="is empty")
    yield case("pdf", b"%PDF-1.7 ...", "application/pdf", error="is a PDF, not a page")
    yield case("picture", b"\x89PNG\r\n\x1a\n", "image/png", error="is image/png, not a page")
    yield case("feed", b"<rss version='2.0'><channel/></rss>", error="is a feed, not a page")
    yield case("bytes", bytes(range(256)) * 400, error="has no|is no|is empty")
    script = "<script>alert(1)</script><img src=x onerror=alert(2)><a href='javascript:alert(3)'>a link</a>"
    yield case(
        "script", article("A page with script", f"<p>{PROSE}{script}</p>", "<meta property='og:title'>"), items=1
    )
    title = "&lt;img src=x onerror=alert(4)&gt; in a title"
    yield case("script-title", article(title), items=1)
    yield case("cp949", article("똠방각하가 왔다").decode().encode("cp949"), "text/html; charset=euc-kr", items=1)
    yield case("wide", article("Wide and well", f"<p>{'<i>x</i>' * 3_000}</p>"), items=1)
    yield case("one-word", article("One word and well", f"<p>{'x' * 400_000}</p>"), items=1)
    yield case("attributes", article("Attributes and well", f"<p {'a=b ' * 100_000}>end</p>"), items=1)


def _lists(good: Served, bad: Served) -> Iterator[Case]:
    """`good` has the lists and the articles that are well, `bad` those that are not to be had."""

    def case(name: str, links: str, *, items: int = 0, error: str = "", problem: str = "", more: str = "") -> Case:
        page = f"<!DOCTYPE html><title>The Paper</title><main>{links}</main>".encode()
        url = good.give(f"/list/{name}", page, Content_Type=HTML)
        return Case(f"list-{name}", url, items, error, problem, "index", more)

    for number in range(3):
        good.give(f"/news/ships-at-sea-{number}", article(f"Article {number} about ships"), Content_Type=HTML)
    well = [good.url(f"/news/ships-at-sea-{number}") for number in range(3)]
    yield case("well", _links(well), items=3)
    yield case("nothing", "<p>No link at all.</p>", error="lists no articles that can be told from its other links")
    deep = "<div>" * 5_000 + _links(well[:1]) + "</div>" * 5_000
    yield case("5000-deep", deep, error="lists no articles that can be told from its other links")
    many = _links(good.url(f"/news/ships-at-sea-{number}") for number in range(1_000))
    yield case("a-thousand", many, items=200, more="\nfollow = false")
    scripts = _links(["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", *well])
    yield case("scripts", scripts, items=3, more=SELECTOR)
    yield case("bad-selector", _links(well), error="is not a CSS selector", more='\nselect = "main >> ["')
    bad.give("/round", status=302, Location="/round")
    bad.give("/bomb", bomb(), Content_Encoding="gzip", Content_Type=HTML)
    bad.give("/deep", nested(5_000), Content_Type=HTML)
    bad.answers["/drip"] = drip
    broken = [bad.url(path) for path in ("/round", "/bomb", "/gone", "/drip", "/deep")]
    yield case("bad-articles", _links([*broken, *well]), items=4, problem="redirects more than 5 times", more=SELECTOR)


def _links(urls: Iterable[str]) -> str:
    return "".join(
        f"<article><h2><a href='{url}'>Headline {number} about ships at sea</a></h2><p>Two cameras count.</p></article>"
        for number, url in enumerate(urls)
    )


def _robots(hosts: dict[str, Served]) -> Iterator[Case]:
    hosts["endless"].answers["/robots.txt"] = _endless
    hosts["slow"].answers["/robots.txt"] = drip
    hosts["round"].give("/robots.txt", status=302, Location="/robots.txt")
    hosts["gone"].give("/robots.txt", status=500)
    hosts["closed"].give("/robots.txt", b"User-agent: *\nDisallow: /\n")
    said = {  # RFC 9309: what is too large is read as far as it goes, and too many redirects are as if there were none
        "endless": "",
        "slow": "robots.txt of 127.0.0.1 cannot be had: gave no whole answer within 5 s",
        "round": "",
        "gone": "robots.txt of 127.0.0.1 cannot be had: answered 500",
        "closed": "asks programs to leave it alone; ask its owner, or take it out",
    }
    for name, served in hosts.items():
        url = served.give("/page", article("Behind robots.txt"), Content_Type=HTML)
        yield Case(f"robots-{name}", url, items=int(not said[name]), error=said[name], kind="page")


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", HTML)
    handler.end_headers()
    for byte in article("Never whole"):
        handler.wfile.write(bytes([byte]))
        time.sleep(10)


def _endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"Disallow: /private\n" * (MEGABYTE // 19))
