"""Check an issue: gather what is known, and say what an editor should know before approval.

`run` asks nobody but the database, so it may follow every save. `start` has the links of an issue looked at in the
background, and the DNS asked about the sender; `progress` says how far that is; `look` does it now, and waits.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import lru_cache

from publisher.config.settings import Settings
from publisher.domain.approval import planned
from publisher.domain.audience import AudienceRule
from publisher.domain.issue import Issue
from publisher.domain.item import Rights
from publisher.domain.link import LinkSeen, LinkState, is_due
from publisher.domain.post import due_times
from publisher.domain.proof import Proof
from publisher.errors import NotFound, RenderError, SecretMissing
from publisher.fetch import Fetcher
from publisher.fetch.dns import Ask, txt
from publisher.fetch.looks import looks
from publisher.fetch.pictures import Prepared
from publisher.mail.message import Reader
from publisher.mail.writer import Identity, LetterWriter
from publisher.preflight import findings, posts
from publisher.preflight.facts import Earlier, Facts, ItemFacts, MailDomain
from publisher.preflight.finding import Finding, blocking, seen_mark
from publisher.preflight.links import worth_a_look
from publisher.preflight.reading import Reading
from publisher.preflight.surroundings import Surroundings
from publisher.store import checking, issues, links, pictures, proofs, subscribers
from publisher.store.checking import SourceOfPick
from publisher.store.db import Database, Session
from publisher.store.items import rights_of
from publisher.store.tables import IssueRow

PATIENCE = timedelta(minutes=2)  # that the looks at all links of an issue may take
_DNS = "dns:"  # before the name of a record, in the table of links (RFC 4501)
_READER = Reader(0, "reader@example.org")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of an issue's links were looked at; `is_running` while somebody in this process does."""

    looked_at: int
    of: int
    is_running: bool = False

    @property
    def is_done(self) -> bool:
        return self.looked_at >= self.of


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in the proof with that root digest. Without all links looked at it is no less valid."""

    number: int
    digest: str
    findings: tuple[Finding, ...]
    cost: posts.Cost
    links: Progress

    @property
    def blocking(self) -> list[Finding]:
        return blocking(self.findings)

    @property
    def seen(self) -> str:
        """What an approve form carries, to say that its editor had all of this before them."""
        return seen_mark(self.findings)


def run(database: Database, number: int, around: Surroundings, *, now: datetime) -> Report:
    """Check the newest proof of the issue, as far as can be known without asking anybody. Raises NotFound."""
    with database.read() as session:
        row = issues.by_number(session, number)
        assert row.id is not None
        newest = proofs.newest(session, row.id)
        if newest is None:
            raise NotFound(f"No. {number} has no proof yet; run `publisher issues preview {number} --out DIR`")
        proof_row, proof = newest
        facts = _facts(session, row, proof, around, now)
        enclosed = pictures.carried(session, proof["html"])
    letter, problem = _letter(proof, number, around.identity, facts.issue.send_at, enclosed)
    facts = replace(facts, letter=letter, letter_problem=problem)
    asked = worth_a_look(facts.issue, facts.home)
    return Report(
        number=number,
        digest=proof_row.digest,
        findings=findings(proof, facts),
        cost=posts.cost_of(Reading(proof, facts).posts),
        links=_progress(database, number, asked, facts.links, now),
    )


def progress(database: Database, number: int, around: Surroundings, *, now: datetime) -> Progress:
    """How many links of the issue were looked at lately. Raises NotFound."""
    asked, seen = _links(database, number, around)
    return _progress(database, number, asked, seen, now)


def start(
    database: Database,
    number: int,
    around: Surroundings,
    fetcher: Fetcher,
    *,
    clock: Callable[[], datetime],
    ask: Ask = txt,
) -> Progress:
    """Have the links that are due looked at in the background, unless that is under way. Raises NotFound."""
    before = progress(database, number, around, now=clock())
    key = (database.place.shown, number)
    with _lock:
        if before.is_done or key in _running:
            return before
        _running.add(key)

    def work() -> None:
        try:
            look(database, number, around, fetcher, clock=clock, ask=ask)
        except Exception as error:  # nobody waits for this thread; what it leaves is looked at the next time
            log.warning("the links of No. %s were not all looked at: %s", number, error)
        finally:
            with _lock:
                _running.discard(key)

    threading.Thread(target=work, name=f"links-{number}", daemon=True).start()
    return replace(before, is_running=True)


def look(
    database: Database,
    number: int,
    around: Surroundings,
    fetcher: Fetcher,
    *,
    clock: Callable[[], datetime],
    ask: Ask = txt,
    told: Callable[[Progress], None] = lambda progress: None,
) -> Progress:
    """Look at every link of the issue that is due, and ask the DNS; `told` hears of each. Raises NotFound."""
    asked, seen = _links(database, number, around)
    for name in _records(around):
        if is_due(seen.get(_DNS + name), clock()):
            _keep(database, _DNS + name, _answer(ask(name), clock()))
    due = [url for url in asked if is_due(seen.get(url), clock())]
    count = len(asked) - len(due)
    told(Progress(count, len(asked), is_running=True))
    for url, (state, reason) in looks(fetcher.for_a_run(PATIENCE), due):
        _keep(database, url, LinkSeen(state, clock(), reason))
        count += 1
        told(Progress(count, len(asked), is_running=True))
    return Progress(count, len(asked))


# ---- links and records --------------------------------------------------------------------------------------------

_lock = threading.Lock()
_running: set[tuple[str, int]] = set()


def _links(database: Database, number: int, around: Surroundings) -> tuple[list[str], dict[str, LinkSeen]]:
    """What is to be looked at for an issue, and what is known of it."""
    with database.read() as session:
        issue = issues.to_fact(session, issues.by_number(session, number))
        asked = worth_a_look(issue, _home(around))
        return asked, links.seen(session, [*asked, *(_DNS + name for name in _records(around))])


def _progress(
    database: Database, number: int, asked: Sequence[str], seen: Mapping[str, LinkSeen], now: datetime
) -> Progress:
    with _lock:
        is_running = (database.place.shown, number) in _running
    return Progress(sum(not is_due(seen.get(url), now) for url in asked), len(asked), is_running)


def _keep(database: Database, url: str, seen: LinkSeen) -> None:
    with database.write() as session:
        links.keep(session, [(url, seen)])


def _records(around: Surroundings) -> list[str]:
    """The names of the records that say who may send in the sender's name; none where no letter leaves this machine."""
    if around.is_local:
        return []
    domain = around.identity.domain
    # A domain without a policy of its own has that of the one above it (RFC 7489, 6.6.3).
    parents = [domain.split(".", at)[at] for at in range(domain.count("."))]
    names = [domain, *(f"_dmarc.{parent}" for parent in parents)]
    return [*names, *_dkim_records(around)]


