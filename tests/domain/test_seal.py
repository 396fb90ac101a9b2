"""Proofs, approvals, and what release looks at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.approval import Approval, ReleaseFacts, covering, hold_reason, leaves_at
from publisher.domain.audience import AudienceRule, ChannelAudience
from publisher.domain.proof import ChangeKind, Proof, Surface, changes

NOON = datetime(2026, 5, 22, 12, tzinfo=UTC)
READY = ReleaseFacts(
    approvals=1,
    approvals_needed=1,
    picks=6,
    planned_at=NOON,
    grace=timedelta(hours=6),
    audience_sealed=1000,
    audience_now=1000,
)


def proof(**surfaces: str) -> Proof:
    return Proof(tuple(Surface(name, content) for name, content in surfaces.items()))


def test_one_changed_byte_changes_the_root_and_names_the_surface() -> None:
    old, new = proof(html="<p>one</p>", text="one"), proof(html="<p>two</p>", text="one")
    assert old.digest != new.digest
    assert [(change.surface, change.kind) for change in changes(old, new)] == [("html", ChangeKind.CHANGED)]
    assert "-<p>one</p>" in changes(old, new)[0].diff


def test_the_order_of_surfaces_does_not_matter_and_no_content_can_move_between_them() -> None:
    assert proof(a="1", b="2").digest == proof(b="2", a="1").digest
    assert proof(a="12", b="").digest != proof(a="1", b="2").digest


def test_a_surface_that_comes_or_goes_is_a_change() -> None:
    kinds = {change.surface: change.kind for change in changes(proof(html="x", old="y"), proof(html="x", new="z"))}
    assert kinds == {"old": ChangeKind.REMOVED, "new": ChangeKind.ADDED}


@given(st.dictionaries(st.text(min_size=1), st.text()), st.dictionaries(st.text(min_size=1), st.text()))
def test_equal_digests_mean_no_changes(one: dict[str, str], other: dict[str, str]) -> None:
    first, second = proof(**one), proof(**other)
    assert (first.digest == second.digest) == (changes(first, second) == [])


def test_an_approval_covers_only_the_very_proof_it_sealed() -> None:
    approval = Approval("kim@example.org", "aaaa", NOON)
    assert covering([approval], "aaaa") == [approval]
    assert covering([approval], "bbbb") == []


def test_an_editor_counts_once_and_a_withdrawn_approval_not_at_all() -> None:
    first = Approval("kim@example.org", "aaaa", NOON)
    again = replace(first, approved_at=NOON + timedelta(hours=1))
    withdrawn = Approval("lee@example.org", "aaaa", NOON, withdrawn_at=NOON)
    assert covering([again, withdrawn, first], "aaaa") == [first]


def test_nothing_leaves_before_its_time_or_before_the_cooling_off() -> None:
    quarter = timedelta(minutes=15)
    assert leaves_at(NOON, NOON - timedelta(hours=5), quarter) == NOON
    assert leaves_at(NOON, NOON, quarter) == NOON + quarter


def test_an_issue_that_is_ready_goes() -> None:
    assert hold_reason(READY, NOON + timedelta(hours=6)) is None


def test_a_late_empty_uncovered_or_moved_issue_is_held_and_says_why() -> None:
    assert "late by 7 h" in str(hold_reason(READY, NOON + timedelta(hours=7)))
    assert "empty" in str(hold_reason(replace(READY, picks=0), NOON))
    assert "0 of 1 approvals" in str(hold_reason(replace(READY, approvals=0), NOON))
    assert "1021 now and was 1000" in str(hold_reason(replace(READY, audience_now=1021), NOON))
    assert "no subscribers" in str(hold_reason(replace(READY, audience_now=0, audience_sealed=0), NOON))


def test_one_reader_more_or_less_never_holds_a_short_list() -> None:
    short = replace(READY, audience_sealed=3, audience_now=4)
    assert hold_reason(short, NOON) is None
    assert hold_reason(replace(short, audience_now=5), NOON) is not None


def test_two_per_cent_of_the_audience_may_come_or_go() -> None:
    assert hold_reason(replace(READY, audience_now=1020), NOON) is None
    assert hold_reason(replace(READY, audience_now=980), NOON) is None
    assert hold_reason(replace(READY, audience_now=979), NOON) is not None


def test_an_audience_rule_survives_being_sealed() -> None:
    rule = AudienceRule(
        (ChannelAudience("letter", ("weekly", "주간")), ChannelAudience("out", ("weekly",), is_copy=True))
    )
    assert AudienceRule.from_text(rule.to_text()) == rule
