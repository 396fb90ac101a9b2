"""A server on 127.0.0.1 that gives sources what they must survive, and what is to become of each.

`python -m tests.sources.bad_input.hostile` serves it until it is stopped and prints the sources for a config.toml, to
try `publisher collect` by hand.
"""

from __future__ import annotations

import gzip
import ssl
import time
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path

import trustme

from tests.served import Served, serving

Answer = Callable[[BaseHTTPRequestHandler], None]

HEAD = "<?xml version='1.0' encoding='utf-8'?>"
MEGABYTE = 1_000_000
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Case:
    """One source. `error` is what its one readable line must say, empty where it is read; `items` are those it has.

    `problem` is what is said of the part of it that was passed over, `more` are other keys of the source.
    """

    name: str
    url: str
    items: int = 0
    error: str = ""
    problem: str = ""
    kind: str = "feed"
    more: str = ""


def rss(*items: str, head: str = HEAD, channel: str = "") -> bytes:
    title = "<title>Paper</title><link>https://paper.example/</link>"
    return f"{head}<rss version='2.0'><channel>{title}{channel}{''.join(items)}</channel></rss>".encode()


def item(number: int | str, headline: str = "", body: str = "", link: str = "") -> str:
    return (
        f"<item><guid isPermaLink='false'>entry-{number}</guid><title>{headline or f'Headline {number}'}</title>"
        f"<link>{link or f'https://paper.example/{number}'}</link>"
        f"<pubDate>Mon, 25 May 2026 09:00:00 GMT</pubDate><description>{body}</description></item>"
    )


@contextmanager
def hostile(canary: Path, awkward: Path | None = None) -> Iterator[tuple[Served, list[Case]]]:
    """The server and its cases. `canary` is a file of this machine whose words must never turn up anywhere.

    The feeds of the folder `awkward` are served too.
    """
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with serving() as plain, serving(context) as secure:
        cases = [*_wire(plain, secure), *_feeds(plain, canary), *_no_feeds(plain), *_columns(plain), *_files()]
        cases += _awkward(plain, awkward) if awkward else []
        first, last = _healthy(plain)
        yield plain, [first, *cases, last]


# --- what is well


def _healthy(served: Served) -> Iterator[Case]:
    for name in ("well-first", "well-last"):
        yield Case(name, served.give(f"/{name}", rss(item(1), item(2))), items=2)


# --- what goes wrong on the wire


def _wire(plain: Served, secure: Served) -> Iterator[Case]:
    too_large = r"is larger than 10,000,000 bytes \(max_bytes under \[fetch\]\)"
    yield Case("hundred-megabytes", _gives(plain, "/hundred", _hundred_megabytes), error=too_large)
    told = plain.give("/told", b"<rss>", Content_Length=str(100 * MEGABYTE))
    yield Case("hundred-megabytes-told", told, error=too_large)
    yield Case("byte-in-ten-seconds", _gives(plain, "/drip", _drip), error="gave no whole answer within 5 s")
    for path, location in (("/round", "/about"), ("/about", "/round")):
        plain.give(path, status=302, Location=location)
    yield Case("redirect-loop", plain.url("/round"), error="redirects more than 5 times")
    plain.give("/to-file", status=302, Location="file:///etc/passwd")
    yield Case("redirect-to-file", plain.url("/to-file"), error="only http and https addresses are fetched")
    broken = "sent compressed content that is broken"
    yield Case("gzip-that-is-none", plain.give("/none.gz", rss(item(1)), Content_Encoding="gzip"), error=broken)
    damaged = bytearray(gzip.compress(rss(*map(item, range(200)))))
    damaged[200:220] = bytes(20)
    yield Case("gzip-damaged", plain.give("/damaged.gz", bytes(damaged), Content_Encoding="gzip"), error=broken)
    yield Case("gzip-bomb", plain.give("/bomb.gz", bomb(), Content_Encoding="gzip"), error=too_large)
    unasked = plain.give("/br", b"\x8b", Content_Encoding="br")
    yield Case("packing-not-asked-for", unasked, error="is encoded as 'br', which was not asked for")
    yield Case(
        "no-http", _gives(plain, "/no-http", _says(b"220 mail.example.org ESMTP\r\n")), error="in HTTP|broke off"
    )
    yield Case("closes-at-once", _gives(plain, "/closes", _says(b"")), error="broke off before its answer was whole")
    endless_head = b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200_000
    yield Case("headers-without-end", _gives(plain, "/head", _says(endless_head)), error="broke off|does not answer")
    yield Case("tls-not-trusted", secure.give("/feed", rss(item(1))), error="has a certificate that is not trusted")
    at_plain_port = f"https://127.0.0.1:{plain.port}/feed"
    yield Case("tls-where-there-is-none", at_plain_port, error="broke off while setting up TLS")


