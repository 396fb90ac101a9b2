"""The source of kind "markdown": a folder of posts in, items out; a broken one costs only itself."""

from __future__ import annotations

import os
import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from publisher.config.settings import Fetching
from publisher.domain.item import ItemFound
from publisher.domain.message import Picture
from publisher.errors import SourceError
from publisher.fetch import Cursor, Fetcher
from publisher.sources import Reading
from publisher.sources.markdown import Markdown, Options

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 5, 25, tzinfo=UTC)
SITE = "https://blog.example.org/"
DAY = datetime(2026, 5, 19, 15, tzinfo=UTC)  # 20 May in Seoul

Posts = Callable[..., Reading]


def look(root: Path, cursor: Cursor | None = None, now: datetime = NOW, **options: Any) -> Reading:
    options = {"name": "blog", "kind": "markdown", "path": "posts", "base_url": SITE} | options
    source = Markdown(Options.model_validate(options), zone=SEOUL, root=root)
    return source.read(Fetcher(Fetching(), root), cursor, now)


@pytest.fixture
def posts(tmp_path: Path) -> Posts:
    """Writes these files, and reads the folder that they are in."""

    def posts(files: dict[str, str | bytes], **options: Any) -> Reading:
        for name, content in files.items():
            path = tmp_path / "posts" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return look(tmp_path, **options)

    return posts


def only(reading: Reading) -> ItemFound:
    assert reading.problems == ()
    (item,) = reading.items
    return item


# The real ones


@pytest.fixture(scope="session")
def real(shared: Path) -> Reading:
    return look(shared / "data", path="markdown", permalink="/blog/:year/:slug/")


def test_the_real_posts_are_read_whole(real: Reading) -> None:
    pytorch, executorch, rust = real.items
    assert real.problems == ()
    assert pytorch.headline == "PyTorch 2.12 출시 공지" and pytorch.byline == "PyTorch Team"
    assert pytorch.published_at == datetime(2026, 5, 12, 15, tzinfo=UTC)
    assert len(pytorch.body) > 25_000 and pytorch.body.startswith("PyTorch 2.12([릴리즈 노트](https://github.com/")
    assert executorch.picture == Picture(
        f"{SITE}assets/blog/2026-05-18-executorch-mlx-delegate/1.png",
        "ExecuTorch MLX 델리게이트 / ExecuTorch MLX Delegate",
    )
    assert "{:style" not in pytorch.body + executorch.body
    assert (rust.headline, rust.byline) == ("docs.rs: building fewer targets by default", "Denis Cornehl")
    assert rust.published_at == datetime(2026, 4, 3, 15, tzinfo=UTC)  # it is only in its path
    assert rust.url == f"{SITE}2026/04/04/docsrs-only-default-targets/"
    assert rust.body.startswith("On **2026-05-01**, docs.rs will make a **breaking** change")
    assert '```\n[package.metadata.docs.rs]\ndefault-target = "x86_64-apple-darwin"\n```' in rust.body
    assert "[docs.rs metadata](https://docs.rs/about/metadata)" in rust.body


# Front matter


def test_yaml_and_toml_say_the_same(posts: Posts) -> None:
    yaml = """---
title: "한입: 뉴스"
date: 2026-05-20
authors: [김하나, 이두리]
description: 짧게 말하면.
lang: ko-KR
cover:
  image: /a.jpg
  alt: 다리
permalink: /p/1
canonical_url: https://other.example.org/1
---
본문이다."""
    toml = """+++
title = "한입: 뉴스"
date = 2026-05-20
authors = ["김하나", "이두리"]
description = "짧게 말하면."
lang = "ko"
permalink = "/p/1"
canonical_url = "https://other.example.org/1"
[cover]
image = "/a.jpg"
alt = "다리"
+++
본문이다."""
    expected = ItemFound(
        identity="at:p/1",
        headline="한입: 뉴스",
        url=f"{SITE}p/1",
        body="본문이다.",
        published_at=DAY,
        language="ko",
        byline="김하나, 이두리",
        picture=Picture(f"{SITE}a.jpg", "다리"),
        dek="짧게 말하면.",
        canonical="https://other.example.org/1",
    )
    assert only(posts({"a.md": yaml})) == expected
    assert only(posts({"a.md": toml})) == expected
    assert only(posts({"a.md": "\ufeff" + yaml.replace("\n", "\r\n")})) == expected


