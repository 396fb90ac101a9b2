"""The settings tree: what config.toml may say.

The line under a key is its line in the reference, which `docs/make_reference.py` writes from here.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from publisher.config.values import (
    CronLine,
    DatabaseURL,
    DomainOrNone,
    Duration,
    Line,
    Mailbox,
    MailboxOrNone,
    SecretPlace,
    Selector,
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
    """What the newsletter is called, on every surface."""
    language: Language = "en"
    """The language of letter, issue pages and, unless chosen, notices; other pages also heed a reader's browser."""
    timezone: Zone
    """The clock of every cron line and of every time that is shown, like `"Asia/Seoul"`."""
    base_url: WebAddress
    """Where readers reach the pages. Every link in a letter starts with it, so it must not change later."""
    sender: Mailbox
    """Who the letter is from, like `"Example News <letter@example.org>"`."""
    reply_to: MailboxOrNone = ""
    """Where an answer goes; the sender where it is empty."""
    series: Line = ""
    """The column's name, in brackets on the letter and the page, never in the subject."""
    postal_address: str = Field(min_length=1)
    """Stands at the foot of every letter; the law of most countries wants it."""
    secret: SecretPlace
    """Signs leave links, sign-in links and return paths. Keep it: with another one, links in old letters are dead."""


class Database(Strict):
    """`[database]`."""

    url: DatabaseURL = "sqlite:///var/publisher.db"
    """A SQLite file, or `"postgresql+psycopg://user@host/name"` with the password in `PGPASSWORD` or `~/.pgpass`."""


class Schedule(Strict):
    """`[schedule]`: cron lines on the publication's clock (`config/cron.py`)."""

    collect: CronLine = "0 */2 * * *"
    """When the sources are read."""
    compose: CronLine = "0 9 * * THU"
    """When the draft of the next issue is made."""
    send: CronLine = "30 7 * * FRI"
    """When an approved issue is planned to leave."""
    grace: Duration = timedelta(hours=6)
    """How late an issue may still be made or leave by itself. Later than this it is held and the editors are asked."""
    approvals: int = Field(default=1, ge=1, le=10)
    """How many different editors must approve."""
    cooling_off: Duration = timedelta(minutes=15)
    """How long after the last approval an issue waits at least, so that it can be pulled back."""
    holidays: tuple[date, ...] = ()
    """Days on which no issue leaves, like `[2026-10-02]`. The editors are told that it is left out."""


class Pictures(Strict):
    """`[pictures]`: where letter and page find their pictures."""

    serve: Literal["own", "cid", "link"] = "own"
    """`own`: fetched once, checked, kept, served by this publication. `cid`: letters also carry them, 600 pixels wide.
    `link` (hot-linking): never fetched; every reader's program asks the site that has them, which sees who reads when,
    and may show another picture or none."""
    max_bytes: int = Field(default=15_000_000, ge=1_000)
    """A larger picture is left out, and the editors see why."""


class IssueRules(Strict):
    """`[issue]`: how an issue is made up."""

    first_number: int = Field(default=1, ge=1)
    """The number of the first issue, for a newsletter that goes on counting."""
    items: int = Field(default=6, ge=1, le=50)
    """How many items an issue has."""
    min_items: int = Field(default=3, ge=1, le=50)
    """With fewer, the issue is held and the editors are told. Not more than `items`."""
    window: Duration = Field(default=timedelta(days=7), gt=timedelta(0))
    """How far back an item may have been published when the draft is made, from the midnight before."""
    per_source: int = Field(default=2, ge=1, le=50)
    """How many items of an issue may come from one source."""
    sections: tuple[Line, ...] = Field(default=(), max_length=9)
    """The headings that items may stand under, in the order of the keys 1 to 9 on the desk. None: no headings."""


class Fetching(Strict):
    """`[fetch]`: how the one guarded HTTP client behaves."""

    timeout: Duration = Field(default=timedelta(seconds=20), gt=timedelta(0))
    """How long one address may take on the wire, redirects and tries again together."""
    collect_timeout: Duration = Field(default=timedelta(minutes=10), gt=timedelta(0))
    """How long one look at all sources may take. What was not asked by then is asked the next time."""
    max_bytes: int = Field(default=10_000_000, ge=1_000)
    """A larger answer is not read to its end."""
    spacing: Duration = timedelta(seconds=1)
    """How long to wait between two requests to the same host."""
    retries: int = Field(default=2, ge=0, le=5)
    """How often it is tried again after no answer, a 429 or a 5xx."""
    private_addresses: bool = False
    """Whether hosts of the own network may be asked. Leave it off on a server: feeds could reach what only it can."""
    user_agent: Line = ""
    """How servers see us; by default `Publisher/VERSION (+base_url)`."""


class Dkim(Strict):
    """`[dkim]`: signs all mail in the name of the sender's domain; without it the relay may do so."""

    selector: Selector = "letter"
    """Names the RSA key's record in the DNS, `letter._domainkey.example.org`; an Ed25519 key's has `-ed` behind it."""
    domain: DomainOrNone = ""
    """The domain that signs; the sender's where it is empty. Another one must belong to the same organisation."""
    keys: tuple[SecretPlace, ...] = ()
    """An RSA key, an Ed25519 key, or one of each, in PEM. `publisher mail keys` makes them. Empty: no signature."""

    @model_validator(mode="after")
    def _has_keys(self) -> Self:
        if self.model_fields_set and not self.keys and "keys" not in self.model_fields_set:
            raise ValueError('there are no keys; write keys = ["file:var/dkim-rsa.pem"], or take [dkim] out')
        return self


class SourceOptions(Strict):
    """The keys that every `[[source]]` has; a kind's own options extend it."""

    name: Name
    """Its own name in `publisher sources list` and in the database; a new name is a new source."""
    kind: str
    """What it is read with."""
    title: Line = ""
    """How the letter names the source; where it is empty, the host of each item."""
    language: Literal["ko", "en", ""] = ""
    """The language of its items, where they do not say so themselves."""
    rights: Rights = Rights.EXCERPT
    """`own`, `licensed`: all of its text and pictures; `excerpt`: a few sentences; `link-only`: the headline."""


class ChannelOptions(Strict):
    """The keys that every `[[channel]]` has; a kind's own options extend it."""

    name: Name
    """Its own name in the ledger; a new name is a new channel."""
    kind: str
    """What it is sent with."""


class ListOptions(Strict):
    """One `[[list]]` of subscribers/lists.toml: what a reader joins, and how consent to it is given."""

    name: Name
    """How `config.toml` and the commands name it."""
    title: Line = Field(min_length=1)
    """What readers see."""
    opt_in: Literal["single", "double"] = "double"
    """Whether a reader who joins must confirm by mail (`double`) or not."""
    jurisdiction: Annotated[tuple[Jurisdiction, ...], BeforeValidator(_as_tuple)] = Field(min_length=1)
    """Whose law on mailings applies; one, or a list of several."""
    purpose: str = Field(min_length=1)
    """What the addresses are used for, in words that a reader understands; it is part of the consent."""


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
    dkim: Dkim = Dkim()
    sources: tuple[Any, ...] = ()
    channels: tuple[Any, ...] = ()
    lists: tuple[ListOptions, ...] = ()
