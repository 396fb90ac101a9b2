"""An issue as a person reads it in a terminal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from publisher.cli.common import cut, local, print_table

if TYPE_CHECKING:
    from publisher.wiring import Publication


def issue_page(publication: Publication, number: int) -> dict[str, Any]:
    """PRODUCT's shape of an issue, read from the store."""
    from publisher.store.pages import issue as pages

    with publication.database.read() as session:
        return pages.one(session, number)


def next_due(publication: Publication, number: int) -> datetime | None:
    """When the next letter or post of an issue is due, if any is to come."""
    from publisher.store import issues, outgoing

    with publication.database.read() as session:
        issue = issues.by_number(session, number)
        assert issue.id is not None
        return outgoing.next_due(session, issue.id)


def who_has_it(page: dict[str, Any]) -> str:
    """Who has the letter, who has not and who is uncertain, in a line."""
    fate = page["fate"]
    parts = [f"{fate['has_it']:,} have it", f"{fate['has_not']:,} have not"]
    parts += [f"{fate['on_the_wire']:,} are on the wire"] if fate["on_the_wire"] else []
    parts += [f"of {fate['unknown']:,} nobody can tell"] if fate["unknown"] else []
    return ", ".join(parts)


def print_issue(publication: Publication, page: dict[str, Any]) -> None:
    """The head, the picks, the accounting equation, the posts, and everything that is not as it should be."""
    print(f"No. {page['number']}  {page['state']}" + (f": {page['state_reason']}" if page["state_reason"] else ""))
    for name in ("series", "title", "subject", "preheader", "byline"):
        if page[name]:
            print(f"{name:10} {page[name]}")
    print(f"{'leaves':10} {local(page['leaves_at'] or page['send_at'], publication)}")
    if page["digest"]:
        print(f"{'proof':10} {page['digest'][:12]}")
    for approval in page["approvals"]:
        withdrawn = " (withdrawn)" if approval["withdrawn_at"] else ""
        covers = "" if approval["digest"] == page["digest"] else " (of an older proof)"
        print(f"{'approved':10} {approval['editor']}, {local(approval['approved_at'], publication)}{withdrawn}{covers}")
    print()
    print_table(
        ["", "headline", "source", "why"],
        [[pick["position"], pick["headline"], pick["attribution"], pick["reason"]] for pick in page["picks"]],
        widest=64,
    )
    for line in missing_pictures(page):
        print(line)
    for correction in page["corrections"]:
        told = " ".join(correction["explanation"].split())
        print(cut(f"corrected {local(correction['at'], publication)} by {correction['by']}: {told}", 160))
    _print_accounting(page)
    _print_posts(publication, page)
    _print_trouble(page)


def missing_pictures(page: dict[str, Any]) -> list[str]:
    """Which pictures are left out, and why, a line each."""
    return [
        f"the picture of item {pick['position']} is left out: it {pick['picture_problem']}"
        for pick in page["picks"]
        if pick["picture_problem"]
    ]


def _print_accounting(page: dict[str, Any]) -> None:
    if page["unexplained"] is None:
        if page["audience"] is not None:
            print(f"\naudience {page['audience']} when it was last rendered")
        return
    counts = {state: count for state, count in page["deliveries"].items() if count}
    parts = " + ".join(f"{count} {state}" for state, count in counts.items()) or "0"
    print(f"\naudience {page['audience']} = {parts}   unexplained {page['unexplained']}")
    if left := page["left_so"]["letters"]:
        print(f"of the unknown {left} are left as they are")
    for channel, copies in page["copies"].items():
        print(f"{channel}: " + ", ".join(f"{count} {state}" for state, count in copies.items() if count))


def _print_posts(publication: Publication, page: dict[str, Any]) -> None:
    if not page["posts"]:
        return
    print()
    print_table(
        ["channel", "", "state", "length", "due or done", "text"],
        [
            [
                post["channel"],
                post["position"],
                post["state"],
                f"{post['length']}/{post['limit']}",
                local(post["accepted_at"] or post["due_at"], publication) if post["due_at"] else "",
                post["text"],
            ]
            for post in page["posts"]
        ],
        widest=56,
    )


def _print_trouble(page: dict[str, Any]) -> None:
    rows = [[row["state"], row["channel"], row["whom"], row["attempts"], row["reason"]] for row in page["trouble"]]
    if rows:
        print()
        print_table(["state", "channel", "whom", "tries", "reason"], rows, widest=72)
    if page["trouble_more"]:
        print(f"… and {page['trouble_more']} more: publisher issues show {page['number']} --csv")
    if any(page["undecided"].values()):
        print(f"decide about what is unknown: publisher issues resolve {page['number']}")
    for channel, reason in page["paused"].items():
        print(cut(f"channel {channel} is paused: {reason}", 200))
