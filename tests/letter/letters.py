"""Letters as they go out: a sample in each language with everything that a letter may hold, and the demo's own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from publisher.demo.edition import blank_database, edition, play
from publisher.demo.script import SCRIPTS
from publisher.domain.message import Picture
from publisher.domain.proof import Proof
from publisher.mail.message import Reader
from publisher.mail.writer import LetterWriter
from publisher.render.slots import fill
from publisher.store import issues, proofs
from tests.preflight.makers import HOME, LEAVES, WORDS, facts, issue, letter, pick, proof

PICTURE = Picture(
    "https://letter.example.org/pictures/quay.jpg", "A ferry before the quay at dusk", "At dusk", "Ada Example"
)
NOTES = {
    "en": "Dear {{first_name}}, **three** stories about small machines, and [the map](https://maps.example.org/quay).",
    "ko": "{{first_name}} 님, **작은 기계** 이야기 셋을 골랐습니다. [지도](https://maps.example.org/quay)도 있습니다.",
}
MORE = {
    "en": "> “Nobody steers,” says the harbour master.\n\n- three ferries\n- one quay\n\nThe fleet learns at night.",
    "ko": "> “아무도 키를 잡지 않습니다.” 항구장의 말입니다.\n\n- 배 세 척\n- 부두 하나\n\n배는 밤에 배웁니다.",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One letter: its HTML as a reader sees it, and the message."""

    name: str
    html: str
    message: bytes


@cache
def sample(language: str) -> Sample:
    """The sample issue in that language, with a note, pictures, lists, a quotation and a sponsor."""
    picks = [
        pick(1, language, body=f"{WORDS[language][0][1]}\n\n{MORE[language]}", picture=PICTURE),
        pick(2, language, section="Indoors" if language == "en" else "실내"),
        pick(3, language, sponsor="Acme Pots"),
    ]
    of = facts(language, issue(language, picks, note=NOTES[language], byline="Kim", byline_address="kim@example.org"))
    made = proof(of)
    # As the publication's own pictures are shown, whose size it knows.
    html = made["html"].replace(f'src="{PICTURE.url}"', f'src="{PICTURE.url}" height="368"')
    made = Proof(tuple(replace(one, content=html) if one.name == "html" else one for one in made.surfaces))
    return Sample(f"sample-{language}", shown(made), letter(made))


def shown(made: Proof) -> str:
    """The letter's HTML as someone sees it of whom nothing is known."""
    return fill(made["html"], {"leave_url": f"{HOME}/leave"})


class _Gathered(Exception):
    """The demo has its draft; the week need not be played on."""


@cache
def of_demo(language: str) -> Sample:
    """The letter that the demo's first draft makes."""
    script = next(one for one in SCRIPTS if one.language == language)

    def told(step: str) -> None:
        if step == "approval":
            raise _Gathered

    with TemporaryDirectory() as folder:
        blank = blank_database(Path(folder, "blank"))
        with edition(script, Path(folder, language), f"{HOME}/{language}", blank) as opened:
            with suppress(_Gathered):
                play(opened, told)
            publication, number = opened.publication, opened.first
            with publication.database.read() as session:
                row = issues.by_number(session, number)
                assert row.id is not None
                newest = proofs.newest(session, row.id)
                assert newest is not None
                made = newest[1]
            writer = LetterWriter(made, number, publication.identity(), LEAVES)
            return Sample(f"demo-{language}", shown(made), writer.letter(0, Reader(1, "kim@example.org")).content)


def every() -> list[Sample]:
    """Both samples, and the letter of the demo that has pictures."""
    return [sample("en"), sample("ko"), of_demo("en")]
