"""Every route × every role, from the one table (domain/rights.py)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from publisher.domain.rights import ROUTES, Right, Role, may
from publisher.web.shell import Shell
from tests.newsroom import THURSDAY
from tests.web.desks import Desk, everything, open_desk, routes

SIGNS_OUT = ("POST", "/desk/sign-out")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("rights") / "publication") as desk:
        for role in Role:
            desk.room.has_editors(f"{role.value}@example.org", role=role.value)
        yield desk


def of_nothing(path: str) -> str:
    """The route for an issue, an item, an editor that is not there: whoever may ask is told so, and nothing changes."""
    return re.sub(r"\{\w+\}", "999", path)


def test_the_table_names_every_route_and_no_other(desk: Desk) -> None:
    there = set(routes(Shell(desk.room.publication, lambda: THURSDAY)))
    assert len(there) > 15, "the list of routes is cut, so this would prove nothing"
    assert there - set(ROUTES) == set(), "without a right"
    assert set(ROUTES) - there == set(), "without a route"


@pytest.mark.parametrize("role", Role)
def test_every_route_is_for_the_roles_that_the_table_names(desk: Desk, role: Role) -> None:
    browser = desk.enters(f"{role.value}@example.org")
    before = everything(desk.room)
    refused = {(method, path) for (method, path), right in ROUTES.items() if not may(role.value, right)}
    for method, path in refused:
        answer = browser.browser.request(method, desk.url + of_nothing(path), timeout=10, allow_redirects=False)
        assert answer.status_code == 403, (method, path)
        assert f"yours is {role.value}" in answer.text
    assert everything(desk.room) == before
    for (method, path), right in sorted(ROUTES.items(), key=lambda row: row[0] == SIGNS_OUT):
        if may(role.value, right):
            answer = browser.browser.request(method, desk.url + of_nothing(path), timeout=10, allow_redirects=False)
            assert "yours is" not in answer.text, (method, path)
            assert answer.status_code not in ({500} if right is Right.ENTER else {401, 500}), (method, path)


def test_who_is_refused_for_their_role_is_written_down(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    author = desk.enters("author@example.org")
    with caplog.at_level("WARNING", "publisher.web"):
        author.post("/desk/issues/1/approvals")
    [line] = [record.getMessage() for record in caplog.records if "was refused" in record.getMessage()]
    assert line.endswith(", author, was refused approve") and "author@example.org" not in line


def test_who_is_refused_reads_which_role_it_takes(desk: Desk) -> None:
    author = desk.enters("author@example.org")
    asks = {"Accept": "text/html"}
    english = author.post("/desk/issues/1/approvals", headers=asks).text
    assert "This is not for your role" in english
    assert "This takes the role approver or one above it, and yours is author" in english
    korean = author.post("/desk/issues/1/approvals?lang=ko", headers=asks).text
    assert "승인자 이상의 역할이 필요한데, 지금 역할은 필자입니다" in korean