def _dkim_records(around: Surroundings) -> list[str]:
    """None where the relay signs, and where a key cannot be used, which is told of the letter."""
    try:
        signer = around.identity.signer
    except SecretMissing:
        return []
    return list(signer.record_names) if signer else []


def _answer(records: tuple[str, ...] | None, now: datetime) -> LinkSeen:
    if records is None:
        return LinkSeen(LinkState.UNSURE, now)
    return LinkSeen(LinkState.OPEN if records else LinkState.DEAD, now, "\n".join(records))


def _mail_domain(around: Surroundings, seen: Mapping[str, LinkSeen]) -> MailDomain | None:
    """What was found of the names in `_records`; None where nobody has asked."""

    def found(name: str) -> tuple[str, ...] | None:
        look = seen.get(_DNS + name)
        if look is None or look.state is LinkState.UNSURE:
            return None
        return tuple(look.reason.split("\n")) if look.reason else ()

    names = _records(around)
    if not any(_DNS + name in seen for name in names):
        return None
    policies = [found(name) for name in names if name.startswith("_dmarc.")]
    dmarc = next((policy for policy in policies if policy), None if None in policies else ())
    dkim = {name: found(name) for name in _dkim_records(around)}
    return MailDomain(found(around.identity.domain), dmarc, dkim, around.settings.dkim.domain)


