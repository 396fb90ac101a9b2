"""The lifecycle of deliveries and posts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from publisher.domain.message import Accepted, Deferred, Refused, Unknown
from publisher.domain.sending import (
    EXPIRES_AFTER,
    SETTLED,
    Claimed,
    Dropped,
    Happening,
    Impossible,
    LeaseEnded,
    Marked,
    Progress,
    Returned,
    SendAgain,
    State,
    backoff,
    settle,
)

START = datetime(2026, 5, 22, 7, 30, tzinfo=UTC)
QUEUED = Progress(State.QUEUED, due_at=START)
CLAIMED = settle(QUEUED, Claimed(START + timedelta(minutes=5)), START)
SENDING = settle(CLAIMED, Marked(), START)
UNKNOWN = settle(SENDING, LeaseEnded(), START)

HAPPENINGS: list[Happening] = [
    Claimed(START),
    Marked(),
    LeaseEnded(),
    Returned("bad login"),
    Dropped("left"),
    SendAgain("an editor said so"),
    Accepted("250 queued"),
    Refused("no such user", 550),
    Deferred("greylisted", 450),
    Unknown("no answer"),
]


def test_a_letter_goes_from_queued_to_accepted() -> None:
    done = settle(SENDING, Accepted("250 queued as 1A"), START)
    assert (done.state, done.receipt, done.accepted_at, done.attempts) == (State.ACCEPTED, "250 queued as 1A", START, 1)


def test_a_claim_that_ends_before_the_mark_goes_back_to_the_queue() -> None:
    assert settle(CLAIMED, LeaseEnded(), START).state == State.QUEUED


def test_a_claim_that_ends_after_the_mark_is_unknown() -> None:
    assert UNKNOWN.state == State.UNKNOWN


def test_what_is_unknown_is_never_queued_again_by_itself() -> None:
    for happening in (Claimed(START), Marked(), LeaseEnded(), Returned("x"), Dropped("x"), Deferred("x"), Refused("x")):
        with pytest.raises(Impossible):
            settle(UNKNOWN, happening, START)


def test_evidence_makes_an_unknown_accepted_and_an_editor_may_send_it_again() -> None:
    assert settle(UNKNOWN, Accepted("found"), START).state == State.ACCEPTED
    assert settle(UNKNOWN, SendAgain("an editor said so"), START).state == State.QUEUED


def test_an_answer_about_us_does_not_count_as_an_attempt_at_the_reader() -> None:
    back = settle(SENDING, Returned("535 bad login"), START)
    assert (back.state, back.attempts) == (State.QUEUED, 0)


def test_what_brought_the_channel_down_goes_behind_the_others() -> None:
    assert settle(SENDING, Returned("relay denied"), START).due_at > settle(CLAIMED, Returned("x"), START).due_at


def test_the_day_of_a_deferral_begins_with_the_first_deferral_and_not_with_our_own_wait() -> None:
    late = START + timedelta(hours=30)
    taken = settle(settle(QUEUED, Claimed(late), late), Marked(), late)
    assert settle(taken, Deferred("greylisted"), late).state == State.QUEUED


def test_a_deferred_letter_waits_longer_each_time_and_is_dropped_after_a_day() -> None:
    progress, now, waits = QUEUED, START, []
    while progress.state != State.DROPPED:
        progress = settle(settle(progress, Claimed(now), now), Marked(), now)
        progress = settle(progress, Deferred("try later"), now)
        if progress.state == State.QUEUED:
            waits.append(progress.due_at - now)
            now = progress.due_at
    assert waits[:4] == [timedelta(minutes=minutes) for minutes in (5, 15, 30, 60)]
    assert "still deferred after 24 h" in progress.reason
    assert now - START <= EXPIRES_AFTER


@given(st.integers(1, 100), st.floats(0, 1), st.none() | st.floats(0, 1e9))
def test_a_retry_never_comes_before_the_other_side_asked(attempts: int, jitter: float, asked: float | None) -> None:
    wait = backoff(attempts, asked, jitter)
    assert wait >= timedelta(minutes=4)
    assert wait >= min(timedelta(seconds=asked or 0), EXPIRES_AFTER)


@given(st.sampled_from(HAPPENINGS))
def test_what_is_settled_for_good_never_moves(happening: Happening) -> None:
    for end in (
        settle(SENDING, Accepted(), START),
        settle(SENDING, Refused("no"), START),
        settle(QUEUED, Dropped("left"), START),
    ):
        with pytest.raises(Impossible):
            settle(end, happening, START)


class Lifecycle(RuleBasedStateMachine):
    """Whatever happens in whatever order, one reader never gets two letters that nobody knows of.

    `arrived` counts letters that reached the other side; `asked_again` counts explicit decisions to send once more.
    """

    def __init__(self) -> None:
        super().__init__()
        self.progress = QUEUED
        self.now = START
        self.arrived = 0
        self.asked_again = 0

    def happen(self, happening: Happening) -> None:
        self.progress = settle(self.progress, happening, self.now)

    @rule(minutes=st.integers(0, 60))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.progress.state == State.QUEUED)
    @rule()
    def claim(self) -> None:
        self.now = max(self.now, self.progress.due_at)
        self.happen(Claimed(self.now + timedelta(minutes=5)))

    @precondition(lambda self: self.progress.state == State.CLAIMED)
    @rule()
    def mark(self) -> None:
        self.happen(Marked())

    @precondition(lambda self: self.progress.state in (State.CLAIMED, State.SENDING))
    @rule(it_arrived=st.booleans())
    def crash(self, it_arrived: bool) -> None:
        if self.progress.state == State.SENDING and it_arrived:
            self.arrived += 1
        self.happen(LeaseEnded())

    @precondition(lambda self: self.progress.state == State.SENDING)
    @rule(answer=st.sampled_from(["accepted", "refused", "deferred", "down", "lost"]), it_arrived=st.booleans())
    def answer(self, answer: str, it_arrived: bool) -> None:
        match answer:
            case "accepted":
                self.arrived += 1
                self.happen(Accepted("250"))
            case "refused":
                self.happen(Refused("no such user"))
            case "deferred":
                self.happen(Deferred("later"))
            case "down":
                self.happen(Returned("bad login"))
            case "lost":
                self.arrived += it_arrived
                self.happen(Unknown("no answer"))

    @precondition(lambda self: self.progress.state in (State.QUEUED, State.CLAIMED))
    @rule()
    def leave(self) -> None:
        self.happen(Dropped("left"))

    @precondition(lambda self: self.progress.state == State.UNKNOWN)
    @rule()
    def editor_sends_again(self) -> None:
        self.asked_again += 1
        self.happen(SendAgain("an editor said so"))

    @invariant()
    def nobody_gets_it_twice_unasked(self) -> None:
        assert self.arrived <= 1 + self.asked_again

    @invariant()
    def accepted_means_that_it_arrived(self) -> None:
        assert self.progress.state != State.ACCEPTED or self.arrived >= 1

    @invariant()
    def only_what_is_under_way_has_a_lease(self) -> None:
        under_way = self.progress.state in (State.CLAIMED, State.SENDING)
        assert (self.progress.lease_until is not None) == under_way
        assert self.progress.state in SETTLED or self.progress.state in (State.QUEUED, State.CLAIMED, State.SENDING)


TestLifecycle = Lifecycle.TestCase