@pytest.mark.parametrize("title", ["No", "2026", "2026-05-20", "null", "1e5", "'따옴표: 안'", "~"])
def test_a_title_stays_as_it_is_written(posts: Posts, title: str) -> None:
    assert only(posts({"a.md": f"---\ntitle: {title}\n---\nx"})).headline == title.strip("'")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            "---\ntitle: a\nlead: one: two\n---\nx",
            "line 3: the front matter is not YAML (mapping values are not allowed",
        ),
        ("---\ntitle: [a\n---\nx", "line 3: the front matter is not YAML"),
        ("---\ntitle: a\nno end", "line 1: the front matter has no end; close it with a line ---"),
        ("---\n- a\n---\nx", "line 2: the front matter is no table"),
        ("---\na: &a [x]\nb: [*a, *a]\n---\nx", "line 3: the front matter is not YAML (aliases"),
        ("---\na: " + "[" * 20_000 + "\n---\nx", "line 2: the front matter is not YAML (it is nested too deeply)"),
        ("---\nx: !!python/object/apply:os.system ['true']\n---\n", "has neither a title nor a heading"),
        ("+++\ntitle = 'a'\ndate = \n+++\nx", "line 3: the front matter is not TOML (invalid value)"),
        ("+++\ntitle = 'a'\ntitle = 'b'\n+++\nx", "line 3: the front matter is not TOML (cannot overwrite a value)"),
        ("", "has neither a title nor a heading"),
        ("no heading at all", "has neither a title nor a heading"),
        (b"\x00\xff\xfe\x89PNG", "has neither a title nor a heading"),
    ],
)
def test_a_broken_post_is_told_with_its_line_and_costs_only_itself(
    posts: Posts, content: str | bytes, problem: str
) -> None:
    reading = posts({"a.md": content, "b.md": "# Good\n\nText."})
    assert [item.headline for item in reading.items] == ["Good"]
    assert len(reading.problems) == 1 and reading.problems[0].startswith(f"a.md: {problem}")
    assert reading.problems[0].endswith("the post was passed over") and reading.cursor is None


def test_where_every_post_is_broken_the_source_is(posts: Posts) -> None:
    with pytest.raises(
        SourceError, match=r"^posts: a\.md: line 1: the front matter has no end.*; and 1 more like this$"
    ):
        posts({"a.md": "---\nx", "b.md": "---\nx"})


# Headline and text


@pytest.mark.parametrize(
    ("text", "headline", "body"),
    [
        ("# First\n\nText.", "First", "Text."),
        ("First\n=====\n\nText.", "First", "Text."),
        ("# **First** `x`\n\nText.", "First x", "Text."),
        ("Text.\n\n## Later\n\nMore.", "Later", "Text.\n\n**Later**\n\nMore."),
        ("---\ntitle: Own\n---\n# First\n\nText.", "Own", "Text."),
        ("---\ntitle: Own\n---\n## Part\n\nText.", "Own", "**Part**\n\nText."),
    ],
)
def test_the_first_heading_is_the_headline_where_there_is_no_other(
    posts: Posts, text: str, headline: str, body: str
) -> None:
    item = only(posts({"a.md": text}))
    assert (item.headline, item.body) == (headline, body)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("**\"인용\"**은 굵다.", "\"**인용**\"은 굵다."),
        ("A <b>bold</b><script>alert(1)</script> word.", "A **bold** word."),
        ("See [this](/p/2) and [that](other).", f"See [this]({SITE}p/2) and [that]({SITE}other)."),
        ("[x](javascript:alert(1)) y", "x y"),
        ("[x](@/blog/a.md) y", "x y"),
        ("[x]({% post_url 2026-05-20-a %}) y", "x y"),
        ("A {{< youtube id >}}B{% include x.html %}C.\n{: .wide}", "A BC."),
        ("`{{ kept }}` and\n\n```\n{% kept %}\n```", "`{{ kept }}` and\n\n```\n{% kept %}\n```"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b\n\n1 2"),
        ("![p](a.png)\n\nText.", "Text."),
        ("[r]\n\n[r]: https://r.example.org/", "[r](https://r.example.org/)"),
    ],
)  # fmt: skip
def test_the_text_is_what_a_reader_of_the_site_would_see(posts: Posts, text: str, body: str) -> None:
    assert only(posts({"a.md": f"---\ntitle: T\n---\n{text}"})).body == body


