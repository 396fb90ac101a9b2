"""Kind "markdown": posts as files of Markdown, in a folder that config.toml names, or a single one.

It promises that a post keeps its identity through edits, and through a new name where it names itself; that a broken
file costs only itself; and that nothing outside the folder is read.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from publisher.config.settings import SourceOptions
from publisher.config.values import WebAddress
from publisher.domain.item import ItemFound
from publisher.domain.message import Picture
from publisher.editorial.addresses import web_address
from publisher.editorial.charset import decode
from publisher.editorial.dates import parse_date
from publisher.editorial.frontmatter import Written, take_apart
from publisher.editorial.markup import MAX_MARKDOWN, clean
from publisher.editorial.posts import Post, read_post
from publisher.errors import FetchError, SourceError
from publisher.fetch import Cursor, Fetcher
from publisher.sources import Known, Reading, nothing_known

_MOST_FILES = 5_000
_MOST_ENTRIES = 100_000  # files and folders that are looked at
_MOST_PROBLEMS = 20
_LONGEST_HEADLINE = 500
_DAY = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:([-/_.])(\d{1,2})\2(\d{1,2})|(\d{2})(\d{2}))(?!\d)")
_DATES = ("date", "published", "published_at", "publishdate", "pubdate", "publish_date", "date_published", "created")
_YES = ("true", "yes", "on", "1")
_NO = ("false", "no", "off", "0")
_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(r":(year|month|day|slug|title|path)")


class Options(SourceOptions):
    """`[[source]]` with kind = "markdown". `path` is relative to the folder of config.toml."""

    kind: Literal["markdown"]
    path: str = Field(min_length=1)
    """The folder, or the one file, relative to the folder of `config.toml`."""
    glob: str = Field(default="*.md", min_length=1, max_length=200)
    """Which files of the folder and of those in it, like `"*.md"` or `"news/*.md"`. `_…` and `.…` are left out."""
    base_url: WebAddress | Literal[""] = ""
    """Where the site is. Addresses in the posts that begin with `/` are completed with it."""
    permalink: str = Field(default="", max_length=200, pattern=r"^(/[^\s]*)?$")
    """Where a post is that does not say so: of `:year`, `:month`, `:day`, `:slug`, `:path`, like `"/:year/:slug/"`."""
    tags: tuple[str, ...] = ()
    """Only posts with one of these tags or categories; all where it is empty."""

    @field_validator("glob")
    @classmethod
    def _stays_inside(cls, value: str) -> str:
        if value.startswith("/") or ".." in PurePosixPath(value).parts:
            raise ValueError('this leads out of the folder; write a pattern of file names, like "*.md"')
        return value


class Markdown:
    """One folder of posts, or one post. A date that names no zone is on the clock of `zone`."""

    is_remote = False

    def __init__(self, options: Options, *, zone: ZoneInfo, root: Path) -> None:
        self._options = options
        self._zone = zone
        self._root = root

    @property
    def name(self) -> str:
        return self._options.name

    def read(self, fetcher: Fetcher, cursor: Cursor | None, now: datetime, known: Known = nothing_known) -> Reading:
        """Every post that is no draft and whose day has come, in the order of their names.

        There is no cursor while a post waits for its day or a file is broken, so that the next look reads all again.
        """
        place = self._place()
        problems: list[str] = []
        files = dict(sorted(self._files(place, problems)))
        seen = Cursor(etag=self._state(files))
        if not problems and cursor == seen:
            return Reading(cursor=seen, is_unchanged=True)
        items: dict[str, ItemFound] = {}
        is_waiting = False
        for name, path in files.items():
            try:
                item = self._item(name, fetcher.get(f"file:{path}", may_read_files=True).content, problems, now)
            except FetchError as error:
                problems.append(f"{name}: {error.reason}")
                continue
            except SourceError as error:
                problems.append(f"{name}: {error.message}; the post was passed over")
                continue
            if item and item.published_at and item.published_at > now:
                is_waiting = True
            elif item and item.identity in items:
                problems.append(f"{name}: has the identity of another post ({item.identity}) and was passed over")
            elif item:
                items[item.identity] = item
        if problems and not items:
            raise SourceError(f"{self._options.path}: {_told(problems)}")
        return Reading(
            items=tuple(items.values()),
            cursor=None if problems or is_waiting else seen,
            problems=_at_most(_MOST_PROBLEMS, problems),
        )

    def _place(self) -> Path:
        """The folder or file; its name may be composed in config.toml and decomposed on the disk."""
        forms = (self._options.path, *(unicodedata.normalize(form, self._options.path) for form in ("NFC", "NFD")))
        places = [self._root / Path(form).expanduser() for form in forms]
        try:
            place = next((place for place in places if place.exists()), None)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "this is not a path"
            raise SourceError(f"{self._options.path}: cannot be read ({reason.lower()})") from error
        if place is None:
            raise SourceError(f"{self._options.path}: there is no such folder or file ({places[0]}); check path")
        return place

    def _files(self, place: Path, problems: list[str]) -> Iterator[tuple[str, Path]]:
        """The files by their names in the folder, composed. Raises SourceError where there is none."""
        if not place.is_dir():
            yield unicodedata.normalize("NFC", place.name), place
            return
        count = 0
        folder = place.resolve()
        for path in _walk(place, self._options.path):
            name = unicodedata.normalize("NFC", path.relative_to(place).as_posix())
            if not PurePosixPath(name).match(self._options.glob):
                continue
            if not path.resolve().is_relative_to(folder):
                problems.append(f"{name}: leads out of the folder and was passed over")
                continue
            count += 1
            if count > _MOST_FILES:
                problems.append(f"there are more than {_MOST_FILES:,} files; the others were passed over")
                return
            yield name, path
        if not count and not problems:
            raise SourceError(f"{self._options.path}: has no file {self._options.glob}; check path and glob")

    def _state(self, files: dict[str, Path]) -> str:
        """What differs when a file or a setting does."""
        parts = [self._options.model_dump_json(), self._zone.key]
        for name, path in files.items():
            try:
                found = path.stat()
                parts.append(f"{name} {found.st_size} {found.st_mtime_ns}")
            except OSError:
                parts.append(name)
        return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()

    def _item(self, name: str, content: bytes, problems: list[str], now: datetime) -> ItemFound | None:
        """The post as an item; None for a draft and for what has none of the wanted tags."""
        text = decode(content)
        if _PAGE.match(text):
            raise SourceError("is an HTML page, not Markdown")
        written = take_apart(text)
        if _is_draft(written) or not self._is_wanted(written):
            return None
        if len(written.body) > MAX_MARKDOWN:
            problems.append(f"{name}: has {len(written.body):,} characters, of which {MAX_MARKDOWN:,} were read")
        moment = self._moment(name, written, now, problems)
        url = self._url(name, written, moment)
        post = read_post(written.body, url or self._options.base_url or None)
        headline = clean(written.text("title", "headline"))[:_LONGEST_HEADLINE] or post.heading[:_LONGEST_HEADLINE]
        if not headline:
            raise SourceError("has neither a title nor a heading")
        return ItemFound(
            identity=_identity(name, written),
            headline=headline,
            url=url,
            body=post.body,
            published_at=moment,
            language=self._options.language or _language(written.text("lang", "language", "locale")),
            byline=_byline(written),
            picture=self._picture(written, post, url),
            dek=clean(written.text("description", "summary", "excerpt", "subtitle", "dek"))[:_LONGEST_HEADLINE],
            canonical=web_address(written.text("canonical_url", "canonicalurl", "canonical"), self._options.base_url),
        )

    def _is_wanted(self, written: Written) -> bool:
        wanted = {tag.casefold() for tag in self._options.tags}
        lists = (written, Written(written.table("taxonomies")))
        found = [tag for each in lists for key in ("tags", "tag", "categories", "category") for tag in each.texts(key)]
        return not wanted or not wanted.isdisjoint(tag.casefold() for tag in found)

    def _moment(self, name: str, written: Written, now: datetime, problems: list[str]) -> datetime | None:
        """By its front matter, else by its address or the names of file and folders."""
        given = [text for text in written.texts(*_DATES) if text.lower() not in (*_YES, *_NO)]  # published: true
        found = next(filter(None, (parse_date(date, self._zone) for date in given)), None)
        for place in (written.text("path"), written.text("permalink"), written.text("slug"), name):
            match = None if found else _DAY.search(place)
            if match:
                day = f"{match[1]}-{int(match[3] or match[5]):02}-{int(match[4] or match[6]):02}"
                found = parse_date(day, self._zone)
        if given and not found:
            problems.append(f"{name}: has a date that is not understood ({clean(given[0])[:40]})")
        return found

    def _url(self, name: str, written: Written, moment: datetime | None) -> str | None:
        base = self._options.base_url
        given = written.text("permalink", "url") or written.text("path").strip("/")
        if re.match(r"(?i)https?://", given):
            return web_address(given, None)
        if given and not given.startswith(":"):  # Jekyll has patterns there, too
            given = given if written.text("permalink", "url") else f"{given}/"
            return web_address(f"{base}/{given.lstrip('/')}", None) if base else None
        pattern = self._options.permalink
        if not (base and pattern) or (not moment and re.search(":(?:year|month|day)", pattern)):
            return None
        day = moment.astimezone(self._zone) if moment else None
        values = {
            "year": f"{day:%Y}" if day else "",
            "month": f"{day:%m}" if day else "",
            "day": f"{day:%d}" if day else "",
            "slug": written.text("slug") or _slug(name),
            "path": str(PurePosixPath(name).with_suffix("")),
        }
        values["title"] = values["slug"]
        return web_address(base + _PLACEHOLDER.sub(lambda match: quote(values[match[1]]), pattern), None)

    def _picture(self, written: Written, post: Post, url: str | None) -> Picture | None:
        names = ("image", "cover", "thumbnail", "featured_image", "banner", "og_image", "picture")
        table = Written(written.table(*names))
        place = table.text("url", "src", "image", "path", "relative") or written.text(*names)
        address = web_address(place, url or self._options.base_url or None)
        if not address:
            return post.picture
        alt = table.text("alt") or written.text("image_alt", "imagealt", "cover_alt", "alt")
        return Picture(address, clean(alt), clean(table.text("caption")), clean(table.text("credit")))


def _walk(folder: Path, where: str) -> Iterator[Path]:
    """Every file below the folder, hidden ones and `_…` left out. Links to folders are not followed."""
    left = _MOST_ENTRIES
    folders = [folder]
    while folders:
        try:
            found = sorted(os.scandir(folders.pop()), key=lambda entry: entry.name)
        except OSError as error:
            raise SourceError(f"{where}: cannot be read ({(error.strerror or 'error').lower()})") from error
        left -= len(found)
        if left < 0:
            raise SourceError(f"{where}: has more than {_MOST_ENTRIES:,} files; name the folder with the posts")
        for entry in found:
            if entry.name.startswith((".", "_")):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            elif entry.is_symlink() or stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
                yield Path(entry.path)


def _identity(name: str, written: Written) -> str:
    """Its own id, else its address, else its slug in its folder, else the file's name in the folder."""
    own = clean(written.text("id", "guid", "uid", "uuid"))
    address = clean(written.text("permalink", "url") or written.text("path")).strip("/")
    slug = clean(written.text("slug")).strip("/")
    if own:
        known = f"id:{own}"
    elif address and not address.startswith(":"):
        known = f"at:{address}"
    else:
        known = f"slug:{PurePosixPath(name).parent / slug}" if slug else name
    return known if len(known) <= 400 else f"sha256:{hashlib.sha256(known.encode()).hexdigest()}"


