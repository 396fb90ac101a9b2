"""What of an item may come into an issue: above all its picture, and whose it is."""

from __future__ import annotations

import pytest

from publisher.domain.item import Rights
from publisher.domain.message import Picture
from publisher.editorial.picks import pick_from
from tests.editorial.makers import candidate

PICTURE = Picture("https://paper.example.org/a.jpg", "A harbour", "The harbour at noon", "Kim Min-ji")
NOBODYS = Picture("https://paper.example.org/a.jpg", "A harbour")


@pytest.mark.parametrize("rights", [Rights.OWN, Rights.LICENSED])
def test_a_picture_keeps_its_words_and_its_credit(rights: Rights) -> None:
    assert pick_from(candidate(1, picture=PICTURE, rights=rights), 1, "").picture == PICTURE


@pytest.mark.parametrize("rights", [Rights.EXCERPT, Rights.LINK_ONLY])
def test_a_picture_that_nobody_allowed_is_not_shown(rights: Rights) -> None:
    assert pick_from(candidate(1, picture=PICTURE, rights=rights), 1, "").picture is None


def test_under_a_licence_the_source_is_named_where_the_picture_names_nobody() -> None:
    licensed = candidate(1, "", "harbour-post", picture=NOBODYS, rights=Rights.LICENSED)
    own = candidate(1, picture=NOBODYS, rights=Rights.OWN)
    assert pick_from(licensed, 1, "").picture == Picture(NOBODYS.url, NOBODYS.alt, "", "Harbour-Post")
    assert pick_from(own, 1, "").picture == NOBODYS
