"""A renderer for the sample's two editions, and templates that a test may spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from publisher.domain.issue import Issue, Pick
from publisher.domain.proof import Proof
from publisher.render.proof import Renderer
from tests.render import sample


@pytest.fixture(scope="session")
def proofs() -> dict[str, Proof]:
    """The sample's proof in each language, with the pictures that the publication keeps."""
    return {
        language: Renderer(publication, sample.TEMPLATES, [sample.X], obtain=lambda urls, now: sample.KEPT).proof(
            issue, sample.AUDIENCE, sample.NOW
        )
        for language, (publication, issue) in sample.EDITIONS.items()
    }


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A copy of the publication's face."""
    return shutil.copytree(sample.TEMPLATES, tmp_path / "templates")


@pytest.fixture
def spoiled(templates: Path) -> Callable[..., Path]:
    """The face with one piece of one template replaced; the piece must be there."""

    def spoil(old: str, new: str, name: str = "letter.mjml.j2") -> Path:
        file = templates / name
        text = file.read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{old!r} is not in {name}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return templates

    return spoil


def an_issue(**changes: object) -> Issue:
    """The English sample with a single short item, changed."""
    return replace(sample.ENGLISH_ISSUE, **{"picks": (a_pick(),), **changes})  # type: ignore[arg-type]  # free choice


def a_pick(**changes: object) -> Pick:
    plain = Pick(1, 11, "Headline", "A paragraph.", "A blurb.", "", "https://news.example.org/1", "The Post")
    return replace(plain, **changes)  # type: ignore[arg-type]  # free choice


def proof_of(issue: Issue, templates: Path = sample.TEMPLATES) -> Proof:
    return _renderer(templates).proof(issue, sample.AUDIENCE, sample.NOW)


@cache
def _renderer(templates: Path) -> Renderer:
    return Renderer(sample.ENGLISH, templates, [sample.X])