def test_pictures_are_completed_with_the_address_of_the_post(posts: Posts) -> None:
    def picture(front: str, text: str = "", **options: Any) -> Picture | None:
        return only(posts({"a.md": f"---\ntitle: T\n{front}\n---\n{text}"}, **options)).picture

    assert picture("image: /a.jpg\nimage_alt: 다리") == Picture(f"{SITE}a.jpg", "다리")
    assert picture("", "![다리](/b.png 'Title')") == Picture(f"{SITE}b.png", "다리", "Title")
    assert picture("permalink: /p/1/", "![x](c.png)") == Picture(f"{SITE}p/1/c.png", "x")
    assert picture("", '<figure><img src="/d.png" alt="x"><figcaption>Words</figcaption></figure>') == Picture(
        f"{SITE}d.png", "x", "Words"
    )
    assert picture("image: /a.jpg", "![x](/b.png)", base_url="") is None
    assert picture("image: javascript:x") is None


# Dates


@pytest.mark.parametrize(
    ("name", "front", "moment"),
    [
        ("a.md", "date: 2026-05-20", DAY),
        ("a.md", "date: 2026-05-20 06:00:00 +0900", datetime(2026, 5, 19, 21, tzinfo=UTC)),
        ("a.md", "date: 2026년 5월 20일 오전 6시", datetime(2026, 5, 19, 21, tzinfo=UTC)),
        ("a.md", "pubDate: 'May 20, 2026'", DAY),
        ("2020-01-01-a.md", "published: true\ndate: 2026-05-20", DAY),
        ("2026-05-20-a.md", "published: true", DAY),
        ("2026-05-20-a.md", "date: 05/20/2026", DAY),
        ("2026/05/20/a.md", "", DAY),
        ("20260520-a.md", "", DAY),
        ("a.md", "path: 2026/05/20/a", DAY),
        ("2026-13-45-a.md", "", None),
        ("a.md", "", None),
        ("a.md", "date: 0001-01-01", None),
    ],
)
def test_the_day_is_in_the_front_matter_the_path_or_the_name(
    posts: Posts, name: str, front: str, moment: datetime | None
) -> None:
    reading = posts({name: f"---\ntitle: T\n{front}\n---\nx"})
    assert [item.published_at for item in reading.items] == [moment]


def test_a_date_that_is_not_understood_is_told(posts: Posts) -> None:
    reading = posts({"a.md": "---\ntitle: T\ndate: someday\n---\nx"})
    assert reading.items[0].published_at is None
    assert reading.problems == ("a.md: has a date that is not understood (someday)",)


def test_a_post_of_tomorrow_waits_for_its_day(posts: Posts, tmp_path: Path) -> None:
    first = posts({"a.md": "---\ntitle: T\ndate: 2026-05-26\n---\nx", "b.md": "# B\n\nx"})
    assert [item.headline for item in first.items] == ["B"] and first.cursor is None
    later = look(tmp_path, first.cursor, NOW.replace(day=26))
    assert [item.headline for item in later.items] == ["T", "B"] and later.cursor is not None


@pytest.mark.parametrize("front", ["draft: true", "draft: yes", "published: false", "status: draft", "Draft: True"])
def test_drafts_are_left_out(posts: Posts, front: str) -> None:
    reading = posts(
        {"a.md": f"---\ntitle: T\n{front}\n---\nx", "_drafts/b.md": "# B", "_index.md": "# C", ".d.md": "# D"}
    )
    assert reading.items == () and reading.problems == ()


def test_only_posts_with_a_wanted_tag_are_taken(posts: Posts) -> None:
    files: dict[str, str | bytes] = {
        "a.md": "---\ntitle: A\ntags: [AI, News]\n---\nx",
        "b.md": "---\ntitle: B\ncategory: ai\n---\nx",
        "c.md": "---\ntitle: C\ntags: [cooking]\n---\nx",
        "d.md": "+++\ntitle = 'D'\n[taxonomies]\ntags = ['ai']\n+++\nx",
    }
    assert [item.headline for item in posts(files, tags=["ai"]).items] == ["A", "B", "D"]
    assert len(posts(files).items) == 4


# Identity and address


