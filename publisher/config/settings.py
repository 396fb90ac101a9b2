"""The settings tree: what config.toml may say. Every key has its line in the reference."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from publisher.config.values import (
    CronLine,
    DatabaseURL,
    Duration,
    Line,
    Mailbox,
    MailboxOrNone,
    SecretPlace,
    Strict,
    WebAddress,
    Zone,
)
from publisher.domain.item import Rights

Language = Literal["ko", "en"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Jurisdiction = Literal["kr", "eu", "us"]


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Publication(Strict):
    """`[publication]`: what readers see and what signs links."""

    name: Line = Field(min_length=1)
    language: Language = "en"
    timezone: Zone
    base_url: WebAddress
    sender: Mailbox
    reply_to: MailboxOrNone = ""
    series: Line = ""
    postal_address: str = Field(min_length=1)
    secret: SecretPlace


class Database(Strict):
    """`[database]`."""

    url: DatabaseURL = "sqlite:///var/publisher.db"


class Schedule(Strict):
    """`[schedule]`: cron lines on the publication's clock (`config/cron.py`)."""

    collect: CronLine = "0 */2 * * *"
    compose: CronLine = "0 9 * * THU"
    send: CronLine = "30 7 * * FRI"
    grace: Duration = timedelta(hours=6)
    approvals: int = Field(default=1, ge=1, le=10)
    cooling_off: Duration = timedelta(minutes=15)
    holidays: tuple[date, ...] = ()


class Pictures(Strict):
    """`[pictures]`: how a letter shows its pictures.

    `own` serves them from this publication, `cid` puts them into every letter, `link` leaves them where they are.
    """

    serve: Literal["own", "cid", "link"] = "own"
    max_bytes: int = Field(default=15_000_000, ge=1_000)


class IssueRules(Strict):
    """`[issue]`: how an issue is made up."""

    first_number: int = Field(default=1, ge=1)
    items: int = Field(default=6, ge=1, le=50)
    min_items: int = Field(default=3, ge=1, le=50)
    window: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    per_source: int = Field(default=2, ge=1, le=50)


class Fetching(Strict):
    """`[fetch]`: how the one guarded HTTP client behaves."""

    timeout: Duration = Field(default=timedelta(seconds=20), gt=timedelta(0))
    max_bytes: int = Field(default=10_000_000, ge=1_000)
    spacing: Duration = timedelta(seconds=1)
    retries: int = Field(default=2, ge=0, le=5)
    private_addresses: bool = False
    user_agent: Line = ""


class SourceOptions(Strict):
    """The keys that every `[[source]]` has; a kind's own options extend it."""

    name: Name
    kind: str
    title: Line = ""
    language: Literal["ko", "en", ""] = ""
    rights: Rights = Rights.EXCERPT


class ChannelOptions(Strict):
    """The keys that every `[[channel]]` has; a kind's own options extend it."""

    name: Name
    kind: str


class ListOptions(Strict):
    """One `[[list]]` of subscribers/lists.toml: what a reader joins, and how consent to it is given."""

    name: Name
    title: Line = Field(min_length=1)
    opt_in: Literal["single", "double"] = "double"
    jurisdiction: Annotated[tuple[Jurisdiction, ...], BeforeValidator(_as_tuple)] = Field(min_length=1)
    purpose: str = Field(min_length=1)


class Settings(Strict):
    """The whole of config.toml, and the lists beside it.

    `root` is the folder that config.toml lies in, from which relative paths are taken.
    """

    root: Path
    publication: Publication
    database: Database = Database()
    schedule: Schedule = Schedule()
    issue: IssueRules = IssueRules()
    fetch: Fetching = Fetching()
    pictures: Pictures = Pictures()
    sources: tuple[Any, ...] = ()
    channels: tuple[Any, ...] = ()
    lists: tuple[ListOptions, ...] = ()
