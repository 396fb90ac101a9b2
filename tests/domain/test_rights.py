"""The table of roles, rights and routes."""

from __future__ import annotations

import pytest

from publisher.domain.rights import GIVEN, ROUTES, Right, Role, may, needed, right_of


def test_every_right_is_given_once() -> None:
    given = [right for rights in GIVEN.values() for right in rights]
    assert sorted(given) == sorted(Right)
    assert set(GIVEN) == set(Role)


@pytest.mark.parametrize("right", Right)
def test_a_role_may_what_the_roles_before_it_may(right: Right) -> None:
    roles = list(Role)
    assert [may(role.value, right) for role in roles] == [role >= roles.index(needed(right)) for role in range(4)]


@pytest.mark.parametrize("role", ["", "owner", "Admin", "admin "])
def test_a_role_that_nobody_knows_may_nothing(role: str) -> None:
    assert not any(may(role, right) for right in Right)


def test_an_approver_approves_and_an_editor_does_not() -> None:
    assert may("approver", Right.APPROVE)
    assert not may("editor", Right.APPROVE)
    assert may("editor", Right.HOLD)
    assert not may("author", Right.HOLD)
    assert not may("approver", Right.EDITORS)


def test_a_path_finds_its_row() -> None:
    assert right_of("POST", "/desk/issues/43/approvals") is Right.APPROVE
    assert right_of("GET", "/desk/issues/43/surfaces/letter.eml") is Right.LOOK


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/desk/issues/43/approvals"),
        ("DELETE", "/desk"),
        ("GET", "/desk/"),
        ("GET", "/desk/issues/43/surfaces/letterXeml"),
        ("GET", "/desk/issues/4/3/progress"),
    ],
)
def test_what_is_in_no_row_has_no_right(method: str, path: str) -> None:
    assert right_of(method, path) is None


def test_no_two_rows_are_as_open_for_the_same_path() -> None:
    for method, path in ROUTES:
        rivals = [
            other
            for verb, other in ROUTES
            if verb == method
            and other != path
            and other.count("{") == path.count("{")
            and right_of(verb, other.replace("{", "").replace("}", "")) is not ROUTES[verb, other]
        ]
        assert not rivals
