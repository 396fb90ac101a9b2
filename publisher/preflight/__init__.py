"""What an editor should know before approval: one small pure function per check, over the proof and gathered facts.

`findings` runs them all. A check never fetches, and never raises: what it cannot read it says nothing of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from publisher.domain.proof import Proof
from publisher.preflight import (
    amounts,
    authentication,
    contrast,
    days,
    form,
    head,
    law,
    links,
    pictures,
    posts,
    rights,
    wording,
)
from publisher.preflight.facts import Facts
from publisher.preflight.finding import Finding, Level
from publisher.preflight.reading import Reading

__all__ = ["CHECKS", "Check", "Finding", "Level", "findings"]

Check = Callable[[Reading], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    form.rfc5322,
    form.one_click,
    form.left_over,
    form.foot,
    form.whole,
    form.size,
    form.audience,
    law.korean_mark,
    law.advertiser,
    rights.text,
    rights.picture,
    rights.attribution,
    rights.sponsor,
    links.forms,
    links.own_address,
    links.dead,
    links.wording,
    links.shorteners,
    posts.limits,
    posts.blank,
    posts.duplicates,
    posts.accidents,
    posts.cost,
    head.subject,
    head.preheader,
    head.headlines,
    head.earlier,
    wording.placeholders,
    wording.years,
    wording.register,
    days.relative,
    days.coming,
    amounts.contradictions,
    pictures.alt,
    pictures.sizes,
    pictures.missing,
    contrast.contrast,
    authentication.authentication,
)
_ORDER = {Level.BLOCKING: 0, Level.WARNING: 1, Level.NOTE: 2}


def findings(proof: Proof, facts: Facts) -> tuple[Finding, ...]:
    """Everything that the checks find, the gravest first, and of one level in the order of the checks; each once."""
    reading = Reading(proof, facts)
    found = dict.fromkeys(finding for check in CHECKS for finding in check(reading))
    return tuple(sorted(found, key=lambda finding: _ORDER[finding.level]))