@pytest.mark.parametrize(
    "front", ["id: n1", "guid: n1", "permalink: /p/1/", "url: https://blog.example.org/p/1", "path: p/1"]
)
def test_a_post_that_names_itself_is_the_same_under_another_name(posts: Posts, tmp_path: Path, front: str) -> None:
    one = only(posts({"2026-05-20-old.md": f"---\ntitle: T\n{front}\n---\nx"}))
    (tmp_path / "posts" / "2026-05-20-old.md").unlink()
    other = only(posts({"new/2026-05-21-name.md": f"---\ntitle: Better\n{front}\n---\nx"}))
    assert one.identity == other.identity and one.headline != other.headline


def test_a_post_without_a_name_is_its_file_and_with_a_slug_that_in_its_folder(posts: Posts) -> None:
    slug = "---\ntitle: S\nslug: s1\n---"
    reading = posts({"a/x.md": "# X", "b/x.md": "# Y", "a/s.md": slug, "b/s.md": slug})
    assert [item.identity for item in reading.items] == ["slug:a/s1", "a/x.md", "slug:b/s1", "b/x.md"]


def test_two_posts_with_one_identity_are_told(posts: Posts) -> None:
    reading = posts({"a.md": "---\ntitle: A\nid: 1\n---", "b.md": "---\ntitle: B\nid: 1\n---"})
    assert [item.headline for item in reading.items] == ["A"]
    assert reading.problems == ("b.md: has the identity of another post (id:1) and was passed over",)


@pytest.mark.parametrize(
    ("name", "front", "permalink", "url"),
    [
        ("2026-05-20-a-title.md", "", "/blog/:year/:month/:day/:title/", "blog/2026/05/20/a-title/"),
        ("news/a-title/index.md", "date: 2026-05-20", "/:slug/", "a-title/"),
        ("news/a.md", "slug: own", "/:slug.html", "own.html"),
        ("news/한입.md", "", "/:path/", "news/%ED%95%9C%EC%9E%85/"),
        ("a.md", "", "/:year/:slug/", None),
        ("a.md", "permalink: /x/", "/:slug/", "x/"),
        ("a.md", "permalink: :title", "/:slug/", "a/"),
        ("a.md", "", "", None),
    ],
)
def test_where_a_post_is_on_the_site(posts: Posts, name: str, front: str, permalink: str, url: str | None) -> None:
    item = only(posts({name: f"---\ntitle: T\n{front}\n---\nx"}, permalink=permalink))
    assert item.url == (SITE + url if url is not None else None)


# Files


def test_a_site_may_be_in_a_folder_of_its_host(posts: Posts) -> None:
    files: dict[str, str | bytes] = {"a.md": "---\ntitle: T\npermalink: /p/1\n---\n[x](/p/2) [y](z)"}
    item = only(posts(files, base_url="https://example.org/blog/"))
    assert item.url == "https://example.org/blog/p/1"
    assert item.body == "[x](https://example.org/p/2) [y](https://example.org/blog/p/z)"


def test_what_has_not_changed_is_not_read_again(posts: Posts, tmp_path: Path) -> None:
    first = posts({"a.md": "# A\n\nx"})
    again = look(tmp_path, first.cursor)
    assert again.is_unchanged and again.items == () and again.cursor == first.cursor
    assert not look(tmp_path, first.cursor, language="ko").is_unchanged
    edited = posts({"a.md": "# A\n\nxy"}, cursor=first.cursor)
    assert not edited.is_unchanged and edited.items[0].identity == first.items[0].identity
    assert edited.cursor != first.cursor


def test_one_file_alone_is_a_source(posts: Posts, tmp_path: Path) -> None:
    posts({"a.md": "# A\n\nx", "b.md": "# B\n\nx"})
    assert [item.headline for item in look(tmp_path, path="posts/a.md").items] == ["A"]
    assert [item.headline for item in look(tmp_path, path=str(tmp_path / "posts" / "b.md")).items] == ["B"]


def test_only_files_of_the_pattern_are_read(posts: Posts) -> None:
    files: dict[str, str | bytes] = {"a.md": "# A", "b.txt": "# B", "news/c.md": "# C", "news/d.markdown": "# D"}
    assert [item.headline for item in posts(files).items] == ["A", "C"]
    assert [item.headline for item in posts(files, glob="news/*").items] == ["C", "D"]
    with pytest.raises(SourceError, match=r"^posts: has no file \*\.rst; check path and glob"):
        posts(files, glob="*.rst")


