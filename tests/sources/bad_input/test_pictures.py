"""One real `publisher compose` and `preview` of an issue whose pictures are all broken, each in its way, but two."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.pictures import makers
from tests.served import Served, serving
from tests.sources.bad_input.hostile import Case, bomb, item, rss
from tests.sources.bad_input.pages import drip
from tests.sources.bad_input.room import Ran, Room

THURSDAY = "2026-05-28T09:00+09:00"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
NO_PICTURE = "is not a JPEG, PNG, GIF, WebP or AVIF picture"


@dataclass(frozen=True)
class Seen:
    """What there was after both commands. `told` is what was said of each picture that is `expected` to be left out."""

    names: list[str]
    expected: dict[str, str]
    composed: Ran
    previewed: Ran
    told: dict[str, str]
    html: str


def pictures(served: Served) -> dict[str, tuple[str, str]]:
    """What each picture is called: where it is, and why it is left out, empty where it is shown."""

    def given(name: str, content: bytes, reason: str = "", packing: str = "identity") -> tuple[str, str]:
        return served.give(f"/{name}.jpg", content, Content_Encoding=packing), reason

    def led(name: str, location: str, reason: str) -> tuple[str, str]:
        return served.give(f"/{name}.jpg", status=302, Location=location), reason

    served.answers["/drip.jpg"] = drip
    return {
        "well": given("well", makers.photograph(1_300, 900)),
        "held on its side": given("side", makers.with_place(6)),
        "of 81 million pixels": given(
            "pixels", makers.bomb(9_000, 9_000), "has 9000 × 9000 pixels, more than 16 million"
        ),
        "of 16 million clear ones": given("clear", makers.clear(4_000, 4_000)),
        "packed 200 MB": given("packed", bomb(), "is larger than 15,000,000 bytes", packing="gzip"),
        "wrongly packed": given("gzip", makers.photograph(), "compressed content that is broken", packing="gzip"),
        "cut off": given("cut", makers.photograph()[:900], "is cut off or broken"),
        "a page": given("page", b"<!DOCTYPE html><title>Log in</title>", NO_PICTURE),
        "a drawing with a script": given("svg", SVG, NO_PICTURE),
        "nothing": given("nothing", b"", NO_PICTURE),
        "a pixel that counts": given("pixel", makers.photograph(1, 1), "is only 1 × 1 pixels"),
        "in 150 scans": given("scans", makers.in_scans(150), "is a JPEG in more than 100 scans"),
        "gone": (served.url("/gone.jpg"), r"answered 404 \(not found\); check the address"),
        "never whole": (served.url("/drip.jpg"), "gave no whole answer within 5 s"),
        "in a circle": led("circle", "/circle.jpg", "redirects more than 5 times"),
        "a file": led("file", "file:///etc/passwd", "only http and https addresses"),
    }


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with serving() as served:
        found = pictures(served)
        entries = [
            item(number, f"A picture {name}", f"&lt;p&gt;Words.&lt;/p&gt;&lt;img src='{url}' alt='{name}'&gt;")
            for number, (name, (url, _)) in enumerate(found.items())
        ]
        room = Room.open(tmp_path_factory.mktemp("pictures"), [Case("paper", served.give("/feed", rss(*entries)))])
        config = room.newsroom.root / "config.toml"
        config.write_text(config.read_text().replace("per_source = 6", "per_source = 50\nitems = 50"))
        with closing(room.newsroom.database):
            assert room.collects().status == 0
            composed = room.runs("compose", "--json", now=THURSDAY)
            previewed = room.runs("issues", "preview", "1", "--out", "seen", now=THURSDAY)
            picks = {pick["position"]: pick["headline"] for pick in json.loads(composed.out)["picks"]}
            said = re.findall(r"the picture of item (\d+) is left out: it (.*)", previewed.out)
            told = {picks[int(position)].removeprefix("A picture "): reason for position, reason in said}
            for name in found:
                print(f"{name:26} {told.get(name, 'is shown')}")
            print(f"{composed.seconds:.1f} s, {composed.peak} MB at most")
            expected = {name: reason for name, (_, reason) in found.items() if reason}
            html = (room.newsroom.root / "seen" / "email.html").read_text()
            yield Seen(list(found), expected, composed, previewed, told, html)


@pytest.mark.trial
def test_the_letter_is_made_and_says_of_each_picture_why_it_goes_without(seen: Seen) -> None:
    assert (seen.composed.status, seen.previewed.status) == (0, 0)
    assert seen.told.keys() == seen.expected.keys()
    assert [name for name, reason in seen.expected.items() if not re.search(reason, seen.told[name])] == []
    shown = [name for name in seen.names if f'alt="{name}"' in seen.html]
    assert shown == [name for name in seen.names if name not in seen.expected]
    assert all(f"A picture {name}" in seen.html for name in seen.names)


@pytest.mark.trial
def test_it_takes_neither_much_time_nor_much_memory(seen: Seen) -> None:
    """Measured: 6 s and 260 MB, most of it for the 16 million pixels."""
    assert seen.composed.seconds < 60
    assert seen.composed.peak < 320
