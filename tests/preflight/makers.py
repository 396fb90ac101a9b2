"""A sound issue, rendered as it would go out, and the same with one thing changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from publisher.channels.x import LIMITS
from publisher.config.settings import Publication
from publisher.config.values import Secret
from publisher.domain.audience import AudienceRule, ChannelAudience
from publisher.domain.issue import Issue, IssueState, Pick
from publisher.domain.item import Rights
from publisher.domain.proof import Proof, Surface
from publisher.mail.message import Reader
from publisher.mail.writer import Identity, LetterWriter
from publisher.preflight import findings
from publisher.preflight.facts import Channel, Facts, ItemFacts
from publisher.preflight.finding import Finding
from publisher.render.face import packaged_templates
from publisher.render.proof import Renderer
from publisher.render.social import SocialFacts

SEOUL = ZoneInfo("Asia/Seoul")
LEAVES = datetime(2026, 5, 28, 22, 30, tzinfo=UTC)  # Friday 07:30 in Seoul
WRITTEN = LEAVES - timedelta(days=2)
HOME = "https://letter.example.org"
WORDS = {
    "en": (
        ("Harbour ferries learn to dock by themselves", "Three ferries now dock without a hand on the wheel."),
        ("A greenhouse that waters by the weight of its pots", "Every pot stands on a scale, and none is thirsty."),
        ("Night buses are called by a lamp at the stop", "Who waits presses a lamp, and the bus comes by."),
    ),
    "ko": (
        ("항구의 배가 혼자 부두에 닿는다", "이제 배 세 척이 사람 손 없이 부두에 닿습니다."),
        ("화분 무게를 재어 물을 주는 온실", "화분마다 저울 위에 놓여 있어 목마를 일이 없습니다."),
        ("정류장 등불로 부르는 밤 버스", "기다리는 사람이 등불을 누르면 버스가 옵니다."),
    ),
}
SERIES = {"en": "Small Bites", "ko": "한입 뉴스"}
PREHEADER = {
    "en": "Ferries, pots and lamps: what small machines did this week",
    "ko": "혼자 닿는 배와 저울 위의 화분, 등불로 부르는 버스까지 이번 주의 작은 기계들",
}


def pick(position: int, language: str = "en", **changes: Any) -> Pick:
    headline, body = WORDS[language][position - 1]
    made = Pick(
        position=position,
        item_id=10 + position,
        headline=headline,
        body=body,
        blurb=body,
        reason="",
        url=f"https://news.example.org/{position}",
        attribution="Example News",
    )
    return replace(made, **changes)


def issue(language: str = "en", picks: Iterable[Pick] | None = None, **changes: Any) -> Issue:
    made = Issue(
        number=7,
        state=IssueState.DRAFT,
        series=SERIES[language],
        title=WORDS[language][0][0],
        deks=(),
        note="",
        byline="",
        byline_address="",
        subject=WORDS[language][0][0],
        preheader=PREHEADER[language],
        language=language,
        send_at=LEAVES,
        picks=tuple(picks) if picks is not None else tuple(pick(at, language) for at in (1, 2, 3)),
    )
    return replace(made, **changes)


def facts(language: str = "en", of: Issue | None = None, **changes: Any) -> Facts:
    of = of or issue(language)
    made = Facts(
        issue=of,
        language=language,
        zone=SEOUL,
        home=HOME,
        sender="letter@example.org",
        postal_address="1 Example Street, Example City",
        now=LEAVES - timedelta(days=1),
        leaves_at=LEAVES,
        channels=(Channel("letter", "smtp"), Channel("x", "x", LIMITS)),
        audience=100,
        items={one.item_id: item() for one in of.picks},
    )
    return replace(made, **changes)


def item(**changes: Any) -> ItemFacts:
    return replace(ItemFacts("Example News", Rights.EXCERPT, published_at=WRITTEN), **changes)


@cache
def _renderer(language: str, links: str) -> Renderer:
    publication = Publication(
        name=SERIES[language],
        language=language,
        timezone="Asia/Seoul",
        base_url=HOME,
        sender=f"{SERIES[language]} <letter@example.org>",
        postal_address="1 Example Street, Example City",
        secret=Secret("env:SECRET"),
    )
    return Renderer(publication, packaged_templates(), [SocialFacts("x", "x", LIMITS, links)])  # type: ignore[arg-type]


RULE = AudienceRule((ChannelAudience("letter", ("weekly",)),))


def proof(of: Facts, *, links: str = "none", **surfaces: str) -> Proof:
    """The proof of an issue, with some of its surfaces said to be otherwise; `post_11` names the post of item 11."""
    made = _renderer(of.language, links).proof(of.issue, RULE, LEAVES)
    return Proof(tuple(Surface(one.name, surfaces.get(one.name, one.content)) for one in made.surfaces))


def letter(of: Proof, base_url: str = HOME) -> bytes:
    """One reader's letter as it would go out."""
    identity = Identity(base_url, b"s" * 32, "letter@example.org")
    return LetterWriter(of, 7, identity, LEAVES).letter(0, Reader(1, "kim@example.org")).content


def found(of: Facts, check: str = "", *, made: Proof | None = None) -> list[Finding]:
    """What the checks find, or the one of that name."""
    told = findings(made or proof(of), of)
    return [one for one in told if not check or one.check == check]


def without(pattern: str, text: str) -> str:
    changed = re.sub(pattern, "", text, flags=re.DOTALL)
    assert changed != text, f"{pattern} is not there"
    return changed