@pytest.mark.parametrize("glob", ["../*.md", "/etc/*", "a/../../*.md", ""])
def test_a_pattern_that_leads_out_of_the_folder_is_refused(glob: str) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({"name": "blog", "kind": "markdown", "path": "posts", "glob": glob})


def test_nothing_outside_the_folder_is_read(posts: Posts, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "canary.md").write_text("# CANARY")
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "file.md").symlink_to(tmp_path / "outside" / "canary.md")
    (tmp_path / "posts" / "folder").symlink_to(tmp_path / "outside")
    (tmp_path / "posts" / "loop").symlink_to(tmp_path / "posts")
    (tmp_path / "posts" / "gone.md").symlink_to(tmp_path / "posts" / "nowhere.md")
    (tmp_path / "posts" / "inside.md").symlink_to(tmp_path / "posts" / "a.md")
    os.mkfifo(tmp_path / "posts" / "pipe.md")
    reading = posts({"a.md": "# A\n\nx"})
    assert [item.headline for item in reading.items] == ["A", "A"] and "CANARY" not in repr(reading.items)
    assert reading.problems[0] == "file.md: leads out of the folder and was passed over"
    assert "gone.md: there is no such file" in reading.problems[1] and len(reading.problems) == 2


def test_a_folder_that_is_itself_a_link_is_what_the_operator_named(posts: Posts, tmp_path: Path) -> None:
    posts({"a.md": "# A\n\nx"})
    (tmp_path / "link").symlink_to(tmp_path / "posts")
    assert [item.headline for item in look(tmp_path, path="link").items] == ["A"]


def test_names_that_a_mac_has_taken_apart_are_the_same(posts: Posts, tmp_path: Path) -> None:
    name = "한입.md"
    (tmp_path / unicodedata.normalize("NFD", "글")).mkdir()
    (tmp_path / unicodedata.normalize("NFD", "글") / unicodedata.normalize("NFD", name)).write_text(
        unicodedata.normalize("NFD", "# 한입\n\n뉴스")
    )
    item = only(look(tmp_path, path="글", glob="한*.md"))
    assert (item.identity, item.headline, item.body) == (name, "한입", "뉴스")


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-8-sig"])
def test_files_of_old_editors_are_read(posts: Posts, encoding: str) -> None:
    item = only(posts({"a.md": "---\ntitle: 똠방각하\n---\n펲시를 마셨다.".encode(encoding)}))
    assert (item.headline, item.body) == ("똠방각하", "펲시를 마셨다.")


def test_a_huge_file_and_an_endless_text_are_told(posts: Posts, tmp_path: Path) -> None:
    with (tmp_path / "huge.md").open("wb") as file:
        file.truncate(50_000_000)
    (tmp_path / "posts").mkdir()
    (tmp_path / "huge.md").rename(tmp_path / "posts" / "huge.md")
    reading = posts({"long.md": "# L\n\n" + "word " * 60_000, "a.md": "# A\n\nx"})
    assert [item.headline for item in reading.items] == ["A", "L"] and len(reading.items[1].body) <= 200_000
    assert reading.problems == (
        "huge.md: is larger than 10,000,000 bytes (max_bytes under [fetch])",
        "long.md: has 300,005 characters, of which 200,000 were read",
    )


@pytest.mark.parametrize("path", ["none", "none/a.md", "\x00", "x" * 5000])
def test_a_folder_that_is_not_there_is_named(tmp_path: Path, path: str) -> None:
    with pytest.raises(SourceError) as error:
        look(tmp_path, path=path)
    assert error.value.message.startswith(f"{path}: ") and "\n" not in error.value.message


@pytest.mark.parametrize(
    "text",
    ["[" * 20_000, "![](" * 20_000, "*a " * 20_000, "<" * 50_000, "> " * 20_000, "`" * 50_001, "{{" * 20_000,
     "{%" * 20_000, "# " * 20_000, "- " * 20_000, "[a](" * 20_000, "<!--" * 20_000, "|a" * 20_000],
    ids=range(13),
)  # fmt: skip
def test_no_post_takes_time_that_grows_with_the_square(posts: Posts, text: str) -> None:
    started = time.monotonic()
    posts({"a.md": f"---\ntitle: T\n---\n{text}"})
    assert time.monotonic() - started < 10
