"""Saving at the desk: two people who write at once lose nothing, and every state can be had again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlmodel import col, select

from publisher.domain import draft
from publisher.errors import ApprovalError, NotFound, WrongUse
from publisher.stages import edit
from publisher.store import issues, proofs, revisions
from publisher.store.tables import AuditRow, PostRow, ProofRow
from tests.newsroom import FOLDER, FRIDAY, THURSDAY, Newsroom

KIM, LEE = "kim@example.org", "lee@example.org"
LATER = THURSDAY + timedelta(minutes=5)


def has_a_draft(room: Newsroom) -> None:
    room.has_editors(KIM, LEE)
    room.has_readers(3)
    room.writes("A harbour", "A bakery", "A bus", "A robot", "A duck", "A clock", "A left one")
    room.composes()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    room = Newsroom.begun(has_a_draft, tmp_path / "room", FOLDER)
    yield room
    room.database.close()


def means(room: Newsroom) -> edit.Means:
    publication = room.publication
    settings = publication.settings
    return edit.Means(publication.renderer, publication.rule, settings.sources, settings.issue.min_items)


def says(room: Newsroom) -> dict[str, str]:
    with room.database.read() as session:
        return draft.fields(issues.to_fact(session, issues.by_number(session, 1)))


def saves(
    room: Newsroom, words: dict[str, str], saw: dict[str, str] | None = None, by: str = KIM, **more: object
) -> edit.Saved:
    was = {name: draft.mark(value) for name, value in (saw or {}).items()}
    return edit.save(room.database, 1, words, was, means(room), by=by, now=more.pop("now", THURSDAY), **more)  # type: ignore[arg-type]


def digest(room: Newsroom) -> str:
    with room.database.read() as session:
        found = proofs.newest(session, 1)
        assert found
        return found[0].digest


def test_two_who_write_different_fields_do_not_disturb_each_other(room: Newsroom) -> None:
    saw = says(room)
    saves(room, {"title": "Kim's title"}, {"title": saw["title"]})
    done = saves(room, {"note": "Lee's note"}, {"note": saw["note"]}, by=LEE)
    assert not done.conflicts
    assert (says(room)["title"], says(room)["note"]) == ("Kim's title", "Lee's note")


def test_nobody_overwrites_what_they_have_not_seen(room: Newsroom) -> None:
    saw = says(room)
    saves(room, {"title": "Kim's title"}, {"title": saw["title"]})
    done = saves(
        room, {"title": "Lee's title", "note": "Lee's note"}, {"title": saw["title"], "note": ""}, by=LEE, now=LATER
    )
    (conflict,) = done.conflicts
    assert (conflict.field, conflict.yours, conflict.theirs) == ("title", "Lee's title", "Kim's title")
    assert (conflict.by, conflict.at) == (KIM, THURSDAY)
    assert (says(room)["title"], says(room)["note"]) == ("Kim's title", "Lee's note")


def test_the_words_for_a_dropped_item_are_told_and_not_lost(room: Newsroom) -> None:
    saw = says(room)
    first, *others = saw["order"].split()
    saves(room, {"order": " ".join(others)})
    done = saves(
        room, {f"pick:{first}:headline": "Mine"}, {f"pick:{first}:headline": saw[f"pick:{first}:headline"]}, by=LEE
    )
    (conflict,) = done.conflicts
    assert (conflict.is_gone, conflict.yours, conflict.by) == (True, "Mine", KIM)


def test_a_dropped_item_comes_back_with_its_editors_words(room: Newsroom) -> None:
    order = says(room)["order"]
    first, *others = order.split()
    saves(room, {f"pick:{first}:headline": "Mine", f"pick:{first}:post:out:tags": "harbour"})
    saves(room, {"order": " ".join(others)})
    assert f"pick:{first}:headline" not in says(room)
    saves(room, {"order": order})
    assert says(room)[f"pick:{first}:headline"] == "Mine"
    assert says(room)[f"pick:{first}:post:out:tags"] == "harbour"


def test_typing_is_one_revision_and_another_person_begins_one(room: Newsroom) -> None:
    for at, text in enumerate(("A", "A n", "A note")):
        saves(room, {"note": text}, now=THURSDAY + timedelta(seconds=at))
    saves(room, {"note": "A note of Lee's"}, by=LEE, now=THURSDAY + timedelta(seconds=9))
    with room.database.read() as session:
        found = [(row.number, row.by, row.words["note"]) for row in revisions.of_issue(session, 1)]
    assert found == [(4, LEE, "A note of Lee's"), (3, KIM, "A note"), (0, "", "")]


def test_every_revision_can_be_had_again(room: Newsroom) -> None:
    before = says(room)
    first, *others = before["order"].split()
    saves(room, {"title": "Other", "order": " ".join(others), f"pick:{others[0]}:post:out:off": "off"})
    done = edit.restore(room.database, 1, 0, means(room), by=LEE, now=LATER)
    assert draft.changed(before, says(room)) == []
    with room.database.read() as session:
        newest = revisions.of_issue(session, 1)[0]
        trail = [
            (row.by, row.action)
            for row in session.exec(select(AuditRow).order_by(col(AuditRow.id)))
            if row.issue_number == 1
        ]
    assert (newest.number, newest.by) == (done.revision, LEE)
    assert trail == [(KIM, "edited"), (LEE, "restored")]
    assert first in newest.words["order"].split()


def test_an_edit_voids_the_approval(room: Newsroom) -> None:
    room.approves()
    done = saves(room, {"title": "Other"})
    assert done.voided == 1
    assert room.issue()["state"] == "draft"


def test_a_save_that_changes_nothing_voids_nothing(room: Newsroom) -> None:
    room.approves()
    done = saves(room, {"title": says(room)["title"]})
    assert (done.voided, done.revision, room.issue()["state"]) == (0, 0, "approved")


def test_words_that_cannot_be_rendered_are_kept_and_cannot_be_approved(room: Newsroom) -> None:
    before = digest(room)
    done = saves(room, {"note": "Dear {{firstname}}"})
    assert "no slot" in done.problem
    assert says(room)["note"] == "Dear {{firstname}}"
    assert digest(room) == before
    with pytest.raises(ApprovalError, match="no slot"):
        room.approves()
    assert saves(room, {"note": "Dear {{first_name}}"}).problem == ""
    room.approves()


def test_an_approved_proof_is_kept_and_passing_ones_give_way(room: Newsroom) -> None:
    saves(room, {"note": "One"})
    room.approves()
    approved = digest(room)
    for text in ("Two", "Three", "Four"):
        saves(room, {"note": text})
    with room.database.read() as session:
        assert proofs.with_digest(session, 1, approved)
        kept = len(session.exec(select(ProofRow).where(ProofRow.issue_id == 1)).all())
    assert kept == 3  # as composed, as approved, as it is now


def test_too_few_items_hold_it_and_enough_make_it_a_draft_again(room: Newsroom) -> None:
    order = says(room)["order"]
    saves(room, {"order": " ".join(order.split()[:2])})
    assert room.issue()["state"] == "held"
    saves(room, {"order": order})
    assert room.issue()["state"] == "draft"


def test_what_has_left_cannot_be_edited(room: Newsroom) -> None:
    room.approves()
    room.releases(now=FRIDAY)
    with pytest.raises(ApprovalError, match="can no longer be edited"):
        saves(room, {"title": "Too late"})


def test_an_item_of_another_issue_cannot_be_added(room: Newsroom) -> None:
    week = timedelta(days=7)
    room.writes("Next one", "Next two", "Next three", now=THURSDAY + week - timedelta(days=1))
    room.composes(now=THURSDAY + week)
    used = says(room)["order"].split()[0]
    with pytest.raises(WrongUse, match=r"is in No\. 1 already"):
        edit.save(room.database, 2, {"order": used}, {}, means(room), by=KIM, now=THURSDAY)


def test_saves_at_the_same_time_lose_nothing(newsroom: Newsroom) -> None:
    room = newsroom
    room.composes()
    items = says(room)["order"].split()

    def write(item: str) -> None:
        for number in range(4):
            saves(room, {f"pick:{item}:headline": f"{item} says {number}"}, by=item)

    threads = [Thread(target=write, args=(item,)) for item in items[:3]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [says(room)[f"pick:{item}:headline"] for item in items[:3]] == [f"{item} says 3" for item in items[:3]]
    assert room.issue()["picks"][0]["headline"] == f"{items[0]} says 3"


def test_a_post_leaves_at_the_time_that_was_sealed_with_it_and_the_others_in_their_turn(room: Newsroom) -> None:
    first, second, *_ = says(room)["order"].split()
    noon = FRIDAY + timedelta(hours=5)
    saves(room, {f"pick:{first}:post:out:at": noon.isoformat(), f"pick:{second}:post:out:off": "off"})
    room.approves()
    room.releases(now=FRIDAY)
    with room.database.read() as session:
        due = {row.position: row.due_at for row in session.exec(select(PostRow))}
    assert due[1] == noon
    assert 2 not in due
    assert due[3] < noon


def test_a_channel_on_which_nothing_is_posted_does_not_hold_the_issue(room: Newsroom) -> None:
    items = says(room)["order"].split()
    saves(room, {f"pick:{item}:post:out:off": "off" for item in items})
    room.approves()
    (released,) = room.releases(now=FRIDAY)
    assert released.hold_reason == ""
    room.sends(now=FRIDAY)
    assert room.issue()["state"] == "sent"


def test_who_edits_on_the_command_line_has_written_in_it_however_they_spell_their_address(room: Newsroom) -> None:
    room.edits(edit.Edit(note="A note"), by="KIM@Example.org")
    with room.database.read() as session:
        assert revisions.writers(session, 1) == {KIM}


def test_nobody_edits_in_a_strangers_name(room: Newsroom) -> None:
    with pytest.raises(NotFound, match="is not an editor"):
        room.edits(edit.Edit(note="A note"), by="stranger@example.org")
    assert says(room)["note"] == ""
