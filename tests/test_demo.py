"""The demo: what a newcomer sees first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.demo.edition import Edition, run
from publisher.store.pages import issue as pages


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Edition]]:
    editions = list(run(tmp_path_factory.mktemp("demo")))
    yield editions
    for edition in editions:
        edition.publication.database.close()


def test_the_week_is_made_in_korean_and_in_english(editions: list[Edition]) -> None:
    assert [edition.publication.settings.publication.language for edition in editions] == ["ko", "en"]


def test_every_made_up_reader_has_a_letter_and_every_item_a_post(editions: list[Edition]) -> None:
    for edition in editions:
        with edition.publication.database.read() as session:
            issue = pages.one(session, edition.number)
        assert issue["state"] == "sent" and issue["unexplained"] == 0
        assert issue["deliveries"]["accepted"] == edition.letters == 12
        assert [post["state"] for post in issue["posts"]] == ["accepted"] * 6
        assert all(post["length"] <= post["limit"] for post in issue["posts"])


def test_the_letter_shows_its_pictures_without_any_network(editions: list[Edition]) -> None:
    for edition in editions:
        letter = edition.letter.read_text(encoding="utf-8")
        pictures = [part.partition('"')[0] for part in letter.split('src="')[1:]]
        assert pictures
        assert all(picture.startswith("file://") for picture in pictures)
        assert all(Path(picture.removeprefix("file://")).is_file() for picture in pictures)


def test_the_timeline_shows_each_post_with_its_count(editions: list[Edition]) -> None:
    for edition in editions:
        assert edition.timeline.read_text(encoding="utf-8").count("/ 280") == 6
