"""The one composition root: from config.toml to the database, sources, channels and renderer.

Kinds are imported only when config.toml uses them, so that a command pays for what it needs.
"""

from __future__ import annotations

import importlib
import os
import random
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from publisher import __version__
from publisher.config.cron import next_time
from publisher.config.load import load, load_lists
from publisher.config.settings import ChannelOptions, ListOptions, Settings, SourceOptions
from publisher.domain.audience import AudienceRule, ChannelAudience
from publisher.errors import WrongUse

if TYPE_CHECKING:
    from publisher.channels import MailChannel, SocialChannel
    from publisher.delivery.engine import Clock
    from publisher.domain.pace import Limits
    from publisher.fetch import Fetcher
    from publisher.gallery import Gallery
    from publisher.mail.writer import Identity
    from publisher.preflight.surroundings import Surroundings
    from publisher.render.notice import NoticeWriter
    from publisher.render.proof import Renderer
    from publisher.sources import Source
    from publisher.store.db import Database

# kind → (module, class, how to make it from its options and the publication)
SOURCE_KINDS: dict[str, tuple[str, Callable[[Any, Any, Settings], Any]]] = {
    "feed": ("publisher.sources.feed", lambda module, options, s: module.Feed(options, zone=s.publication.timezone)),
    "column": (
        "publisher.sources.column",
        lambda module, options, s: module.Column(options, zone=s.publication.timezone),
    ),
    "markdown": (
        "publisher.sources.markdown",
        lambda module, options, s: module.Markdown(options, zone=s.publication.timezone, root=s.root),
    ),
    "page": ("publisher.sources.page", lambda module, options, s: module.Pages(options, zone=s.publication.timezone)),
    "index": ("publisher.sources.index", lambda module, options, s: module.Index(options, zone=s.publication.timezone)),
    "editor": ("publisher.sources.editor", lambda module, options, s: module.Editor(options)),
}
MAIL_KINDS: dict[str, tuple[str, Callable[[Any, Any, Settings], Any]]] = {
    "smtp": ("publisher.channels.smtp", lambda module, options, s: module.Smtp(options, root=s.root)),
    "folder": ("publisher.channels.folder", lambda module, options, s: module.FolderMail(options, root=s.root)),
}
SOCIAL_KINDS: dict[str, tuple[str, Callable[[Any, Any, Settings], Any]]] = {
    "x": (
        "publisher.channels.x",
        lambda module, options, s: module.X(options, reveal=lambda place: place.reveal(s.root)),
    ),
    "folder": ("publisher.channels.folder", lambda module, options, s: module.FolderPosts(options, root=s.root)),
}

_MOST_ABSENCES = 60  # a year of weeks and more: whoever leaves out that many has no letter to say so in


def _options(module: str) -> Callable[[], Any]:
    return lambda: importlib.import_module(module).Options


def load_settings(path: Path) -> Settings:
    """config.toml as frozen settings. Raises ConfigError with every problem at once."""
    channels = {kind: _options(module) for kind, (module, _) in (MAIL_KINDS | SOCIAL_KINDS).items()}
    sources = {kind: _options(module) for kind, (module, _) in SOURCE_KINDS.items()}
    return load(path, source_kinds=sources, channel_kinds=channels)


