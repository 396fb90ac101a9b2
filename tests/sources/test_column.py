"""The source of kind "column": a page, pasted text or Markdown in, a column out, or one readable error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from publisher.config.settings import Fetching
from publisher.errors import FetchError, SourceError
from publisher.fetch import Fetcher
from publisher.sources import Reading
from publisher.sources.column import Column, Options

NOW = datetime(2026, 5, 22, 3, tzinfo=UTC)
SAMPLES = Path(__file__).parent / "columns"
PARAGRAPH = "가온렌즈가 통역 안경을 내놓았다. 무게는 41g이다."
PAGE = f"<h1>[AI 한입뉴스] 안경과 로봇</h1><p>입력 2026.05.22 07:30</p><h2>통역 안경</h2><p>{PARAGRAPH}</p>"


def column(url: str, language: str = "") -> Column:
    options = Options.model_validate({"name": "bite", "kind": "column", "url": url, "language": language})
    return Column(options, zone=ZoneInfo("Asia/Seoul"))


def read(url: str, root: Path = SAMPLES) -> Reading:
    return column(url).read(Fetcher(Fetching(private_addresses=True), root), None, NOW)


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_known = self.headers.get("If-None-Match") == '"1"'
        self.send_response(304 if is_known else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Type", "text/html; charset=euc-kr")
        self.end_headers()
        if not is_known:
            self.wfile.write(PAGE.encode("euc-kr"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name it has in http.server)
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_column_on_the_web_is_read_once_and_then_asked_for_news(site: str) -> None:
    source = column(f"{site}/1")
    fetcher = Fetcher(Fetching(private_addresses=True), SAMPLES)
    first = source.read(fetcher, None, NOW)
    assert (first.columns[0].title, first.columns[0].url) == ("안경과 로봇", f"{site}/1")
    assert first.columns[0].items[0].body == PARAGRAPH
    again = source.read(fetcher, first.cursor, NOW)
    assert again.is_unchanged
    assert again.columns == ()


@pytest.mark.parametrize("name", ["ko.html", "ko.txt", "en.html", "en.txt"])
def test_a_column_in_a_file_is_read_as_what_it_is(name: str) -> None:
    reading = read(f"file:{name}")
    assert len(reading.columns) == 1
    assert len(reading.columns[0].items) == 6
    assert reading.items == ()
    assert column(f"file:{name}").name == "bite"


def test_a_file_of_markdown_is_read_as_markdown(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"# [AI 한입뉴스] 안경과 로봇\n\n## 통역 안경\n\n{PARAGRAPH}\n", encoding="utf-8")
    found = read("file:a.md", tmp_path).columns[0]
    assert (found.series, found.items[0].headline, found.items[0].body) == ("AI 한입뉴스", "통역 안경", PARAGRAPH)


def test_text_in_the_charset_of_an_old_editor_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(f"[AI 한입뉴스] 안경과 로봇\r\n\r\n■ 통역 안경\r\n{PARAGRAPH}\r\n".encode("cp949"))
    assert read("file:a.txt", tmp_path).columns[0].items[0].body == PARAGRAPH


def test_the_language_of_the_settings_wins(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE, encoding="utf-8")
    reading = column("file:a.html", "en").read(Fetcher(Fetching(), tmp_path), None, NOW)
    assert (reading.columns[0].language, reading.columns[0].items[0].language) == ("en", "en")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "there are no words in it"),
        ("<html><body><script>x</script></body></html>", "there are no words in it"),
        (f"{PARAGRAPH}\n\n{PARAGRAPH}\n", "there is no title above the first paragraph"),
        (
            f"<h1>기사 한 꼭지</h1><p>{PARAGRAPH}</p><p>{PARAGRAPH}</p>",
            "“기사 한 꼭지” has 2 paragraphs and no sub-headings",
        ),
        ("<h1>404 Not Found</h1><p>nginx</p>", "“404 Not Found” has 0 paragraphs and no sub-headings"),
        ("<rss><channel><title>Feed of news</title></channel></rss>", "no sub-headings"),
        ('{"items": []}', "no sub-headings"),
    ],
)
def test_what_is_no_column_says_what_it_is_and_what_is_expected(tmp_path: Path, content: str, found: str) -> None:
    (tmp_path / "a.txt").write_text(content, encoding="utf-8")
    with pytest.raises(SourceError) as error:
        read("file:a.txt", tmp_path)
    assert error.value.message.startswith("file:a.txt: ")
    assert found in error.value.message
    assert "expected is a column" in error.value.message
    assert "\n" not in error.value.message


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(FetchError, match=r"file:none\.html: there is no such file"):
        read("file:none.html")


@pytest.mark.parametrize("url", ["", "column.html", "ftp://example.org/", "file:", "https://"])
def test_an_address_that_cannot_be_one_is_refused_in_the_settings(url: str) -> None:
    with pytest.raises(ValidationError):
        column(url)