# ---- facts --------------------------------------------------------------------------------------------------------


def _home(around: Surroundings) -> str:
    return around.settings.publication.base_url.rstrip("/")


def _facts(session: Session, row: IssueRow, proof: Proof, around: Surroundings, now: datetime) -> Facts:
    assert row.id is not None
    publication = around.settings.publication
    issue = issues.to_fact(session, row)
    items = checking.sources_of_picks(session, row.id)
    rule = AudienceRule.from_text(proof["audience"])
    asked = worth_a_look(issue, _home(around))
    seen = links.seen(session, [*asked, *(_DNS + name for name in _records(around))])
    leaves_at = row.leaves_at or planned(row.send_at, row.moved_to)
    told = checking.earlier_picks(session, row.number, [item.canonical_url for item in items])
    return Facts(
        issue=issue,
        language=publication.language,
        zone=publication.timezone,
        home=_home(around),
        sender=parseaddr(publication.sender)[1],
        postal_address=publication.postal_address,
        now=now,
        leaves_at=leaves_at,
        unrendered=row.unrendered,
        is_local=around.is_local,
        channels=around.channels,
        jurisdictions=frozenset(law for one in around.lists if one.name in rule.lists for law in one.jurisdiction),
        audience=subscribers.audience_lately(session, rule),
        items={item.item_id: _item(item, around.settings) for item in items},
        earlier=tuple(Earlier(one.number, one.item_id, one.headline, one.canonical_url) for one in told),
        addresses={item.item_id: item.canonical_url for item in items},
        planned=_planned(issue, proof, around.settings, leaves_at),
        links=seen,
        mail_domain=_mail_domain(around, seen),
    )


def _item(item: SourceOfPick, settings: Settings) -> ItemFacts:
    """The settings of its source count as they are now; of a source that is gone, as they were."""
    source = next((one for one in settings.sources if one.name == item.source), None)
    return ItemFacts(
        source=source.title or source.name if source else item.source,
        rights=rights_of(item, source) if source else Rights(item.rights),
        headline=item.headline,
        body=item.body,
        picture_url=item.picture_url,
        published_at=item.published_at,
        is_column=item.is_column,
        picture_problem=item.picture_problem,
    )


def _planned(issue: Issue, proof: Proof, settings: Settings, leaves_at: datetime) -> dict[tuple[str, int], datetime]:
    """When each post leaves: as its editor wants, else one after the other from when the issue leaves."""
    wishes = {pick.position: pick.posts for pick in issue.picks}
    found: dict[tuple[str, int], datetime] = {}
    for options in settings.channels:
        positions = sorted(position for channel, position, _ in proof.posts() if channel == options.name)
        spacing = getattr(options, "spacing", timedelta(0))
        for position, due_at in zip(positions, due_times(leaves_at, len(positions), spacing), strict=True):
            wish = wishes.get(position, {}).get(options.name)
            found[options.name, position] = wish.at if wish and wish.at else due_at
    return found


@lru_cache(maxsize=16)
def _letter(
    proof: Proof, number: int, identity: Identity, date: datetime, enclosed: tuple[Prepared, ...]
) -> tuple[bytes, str]:
    """One reader's letter, or why it cannot be written; remembered, as who types elsewhere asks for it again."""
    try:
        return LetterWriter(proof, number, identity, date, pictures=enclosed).letter(0, _READER).content, ""
    except (RenderError, SecretMissing) as error:
        return b"", error.message