@dataclass(frozen=True)
class Publication:
    """One install, with everything that its stages are given."""

    settings: Settings

    @cached_property
    def database(self) -> Database:
        """Open, and exactly as new as this program. Raises DatabaseError."""
        from publisher.store.db import open_database

        return open_database(self.settings.database.url, self.settings.root)

    @cached_property
    def fetcher(self) -> Fetcher:
        from publisher.fetch import Fetcher

        settings = self.settings.fetch
        if not settings.user_agent:
            # Servers are told who asks, and where to complain (RFC 9110, 10.1.5).
            home = f"Publisher/{__version__} (+{self.settings.publication.base_url})"
            settings = settings.model_copy(update={"user_agent": home})
        return Fetcher(settings, self.settings.root)

    @cached_property
    def lists(self) -> tuple[ListOptions, ...]:
        return load_lists(self.settings.root / "subscribers" / "lists.toml")

    def sources(self) -> list[tuple[SourceOptions, Source]]:
        """Every configured source with its options, in the order of config.toml."""
        return [(options, self._make(SOURCE_KINDS, options)) for options in self.settings.sources]

    def mail_channels(self) -> list[MailChannel]:
        return [self._make(MAIL_KINDS, options) for options in self.settings.channels if options.kind in MAIL_KINDS]

    def social_channels(self) -> list[tuple[ChannelOptions, SocialChannel]]:
        return [
            (options, self._make(SOCIAL_KINDS, options))
            for options in self.settings.channels
            if options.kind in SOCIAL_KINDS
        ]

    @cached_property
    def rule(self) -> AudienceRule:
        """Who gets an issue, by channel; a folder takes what mail takes, or every list where there is no mail."""
        mail = [
            ChannelAudience(options.name, options.lists)
            for options in self.settings.channels
            if options.kind in MAIL_KINDS and options.kind != "folder"
        ]
        copied = tuple(dict.fromkeys(name for audience in mail for name in audience.lists))
        copied = copied or tuple(options.name for options in self.lists)
        copies = [
            ChannelAudience(options.name, copied, is_copy=True)
            for options in self.settings.channels
            if options.kind == "folder"
        ]
        return AudienceRule((*mail, *copies))

    @cached_property
    def renderer(self) -> Renderer:
        from publisher.render.proof import Renderer
        from publisher.render.social import SocialFacts

        socials = [
            SocialFacts(
                channel=options.name,
                kind=options.kind,
                limits=channel.limits,
                links=getattr(options, "links", "each"),
            )
            for options, channel in self.social_channels()
        ]
        serve = self.settings.pictures.serve
        return Renderer(
            self.settings.publication,
            self.settings.root / "templates",
            socials,
            obtain=self.gallery.leave if serve == "link" else self.gallery.obtain,
            carries=serve == "cid",
            absences=self._absences,
        )

    @cached_property
    def gallery(self) -> Gallery:
        from publisher.gallery import Gallery

        return Gallery(self.database, self.fetcher, self.settings.pictures.max_bytes)

    @cached_property
    def notice_writer(self) -> NoticeWriter:
        from publisher.render.face import packaged_templates
        from publisher.render.notice import NoticeWriter

        return NoticeWriter(self.settings.publication, self.settings.root / "templates", packaged_templates())

    def notice_channel(self) -> MailChannel | None:
        """Where notices go; None where config.toml has no channel for mail."""
        return self.first_mail_channel() if self.mail_channels() else None

    def editor_source(self) -> SourceOptions:
        """The source that hand-written items belong to. Raises WrongUse where config.toml has none."""
        for options in self.settings.sources:
            if options.kind == "editor":
                assert isinstance(options, SourceOptions)
                return options
        raise WrongUse('no source of kind "editor" in config.toml; add [[source]] name = "desk", kind = "editor"')

    def identity(self) -> Identity:
        """Where links lead, and what signs them. Raises SecretMissing.

        A key of [dkim] that cannot be used is told where mail is written: no link that readers have needs one.
        """
        from publisher.mail.dkim import Keys
        from publisher.mail.writer import Identity

        publication, dkim = self.settings.publication, self.settings.dkim
        secret = publication.secret.reveal(self.settings.root).encode()
        keys = Keys(dkim.selector, dkim.domain, dkim.keys, self.settings.root) if dkim.keys else None
        return Identity(publication.base_url, secret, publication.sender, keys)

    @cached_property
    def surroundings(self) -> Surroundings:
        """What preflight has to know of the publication. Raises SecretMissing."""
        from publisher.preflight.facts import Channel
        from publisher.preflight.surroundings import Surroundings

        channels = [Channel(options.name, options.kind) for options in self.settings.channels]
        limits = {options.name: channel.limits for options, channel in self.social_channels()}
        return Surroundings(
            settings=self.settings,
            lists=self.lists,
            identity=self.identity(),
            channels=tuple(replace(channel, limits=limits.get(channel.name)) for channel in channels),
            is_local=all(_is_local(options) for options in self.settings.channels),
        )

    def first_mail_channel(self) -> MailChannel:
        """Where test letters and notices go. Raises WrongUse where config.toml has no channel for mail."""
        channels = sorted(self.mail_channels(), key=lambda channel: bool(self._is_copy(channel.name)))
        if not channels:
            raise WrongUse('no channel for mail in config.toml; add [[channel]] with kind = "smtp"')
        return channels[0]

    def workers(self) -> dict[str, int]:
        """How many processes write and sign the letters of each mail channel; 0 for as many as are worth it."""
        return {options.name: getattr(options, "workers", 1) for options in self.settings.channels}

    def limits(self) -> dict[str, Limits]:
        """How fast each mail channel may be, where it may not be as fast as it can."""
        from publisher.domain.pace import Limits

        limits = {
            options.name: Limits(getattr(options, "pace", None), getattr(options, "domain_pace", {}))
            for options in self.settings.channels
        }
        return {name: found for name, found in limits.items() if found}

    def spacings(self) -> dict[str, timedelta]:
        """How far apart the posts of each social channel leave."""
        return {options.name: _spacing(options) for options, _ in self.social_channels()}

    def clock(self, start: datetime) -> Clock:
        """A clock that begins at `start` and goes on from there, with real chance."""
        from publisher.delivery.engine import Clock

        begun = time.monotonic()
        return Clock(lambda: start + timedelta(seconds=time.monotonic() - begun), random.random)

    def wall_clock(self, start: datetime | None = None) -> Clock:
        """The clock of this machine, wherever it is set to meanwhile; with `start`, as far ahead as that is of it."""
        from publisher.delivery.engine import Clock

        ahead = start - datetime.now(UTC) if start else timedelta(0)
        return Clock(lambda: datetime.now(UTC) + ahead, random.random)

    @property
    def journals(self) -> Path:
        """Where workers keep what they have let out and the database does not know yet."""
        return self.settings.root / "var" / "delivery"

    @cached_property
    def worker(self) -> str:
        """This process's name in the ledger, never used by another."""
        return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def _absences(self, planned: datetime, now: datetime) -> list[datetime]:
        """The days without a letter that readers are told of, between the issue planned for `planned` and the next."""
        from publisher.store import skips

        schedule, zone = self.settings.schedule, self.settings.publication.timezone
        found: list[datetime] = []
        with self.database.read() as session:
            told = {skip.send_at.astimezone(zone).date() for skip in skips.announced(session, now)}
            at = next_time(schedule.send, zone, planned)
            for _ in range(_MOST_ABSENCES):
                if not skips.why(session, at, zone, schedule.holidays):
                    break
                found += [at] if at.astimezone(zone).date() in told else []
                at = next_time(schedule.send, zone, at)
        return found

    def _is_copy(self, name: str) -> bool:
        return any(part.is_copy for part in self.rule.channels if part.channel == name)

    def _make(self, kinds: dict[str, tuple[str, Callable[[Any, Any, Settings], Any]]], options: Any) -> Any:
        module, make = kinds[options.kind]
        return make(importlib.import_module(module), options, self.settings)


def _spacing(options: ChannelOptions) -> timedelta:
    spacing = getattr(options, "spacing", timedelta(0))
    assert isinstance(spacing, timedelta)
    return spacing


def _is_local(options: ChannelOptions) -> bool:
    """Whether nothing that goes into the channel leaves this machine."""
    server = getattr(options, "host", "") or urlsplit(str(getattr(options, "api_url", ""))).hostname or ""
    return options.kind == "folder" or server in ("localhost", "::1") or server.startswith("127.")
