"""A finding leads to its field, and whoever approves has seen it."""

from publisher.preflight.finding import Finding, Level, blocking, seen_mark, unseen

DEAD = Finding(Level.WARNING, "links", "pick:17:body", "https://example.org/gone answered 404", "mend the link")
LONG = Finding(Level.BLOCKING, "limits", "pick:17:post:x:text", "the post has 290 of 280", "shorten it")
COST = Finding(Level.NOTE, "cost", "posts", "X takes $2.00 for this issue", "nothing")


def test_a_finding_names_the_item_it_is_about() -> None:
    assert (DEAD.item_id, LONG.item_id, COST.item_id) == (17, 17, None)


def test_only_blocking_findings_stop_approval() -> None:
    assert blocking([DEAD, LONG, COST]) == [LONG]


def test_a_warning_that_came_after_the_look_is_unseen() -> None:
    assert unseen([DEAD, LONG, COST], seen_mark([LONG])) == [DEAD]


def test_a_finding_that_is_gone_needs_no_second_look() -> None:
    assert unseen([LONG], seen_mark([DEAD, LONG])) == []


def test_a_note_need_not_be_seen() -> None:
    assert seen_mark([COST]) == "" and unseen([COST], "") == []


def test_the_order_of_findings_makes_no_difference() -> None:
    assert seen_mark([DEAD, LONG]) == seen_mark([LONG, DEAD])
