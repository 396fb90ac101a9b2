"""Who may let an issue go together, when it may be moved to, and what an approval link is worth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from publisher.domain.approval import Approval, asked, asking, lacking, link_is_used, moved_wrongly, planned, too_long
from publisher.domain.proof import Proof, Surface

NOW = datetime(2026, 5, 28, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("approvers", "needed", "writers", "lacks"),
    [
        ((), 1, (), "0 of 1 approvals"),
        (("kim",), 1, ("kim",), ""),
        (("kim",), 2, (), "1 of 2 approvals"),
        (("kim", "lee"), 2, ("kim",), ""),
        (("kim", "lee"), 2, (), ""),
        (("kim", "lee"), 2, ("kim", "lee"), "needs one who has not"),
        (("kim", "lee", "park"), 2, ("kim", "lee"), ""),
    ],
)
def test_of_two_who_approve_one_has_not_written(
    approvers: tuple[str, ...], needed: int, writers: tuple[str, ...], lacks: str
) -> None:
    found = lacking(approvers, needed, writers)
    assert lacks in found and bool(found) == bool(lacks)


def test_an_issue_moves_between_now_and_the_one_after_it() -> None:
    week = NOW + timedelta(days=7)
    assert moved_wrongly(NOW + HOUR, NOW, week) == ""
    assert "over already" in moved_wrongly(NOW, NOW, week)
    assert "next issue" in moved_wrongly(week, NOW, week)
    assert planned(NOW, None) == NOW and planned(NOW, week) == week


@pytest.mark.parametrize("note", ["Shorter, please.", "Two things:\none; and two: more", "changes asked by x: y"])
def test_a_wish_is_found_again_in_the_reason_word_for_word(note: str) -> None:
    assert asked(asking("kim@example.org", note)) == ("kim@example.org", note)
    assert asked("pulled back by kim@example.org") is None


def test_a_link_is_worth_nothing_once_an_approval_of_its_proof_was_taken_back() -> None:
    given = Approval("kim", "a" * 64, NOW)
    taken_back = Approval("lee", "a" * 64, NOW, withdrawn_at=NOW)
    assert not link_is_used([given, taken_back], "b" * 64)
    assert not link_is_used([given], "a" * 64)
    assert link_is_used([given, taken_back], "a" * 64)


def test_a_post_longer_than_its_network_takes_is_named() -> None:
    def post(length: int) -> str:
        return f'{{"text": "x", "length": {length}, "limit": 280}}'

    proof = Proof((Surface("post:x:1", post(281)), Surface("post:x:2", post(280)), Surface("subject", "s")))
    assert too_long(proof) == [("x", 1, 281, 280)]