def _is_draft(written: Written) -> bool:
    return (
        written.text("draft").lower() in _YES
        or written.text("published").lower() in _NO
        or written.text("status").lower() in ("draft", "private", "hidden")
    )


def _slug(name: str) -> str:
    """`2026/2026-05-20-a-title.md` → `a-title`, `a-title/index.md` → `a-title`, as site generators do."""
    path = PurePosixPath(name)
    stem = path.parent.name if path.stem == "index" and path.parent.name else path.stem
    return re.sub(r"^\d{4}-\d{1,2}-\d{1,2}-", "", stem)


def _language(tag: str) -> str:
    match = re.match(r"([A-Za-z]{2,3})(?![A-Za-z])", tag)
    return match[1].lower() if match else ""


def _byline(written: Written) -> str:
    extra = Written(written.table("extra"))
    names = written.texts("authors", "author", "byline") or extra.texts("authors", "author")
    return clean(", ".join(dict.fromkeys(re.sub(r"\s*<?[^\s@<>]+@[^\s@<>]+>?", "", name) for name in names)))[:200]


def _told(problems: list[str]) -> str:
    return problems[0] if len(problems) == 1 else f"{problems[0]}; and {len(problems) - 1:,} more like this"


def _at_most(count: int, problems: list[str]) -> tuple[str, ...]:
    if len(problems) <= count:
        return tuple(problems)
    return (*problems[:count], f"and {len(problems) - count:,} more like these")
