"""Whose turn it is: by the order of claims, and by nobody else's pace."""

from __future__ import annotations

from publisher.delivery.waiting import Waiting
from publisher.domain.pace import Limit, Limits, Spacer
from publisher.store.hot import Due
from tests.makers import NOW


def due(delivery_id: int, domain: str) -> Due:
    return Due(delivery_id, delivery_id, f"reader{delivery_id}@{domain}", "", "", NOW, 0, None)


def taken(waiting: Waiting, now: float) -> list[int]:
    found = []
    while one := waiting.next(now):
        found.append(one.id)
    return found


def test_without_a_pace_the_first_claimed_is_the_first_to_leave() -> None:
    waiting = Waiting()
    for delivery_id in (1, 2, 3):
        waiting.add(due(delivery_id, "example.org"))
    assert taken(waiting, 0.0) == [1, 2, 3]
    assert len(waiting) == 0


def test_a_domain_that_is_paced_holds_up_no_other() -> None:
    waiting = Waiting(Spacer(Limits(None, {"slow.example": Limit(1, 1)}), start=0.0))
    for delivery_id, domain in enumerate(("slow.example", "slow.example", "a.example", "b.example"), start=1):
        waiting.add(due(delivery_id, domain))
    assert taken(waiting, 0.0) == [1, 3, 4]
    assert len(waiting) == 1
    assert 0.9 < waiting.next_at() < 1.1
    assert taken(waiting, 2.0) == [2]
    assert not waiting


def test_what_is_taken_back_is_all_that_had_not_left() -> None:
    waiting = Waiting(Spacer(Limits(None, {"slow.example": Limit(1, 1)}), start=0.0))
    for delivery_id in (1, 2, 3):
        waiting.add(due(delivery_id, "slow.example"))
    assert taken(waiting, 0.0) == [1]
    assert sorted(one.id for one in waiting.clear()) == [2, 3]
    assert not waiting
