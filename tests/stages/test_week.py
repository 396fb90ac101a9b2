"""The promises of a week: what you approve is what goes out, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from publisher.delivery.posts import PostRun
from publisher.domain.audience import AudienceRule
from publisher.domain.issue import Issue
from publisher.domain.proof import Proof
from publisher.errors import ApprovalError, NotFound, RenderError, WrongUse
from publisher.stages import approve, enroll
from publisher.stages.edit import Edit
from publisher.store import items
from publisher.wiring import Publication, load_settings
from tests.newsroom import FRIDAY, THURSDAY, Newsroom

QUARTER = timedelta(minutes=15)


def sealed(newsroom: Newsroom) -> str:
    """Compose and approve; returns the digest of what was sealed."""
    newsroom.composes()
    return newsroom.approves().digest


def test_an_approved_issue_goes_to_everyone_at_its_time_and_is_settled(newsroom: Newsroom) -> None:
    sealed(newsroom)
    assert newsroom.releases(now=FRIDAY - timedelta(seconds=1)) == []
    [released] = newsroom.releases()
    newsroom.sends()
    issue = newsroom.issue()
    assert released.audience == 3
    assert issue["state"] == "sent"
    assert issue["deliveries"]["accepted"] == 3 and issue["unexplained"] == 0
    assert len(newsroom.letters()) == 3


def test_an_issue_that_nobody_approved_never_leaves(newsroom: Newsroom) -> None:
    newsroom.composes()
    assert newsroom.releases(now=FRIDAY + timedelta(hours=1)) == []
    assert newsroom.sends() == []
    assert newsroom.letters() == []


def test_an_edit_voids_the_approval_and_shows_what_it_changed(newsroom: Newsroom) -> None:
    before = sealed(newsroom)
    edited = newsroom.edits(Edit(headlines={1: "A harbour that counts its ships"}))
    assert edited.voided == 1
    assert {"html", "text", "page", "post:out:1"} <= {change.surface for change in edited.changed}
    assert "subject" not in {change.surface for change in edited.changed}
    assert any("counts its ships" in line for change in edited.changed for line in change.diff)
    assert newsroom.issue()["state"] == "draft"
    assert newsroom.issue()["digest"] != before
    assert newsroom.releases() == []


def test_an_edit_that_changes_nothing_voids_nothing(newsroom: Newsroom) -> None:
    before = sealed(newsroom)
    edited = newsroom.edits(Edit(title=newsroom.issue()["title"]))
    assert edited.changed == () and edited.voided == 0
    assert newsroom.issue()["digest"] == before and newsroom.issue()["state"] == "approved"


def test_a_template_edited_after_the_approval_changes_nothing_that_goes_out(newsroom: Newsroom) -> None:
    before = sealed(newsroom)
    template = newsroom.root / "templates" / "letter.txt.j2"
    template.write_text(template.read_text() + "\nSECOND THOUGHTS\n")
    assert newsroom.looks().digest == before
    newsroom.releases()
    newsroom.sends()
    assert len(newsroom.letters()) == 3
    assert not any("SECOND THOUGHTS" in letter for letter in newsroom.letters())


def test_a_template_broken_after_the_approval_stops_nothing(newsroom: Newsroom) -> None:
    sealed(newsroom)
    for template in (newsroom.root / "templates").rglob("*.j2"):
        template.write_text("{% if %}")
    newsroom.releases()
    newsroom.sends()
    assert newsroom.issue()["state"] == "sent"


def test_a_template_edited_before_the_approval_shows_and_makes_another_proof(newsroom: Newsroom) -> None:
    newsroom.composes()
    first = newsroom.issue()["digest"]
    template = newsroom.root / "templates" / "letter.txt.j2"
    template.write_text(template.read_text() + "\nSECOND THOUGHTS\n")
    shown = newsroom.looks()
    assert "SECOND THOUGHTS" in shown.proof["text"]
    assert shown.digest != first
    assert [change.surface for change in shown.changed] == ["text"]


def test_a_broken_template_is_told_with_its_name_and_nothing_is_composed(newsroom: Newsroom) -> None:
    (newsroom.root / "templates" / "letter.mjml.j2").write_text("<mjml>{% if %}</mjml>")
    with pytest.raises(RenderError, match=r"letter\.mjml\.j2"):
        newsroom.composes()
    with pytest.raises(NotFound):
        newsroom.issue()


def test_an_approval_of_an_older_proof_is_refused(newsroom: Newsroom) -> None:
    newsroom.composes()
    looked_at = newsroom.issue()["digest"]
    newsroom.edits(Edit(subject="Another subject"))
    with pytest.raises(ApprovalError, match="has changed since you looked"):
        newsroom.approves(digest=looked_at)


def test_with_two_approvals_needed_one_editor_alone_is_not_enough(tmp_path: Path, database_url: str) -> None:
    newsroom = Newsroom.open(tmp_path / "publication", database_url, approvals=2)
    newsroom.writes("One", "Two", "Three")
    newsroom.has_readers(1)
    newsroom.has_editors("kim@example.org", "lee@example.org")
    newsroom.composes()
    newsroom.approves("kim@example.org")
    assert newsroom.issue()["state"] == "draft"
    with pytest.raises(ApprovalError, match="already"):
        newsroom.approves("kim@example.org")
    newsroom.approves("lee@example.org")
    assert newsroom.issue()["state"] == "approved"
    newsroom.database.close()


def test_a_stranger_cannot_approve(newsroom: Newsroom) -> None:
    newsroom.composes()
    with pytest.raises(NotFound):
        newsroom.approves("stranger@example.org")


def test_nothing_leaves_before_the_cooling_off_is_over(newsroom: Newsroom) -> None:
    newsroom.composes()
    approved_at = FRIDAY + timedelta(minutes=5)
    assert newsroom.approves(now=approved_at).leaves_at == approved_at + QUARTER
    assert newsroom.releases(now=approved_at + QUARTER - timedelta(seconds=1)) == []
    assert newsroom.releases(now=approved_at + QUARTER)[0].audience == 3


def test_an_issue_pulled_back_stays_until_it_is_approved_again(newsroom: Newsroom) -> None:
    sealed(newsroom)
    approve.pull_back(newsroom.database, 1, by="lee@example.org", now=THURSDAY)
    assert newsroom.releases() == []
    newsroom.approves()
    assert newsroom.releases()[0].audience == 3
    with pytest.raises(ApprovalError, match="nothing to pull back"):
        approve.pull_back(newsroom.database, 1, by="lee@example.org", now=FRIDAY)


def test_a_late_release_is_held_says_by_how_much_and_needs_a_new_approval(newsroom: Newsroom) -> None:
    sealed(newsroom)
    late = FRIDAY + timedelta(hours=7)
    [held] = newsroom.releases(now=late)
    assert "late by 7 h" in held.hold_reason
    assert newsroom.issue()["state"] == "held"
    with pytest.raises(ApprovalError, match="is held: late by 7 h"):
        newsroom.approves(now=late)
    newsroom.approves(now=late, despite_hold=True)
    assert newsroom.releases(now=late + QUARTER)[0].audience == 3


def test_within_the_grace_a_late_release_goes_and_says_by_how_much(newsroom: Newsroom) -> None:
    sealed(newsroom)
    [released] = newsroom.releases(now=FRIDAY + timedelta(hours=6))
    assert released.late_by == timedelta(hours=6) and not released.hold_reason


def test_an_audience_that_moved_beyond_the_tolerance_holds_the_issue(newsroom: Newsroom) -> None:
    sealed(newsroom)
    newsroom.has_readers(2, prefix="newcomer")
    [held] = newsroom.releases()
    assert "5 now and was 3" in held.hold_reason


def test_with_no_subscribers_the_issue_is_held(newsroom: Newsroom) -> None:
    for number in (1, 2, 3):
        enroll.leave(newsroom.database, f"reader{number}@example.org", now=THURSDAY)
    sealed(newsroom)
    [held] = newsroom.releases()
    assert "no subscribers" in held.hold_reason


def test_an_empty_week_is_held_and_cannot_be_approved(tmp_path: Path, database_url: str) -> None:
    newsroom = Newsroom.open(tmp_path / "publication", database_url)
    newsroom.has_editors("kim@example.org")
    composed = newsroom.composes()
    assert "only 0 items" in composed.hold_reason
    assert newsroom.issue()["state"] == "held"
    with pytest.raises(ApprovalError, match="is held"):
        newsroom.approves()
    with pytest.raises(ApprovalError, match="empty"):
        newsroom.approves(despite_hold=True)
    newsroom.database.close()


def test_a_thin_week_is_held_until_an_editor_decides(tmp_path: Path, database_url: str) -> None:
    newsroom = Newsroom.open(tmp_path / "publication", database_url)
    newsroom.has_editors("kim@example.org")
    newsroom.has_readers(1)
    newsroom.writes("Only one thing happened")
    assert "only 1 item" in newsroom.composes().hold_reason
    newsroom.approves(despite_hold=True)
    assert newsroom.releases()[0].audience == 1
    newsroom.database.close()


def test_composing_twice_makes_one_issue(newsroom: Newsroom) -> None:
    assert newsroom.composes().is_new
    again = newsroom.composes(now=THURSDAY + timedelta(hours=1))
    assert (again.number, again.is_new) == (1, False)


def test_an_item_that_was_used_is_never_used_again(newsroom: Newsroom) -> None:
    newsroom.composes()
    newsroom.writes("Fresh one", "Fresh two", "Fresh three", now=THURSDAY + timedelta(days=3))
    assert newsroom.composes(now=THURSDAY + timedelta(days=7)).number == 2
    used = {pick["headline"] for pick in newsroom.issue(1)["picks"]}
    assert not used & {pick["headline"] for pick in newsroom.issue(2)["picks"]}


def test_a_story_that_was_used_is_not_used_again_when_another_source_tells_it(newsroom: Newsroom) -> None:
    newsroom.composes()
    used = newsroom.issue(1)["picks"][0]["headline"]
    newsroom.writes(used, "Fresh one", "Fresh two", "Fresh three", now=THURSDAY + timedelta(days=1))
    newsroom.composes(now=THURSDAY + timedelta(days=7))
    assert used not in {pick["headline"] for pick in newsroom.issue(2)["picks"]}
    assert any("used in No. 1" in candidate["reason"] for candidate in newsroom.issue(2)["candidates"])


def test_braces_in_a_headline_from_outside_are_words_and_not_a_slot(tmp_path: Path, database_url: str) -> None:
    newsroom = Newsroom.open(tmp_path / "publication", database_url)
    newsroom.writes("How {{mustache}} and {{email}} stay in their braces")
    newsroom.composes()
    shown = newsroom.looks().proof
    assert "{ {mustache}} and { {email}}" in shown["subject"]
    assert "{{mustache}} and {{email}}" in shown["text"]
    newsroom.database.close()


def test_releasing_twice_sends_nobody_a_second_letter(newsroom: Newsroom) -> None:
    sealed(newsroom)
    newsroom.releases()
    newsroom.sends()
    assert newsroom.releases() == []
    assert newsroom.sends() == []
    assert newsroom.issue()["deliveries"]["accepted"] == 3


def test_dropping_and_reordering_keep_positions_without_gaps(newsroom: Newsroom) -> None:
    newsroom.composes()
    headlines = [pick["headline"] for pick in newsroom.issue()["picks"]]
    newsroom.edits(Edit(order=(3, 1)))
    assert [pick["headline"] for pick in newsroom.issue()["picks"]] == [headlines[2], headlines[0], headlines[1]]
    newsroom.edits(Edit(drop=(2,)))
    assert [pick["position"] for pick in newsroom.issue()["picks"]] == [1, 2]
    with pytest.raises(WrongUse, match="has no item 9"):
        newsroom.edits(Edit(drop=(9,)))


def test_an_issue_that_has_left_cannot_be_edited(newsroom: Newsroom) -> None:
    sealed(newsroom)
    newsroom.releases()
    with pytest.raises(ApprovalError, match="can no longer be edited"):
        newsroom.edits(Edit(title="Too late"))


def test_every_letter_has_its_own_leave_link_and_the_same_words(newsroom: Newsroom) -> None:
    sealed(newsroom)
    newsroom.releases()
    newsroom.sends()
    links = {
        line.removeprefix("List-Unsubscribe: ")
        for letter in newsroom.letters()
        for line in letter.splitlines()
        if line.startswith("List-Unsubscribe: ")
    }
    assert len(links) == 3


def test_a_thin_issue_is_a_draft_again_once_an_editor_puts_enough_in(newsroom: Newsroom) -> None:
    newsroom.composes()
    newsroom.edits(Edit(drop=(3,)))
    assert newsroom.issue()["state"] == "held"
    assert "only 2 items" in newsroom.issue()["state_reason"]
    newsroom.writes("A late addition")
    with newsroom.database.read() as session:
        added = items.candidate(session, newsroom.publication.settings.sources, 4)
    newsroom.edits(Edit(add=(added,)))
    assert newsroom.issue()["state"] == "draft"
    assert newsroom.issue()["picks"][2]["headline"] == "A late addition"
    newsroom.approves()


def test_an_item_that_an_issue_has_cannot_be_put_in_again(newsroom: Newsroom) -> None:
    newsroom.composes()
    with newsroom.database.read() as session:
        used = items.candidate(session, newsroom.publication.settings.sources, 1)
    with pytest.raises(WrongUse, match=r"in No\. 1 already"):
        newsroom.edits(Edit(add=(used,)))


def test_a_preview_that_was_rendered_before_an_edit_does_not_replace_it(newsroom: Newsroom) -> None:
    newsroom.composes()
    renderer = newsroom.publication.renderer
    rendered = renderer.proof

    def edited_meanwhile(issue: Issue, audience: AudienceRule, now: datetime) -> Proof:
        proof = rendered(issue, audience, now)
        renderer.proof = rendered  # type: ignore[method-assign]  # only once
        newsroom.edits(Edit(subject="A corrected subject"))
        return proof

    renderer.proof = edited_meanwhile  # type: ignore[method-assign]  # where another process would come in between
    with pytest.raises(ApprovalError, match="changed by somebody else"):
        newsroom.looks()
    assert newsroom.looks().proof["subject"] == "A corrected subject"


def test_a_preview_that_was_rendered_before_the_approval_changes_nothing_that_goes_out(newsroom: Newsroom) -> None:
    newsroom.composes()
    renderer = newsroom.publication.renderer
    rendered = renderer.proof

    def approved_meanwhile(issue: Issue, audience: AudienceRule, now: datetime) -> Proof:
        renderer.proof = rendered  # type: ignore[method-assign]  # only once
        newsroom.approves()
        newsroom.releases()
        return rendered(replace(issue, note="UNAPPROVED WORDS"), audience, now)

    renderer.proof = approved_meanwhile  # type: ignore[method-assign]  # where another process would come in between
    with pytest.raises(ApprovalError, match="changed by somebody else"):
        newsroom.looks()
    newsroom.sends()
    assert len(newsroom.letters()) == 3
    assert not any("UNAPPROVED" in letter for letter in newsroom.letters())


def test_after_an_edit_and_back_the_same_editor_can_approve_again(newsroom: Newsroom) -> None:
    sealed(newsroom)
    subject = newsroom.issue()["subject"]
    newsroom.edits(Edit(subject="Another"))
    newsroom.edits(Edit(subject=subject))
    assert newsroom.issue()["state"] == "draft"
    newsroom.approves()
    assert newsroom.releases()[0].audience == 3


def test_a_draft_that_nobody_approved_in_time_is_held_and_told(newsroom: Newsroom) -> None:
    newsroom.composes()
    assert newsroom.releases(now=FRIDAY + timedelta(hours=6)) == []
    [held] = newsroom.releases(now=FRIDAY + timedelta(hours=7))
    assert "nobody approved it in time" in held.hold_reason
    with pytest.raises(ApprovalError, match="is held"):
        newsroom.approves(now=FRIDAY + timedelta(days=20))


def test_a_channel_that_has_gone_from_the_settings_holds_the_release(newsroom: Newsroom) -> None:
    sealed(newsroom)
    config = newsroom.root / "config.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('name = "out"', 'name = "renamed"'), encoding="utf-8")
    moved = Newsroom(Publication(load_settings(config)))
    [held] = moved.releases()
    assert "out is not in config.toml any more" in held.hold_reason
    moved.database.close()


def test_a_channel_that_goes_after_the_release_is_told_by_every_send(newsroom: Newsroom) -> None:
    sealed(newsroom)
    newsroom.releases()
    config = newsroom.root / "config.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('name = "out"', 'name = "renamed"'), encoding="utf-8")
    moved = Newsroom(Publication(load_settings(config)))
    assert any("put it back" in sent.tally.down for sent in moved.sends() if sent.channel == "out")
    moved.database.close()
    newsroom.sends()
    assert newsroom.issue()["state"] == "sent"


def test_a_letter_that_cannot_be_written_is_found_when_it_is_approved(newsroom: Newsroom) -> None:
    newsroom.composes()
    wrong = replace(newsroom.publication.identity(), base_url="https://news.example.org/<letter>")
    with pytest.raises(RenderError, match="base_url"):
        approve.run(
            newsroom.database,
            1,
            by="kim@example.org",
            approvals=1,
            cooling_off=QUARTER,
            identity=wrong,
            grace=QUARTER,
            now=THURSDAY,
        )


def test_one_failing_channel_stops_none_of_the_others(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed(newsroom)
    newsroom.releases()

    def broken(run: PostRun) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(PostRun, "run", broken)
    sent = newsroom.sends()
    assert any("failed unexpectedly (RuntimeError)" in one.tally.down for one in sent)
    assert len(newsroom.letters()) == 3


def test_the_same_item_cannot_be_put_in_twice_at_once(newsroom: Newsroom) -> None:
    newsroom.composes()
    newsroom.writes("A late addition")
    with newsroom.database.read() as session:
        item = items.candidate(session, newsroom.publication.settings.sources, 4)
    with pytest.raises(WrongUse, match="twice"):
        newsroom.edits(Edit(add=(item, item)))


def test_a_channel_that_came_after_the_rendering_is_not_left_out_in_silence(newsroom: Newsroom) -> None:
    sealed(newsroom)
    config = newsroom.root / "config.toml"
    added = '\n[[channel]]\nname = "second"\nkind = "folder"\npath = "second"\n'
    config.write_text(config.read_text(encoding="utf-8") + added, encoding="utf-8")
    grown = Newsroom(Publication(load_settings(config)))
    [held] = grown.releases()
    assert "second came into config.toml" in held.hold_reason
    grown.looks(now=FRIDAY)
    grown.approves(now=FRIDAY, despite_hold=True)
    assert grown.releases(now=FRIDAY + QUARTER)[0].audience == 3
    grown.sends(now=FRIDAY + QUARTER)
    assert len(list((grown.root / "second" / "letters").glob("*.eml"))) == 3
    grown.database.close()


def test_an_empty_issue_is_composed_again_once_there_is_news(tmp_path: Path, database_url: str) -> None:
    newsroom = Newsroom.open(tmp_path / "publication", database_url)
    assert "only 0 items" in newsroom.composes(now=THURSDAY - timedelta(days=2)).hold_reason
    newsroom.writes("One thing", "Another thing", "A third thing")
    composed = newsroom.composes()
    assert (composed.number, composed.is_new, composed.hold_reason) == (1, True, "")
    assert newsroom.issue()["state"] == "draft"
    assert len(newsroom.issue()["picks"]) == 3
    assert not newsroom.composes(now=THURSDAY + timedelta(hours=1)).is_new
    newsroom.database.close()
