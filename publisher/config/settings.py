"""The settings tree: what config.toml may say. Every key has its line in the reference."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from publisher.config.values import Duration, SecretPlace, Strict, Zone
from publisher.domain.item import Rights

Language = Literal["ko", "en"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class Publication(Strict):
    """`[publication]`: what readers see and what signs links."""

    name: str = Field(min_length=1)
    language: Language = "en"
    timezone: Zone
    base_url: str
    sender: str
    reply_to: str = ""
    series: str = ""
    postal_address: str = Field(min_length=1)
    secret: SecretPlace


class Database(Strict):
    """`[database]`."""

    url: str = "sqlite:///var/publisher.db"


class Schedule(Strict):
    """`[schedule]`: cron lines in the publication's zone; weekdays by name."""

    collect: str = "0 */2 * * *"
    compose: str = "0 9 * * THU"
    send: str = "30 7 * * FRI"
    grace: Duration = timedelta(hours=6)
    approvals: int = Field(default=1, ge=1, le=10)
    cooling_off: Duration = timedelta(minutes=15)


class IssueRules(Strict):
    """`[issue]`: how an issue is made up."""

    first_number: int = Field(default=1, ge=1)
    items: int = Field(default=6, ge=1, le=50)
    min_items: int = Field(default=3, ge=1, le=50)
    window: Duration = timedelta(days=7)
    per_source: int = Field(default=2, ge=1, le=50)


class Fetching(Strict):
    """`[fetch]`: how the one guarded HTTP client behaves."""

    timeout: Duration = timedelta(seconds=20)
    max_bytes: int = Field(default=10_000_000, ge=1_000)
    spacing: Duration = timedelta(seconds=1)
    retries: int = Field(default=2, ge=0, le=5)
    private_addresses: bool = False
    user_agent: str = ""


class SourceOptions(Strict):
    """The keys that every `[[source]]` has; a kind's own options extend it."""

    name: Name
    kind: str
    title: str = ""
    language: Literal["ko", "en", ""] = ""
    rights: Rights = Rights.EXCERPT

    @property
    def shown_name(self) -> str:
        return self.title or self.name


class ChannelOptions(Strict):
    """The keys that every `[[channel]]` has; a kind's own options extend it."""

    name: Name
    kind: str


class Settings(Strict):
    """The whole of config.toml. `root` is the folder it lies in, from which relative paths are taken."""

    root: Path
    publication: Publication
    database: Database = Database()
    schedule: Schedule = Schedule()
    issue: IssueRules = IssueRules()
    fetch: Fetching = Fetching()
    sources: tuple[Any, ...] = ()
    channels: tuple[Any, ...] = ()