def bomb() -> bytes:
    """200 MB of nothing in as many kilobytes: one block that is full of zeros, over and over."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * 199 + packer.flush()


def _gives(served: Served, path: str, answer: Answer) -> str:
    served.answers[path] = answer
    return served.url(path)


def _says(content: bytes) -> Answer:
    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(content)
        handler.close_connection = True

    return say


def _hundred_megabytes(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(HEAD.encode() + b"<rss version='2.0'><channel>")
    block = item(1).encode() * 400
    for _ in range(100 * MEGABYTE // len(block)):
        handler.wfile.write(block)


def _drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for byte in rss(item(1)):
        handler.wfile.write(bytes([byte]))
        time.sleep(10)


# --- what is wrong with a feed


def _feeds(served: Served, canary: Path) -> Iterator[Case]:
    small = "".join(f"<item><title>{number}</title></item>" for number in range(200_000))  # 6.5 MB
    yield Case(
        "two-hundred-thousand", served.give("/many", rss(small)), items=5_000, problem="has more than 5,000 entries"
    )
    rounds = count()

    def ever_new_ids(handler: BaseHTTPRequestHandler) -> None:
        turn = next(rounds)
        body = rss(*(item(f"{turn}-{n}", f"News {n}", "Words.", f"https://paper.example/{n}") for n in range(3)))
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    yield Case("new-ids-each-time", _gives(served, "/ids", ever_new_ids), items=3)
    yield Case("billion-laughs", served.give("/laughs", rss(item(1, "&lol9;"), head=HEAD + _laughs())), items=1)
    for name, doctype in {
        "entity-of-a-file": f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{canary}">]>',
        "entity-of-a-server": f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{served.url("/canary")}">]>',
        "entity-of-parameters": f'<!DOCTYPE rss [<!ENTITY % x SYSTEM "{served.url("/canary")}"> %x;]>',
    }.items():
        evil = rss(item(1, "Before &x; after", "Body &x;"), head=HEAD + doctype)
        yield Case(name, served.give(f"/{name}", evil), items=1)
    script = rss(
        item(1, "&lt;img src=x onerror=alert(1)&gt;Title", "&lt;script&gt;alert(2)&lt;/script&gt;Body"),
        item(2, "A &lt;b onclick='alert(3)'&gt;bold&lt;/b&gt; word", link="javascript:alert(4)"),
        item(3, "Third", "&lt;a href='javascript:alert(5)'&gt;link&lt;/a&gt; &lt;svg/onload=alert(6)&gt;"),
    )
    yield Case("scripts", served.give("/scripts", script), items=3)
    nfd = unicodedata.normalize("NFD", "한글 제목이 풀려 있다")
    yield Case("decomposed-hangul", served.give("/nfd", rss(item(1, nfd, nfd))), items=1)
    korean = rss(item(1, "똠방각하가 왔다"), head="<?xml version='1.0' encoding='euc-kr'?>").decode().encode("cp949")
    yield Case("cp949-called-euc-kr", served.give("/cp949", korean), items=1)
    deep = served.give("/deep", rss(item(1, body="<b>" * 5_000 + "x" + "</b>" * 5_000)))
    yield Case("nested-5000-deep", deep, items=1)


AWKWARD_TYPES = {".json": "application/feed+json", ".xml": "application/rss+xml"}
"""What their server calls them: it names no charset, so that what they say themselves counts."""


def _awkward(served: Served, folder: Path) -> Iterator[Case]:
    for path in sorted(folder.iterdir()):
        content_type = AWKWARD_TYPES[path.suffix]
        url = served.give(f"/awkward/{path.name}", path.read_bytes(), Content_Type=content_type)
        name = f"awkward-{path.name.lower().replace('.', '-')}"[:40]
        match path.stem:
            case "empty":
                yield Case(name, url, error="is empty, not a feed")
            case "noir_html_error_page":
                yield Case(name, url, error="is an HTML page, not a feed")
            case "noir_truncated":
                yield Case(name, url, items=1, problem="is cut off after entry 1; the rest is read next time")
            case _:
                yield Case(name, url, items=3)


def _laughs() -> str:
    """Nine times ten: a billion laughs where they are all expanded."""
    named = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE rss [<!ENTITY lol0 "lol">{named}]>'


# --- what is no feed


def _no_feeds(served: Served) -> Iterator[Case]:
    page = b"<!DOCTYPE html><title>Sorry</title><p>Come back later."
    yield Case("error-page", served.give("/page", page, Content_Type="text/html"), error="is an HTML page, not a feed")
    yield Case("empty", served.give("/empty", b""), error="is empty, not a feed; check the address")
    yield Case("gone", served.url("/nothing-here"), error=r"answered 404 \(not found\); check the address")
    yield Case("server-error", served.give("/500", b"<rss>", status=500), error="answered 500")
    yield Case("binary", served.give("/binary", bytes(range(256)) * 40), error="not a feed")
    yield Case("listening-nowhere", "http://127.0.0.1:9/feed", error="cannot be reached")


# --- what is no column, no page, no post


def _columns(served: Served) -> Iterator[Case]:
    prose = "".join(f"<p>Paragraph {number} of an article that has no headings inside.</p>" for number in range(9))
    plain = f"<!DOCTYPE html><title>One article</title><article><h1>One article</h1>{prose}</article>".encode()
    no_column = "has no|found no|no column|sub-heading"
    yield Case(
        "column-without-headings", served.give("/column", plain, Content_Type=HTML), error=no_column, kind="column"
    )
    deep = served.give("/column-deep", nested(5_000), Content_Type=HTML)
    yield Case("column-5000-deep", deep, error=no_column, kind="column")


def nested(depth: int) -> bytes:
    """A page whose tags stand in each other that deep."""
    return b"<!DOCTYPE html><title>Deep</title>" + b"<div>" * depth + b"<p>Words." + b"</div>" * depth


POSTS = {
    "no-end.md": "---\ntitle: Never closed\n\nWords.\n",
    "not-yaml.md": "---\ntitle: [one, two\ndate: 2026-05-25\n---\nWords.\n",
    "not-toml.md": "+++\ntitle = Unquoted words\n+++\nWords.\n",
    "alias.md": "---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"
    "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\ntitle: *e\ndate: 2026-05-25\n---\nWords.\n",
    "python.md": '---\ntitle: !!python/object/apply:os.system ["touch ran"]\ndate: 2026-05-25\n---\nWords.\n',
    "well.md": "---\ntitle: A post that is well\ndate: 2026-05-25\n---\nWords of a post.\n",
}
"""A folder of Markdown, all of whose front matter but one is broken."""


def _files() -> Iterator[Case]:
    yield Case("posts", "posts", items=2, problem=r"no-end\.md: line 1: the front matter has no end", kind="markdown")


def config(cases: list[Case]) -> str:
    """The sources as config.toml has them."""
    return "\n".join(
        f'[[source]]\nname = "{case.name}"\nkind = "{case.kind}"\nrights = "own"\n'
        f'{"path" if case.kind == "markdown" else "url"} = "{case.url}"{case.more}\n'
        for case in cases
    )


if __name__ == "__main__":
    with hostile(Path("/etc/hostname")) as (_, all_cases):
        print(config(all_cases), flush=True)
        while True:
            time.sleep(60)
