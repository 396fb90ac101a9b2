"""`publisher sources import` and `export`: what is in config.toml stays as it is, byte for byte."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.cli.command import publisher
from tests.newsroom import CONFIG

LIST = """<opml version="2.0"><body>
<outline text="기술"><outline text="긱뉴스" xmlUrl="https://news.hada.example/rss" language="ko"/></outline>
<outline text="One &quot;Two&quot;" xmlUrl="https://one.example/feed?a=1&amp;b=2"/>
<outline text="There already" xmlUrl="http://www.there.example/feed/"/>
<outline text="No feed" htmlUrl="https://no.example/"/>
</body></opml>"""
THERE = """[[source]]
name = "there"
kind = "feed"
url = "https://there.example/feed"
"""
ADDED = """[[source]]
name = "news-hada-example"
kind = "feed"
url = "https://news.hada.example/rss"
title = "긱뉴스"
language = "ko"

[[source]]
name = "one-two"
kind = "feed"
url = "https://one.example/feed?a=1&b=2"
title = "One \\"Two\\""
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    values = {"name": "한입 뉴스", "series": "", "language": "ko", "url": "sqlite:///var/p.db"}
    config = CONFIG.format(**values, approvals=1, per_source=2, more=THERE)
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    (tmp_path / "list.opml").write_text(LIST, encoding="utf-8")
    return tmp_path


def test_feeds_are_printed_as_they_would_stand_in_the_settings(root: Path) -> None:
    before = (root / "config.toml").read_bytes()
    said = publisher(root, "sources", "import", "list.opml")
    assert said.out == ADDED
    assert said.err == "“No feed” has no xmlUrl, so its feed is not known\nThere already is a source already\n"
    assert (root / "config.toml").read_bytes() == before


@pytest.mark.parametrize(("end", "last"), [("\n", ""), ("\r\n", "\n"), ("\n", "\n\n# 끝에 있는 말")])
def test_appended_feeds_leave_what_is_there_as_it_is(root: Path, end: str, last: str) -> None:
    config = root / "config.toml"
    before = (config.read_text(encoding="utf-8").rstrip() + last).replace("\n", end).encode()
    config.write_bytes(before)
    config.chmod(0o640)
    said = publisher(root, "sources", "import", "list.opml", "--append")
    assert said.out.splitlines()[-1] == "2 added to config.toml, 1 there already"
    after = config.read_bytes()
    assert after.startswith(before) and after.endswith(ADDED.replace("\n", end).encode())
    assert after.count(b"\r\n") == (after.count(b"\n") if end == "\r\n" else 0)
    assert config.stat().st_mode & 0o777 == 0o640
    assert [source["name"] for source in tomllib.loads(after.decode())["source"]][-2:] == [
        "news-hada-example",
        "one-two",
    ]
    again = publisher(root, "sources", "import", "list.opml", "--append")
    assert again.out == "0 added to config.toml, 3 there already\n" and config.read_bytes() == after
    assert sorted(path.name for path in root.iterdir()) == ["config.toml", "list.opml"]


def test_settings_that_would_not_be_sound_are_left_as_they_are(root: Path) -> None:
    config = root / "config.toml"
    inline = 'source = [{ name = "desk", kind = "editor" }]\n'  # to which no [[source]] can be added
    before = config.read_text(encoding="utf-8").replace(THERE, "")
    config.write_text(inline + before.replace('[[source]]\nname = "desk"\nkind = "editor"\n', ""), encoding="utf-8")
    broken = config.read_bytes()
    said = publisher(root, "sources", "import", "list.opml", "--append")
    assert said.status == 2 and config.read_bytes() == broken
    assert "publisher: config.toml (with what would be added; nothing was changed): 1 problem\n" in said.err
    assert sorted(path.name for path in root.iterdir()) == ["config.toml", "list.opml"]


def test_a_link_to_the_settings_stays_one(root: Path) -> None:
    (root / "real").mkdir()
    (root / "config.toml").rename(root / "real" / "config.toml")
    (root / "config.toml").symlink_to(root / "real" / "config.toml")
    publisher(root, "sources", "import", "list.opml", "--append")
    assert (root / "config.toml").is_symlink()
    assert (root / "real" / "config.toml").read_text(encoding="utf-8").endswith(ADDED)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "publisher: list.opml: cannot be read (no such file or directory); name an OPML file"),
        ("<rss/>", "publisher: list.opml: this is no OPML (its root is <rss>); export the feeds as OPML"),
        ("<opml", "publisher: list.opml: line 1, column 1: this is not well-formed XML; export the list again"),
    ],
)
def test_a_file_that_is_no_list_is_one_readable_error(root: Path, content: str | None, complaint: str) -> None:
    (root / "list.opml").unlink()
    if content is not None:
        (root / "list.opml").write_text(content)
    said = publisher(root, "sources", "import", "list.opml", "--append")
    assert said.status != 0 and said.complaint == complaint


def test_what_is_exported_is_imported_again(root: Path) -> None:
    publisher(root, "sources", "import", "list.opml", "--append")
    said = publisher(root, "sources", "export", "--now", "2026-05-25T09:00+09:00")
    assert (
        '<outline text="긱뉴스" title="긱뉴스" type="rss" xmlUrl="https://news.hada.example/rss" language="ko"/>'
        in said.out
    )
    assert (
        "<title>한입 뉴스</title>" in said.out
        and "<dateCreated>Mon, 25 May 2026 00:00:00 GMT</dateCreated>" in said.out
    )
    (root / "again.opml").write_text(said.out, encoding="utf-8")
    assert publisher(root, "sources", "import", "again.opml", "--append").out.startswith("0 added")
