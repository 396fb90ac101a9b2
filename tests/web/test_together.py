"""Questions that come at the same time are answered with one look."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection

import pytest

from publisher.web.together import Together


def test_those_who_ask_while_one_look_is_under_way_are_answered_by_the_next() -> None:
    looks: list[set[int]] = []
    is_first_over = threading.Event()

    def look(keys: Collection[int]) -> dict[int, str]:
        looks.append(set(keys))
        if len(looks) == 1:
            is_first_over.wait(5)
        return {key: f"reader {key}" for key in keys if key != 404}

    async def ask() -> list[str | None]:
        together = Together(look)
        first = asyncio.create_task(together.ask(1))
        await asyncio.sleep(0.01)
        others = [asyncio.create_task(together.ask(key)) for key in (2, 3, 3, 404)]
        await asyncio.sleep(0.01)
        is_first_over.set()
        return [await task for task in (first, *others)]

    assert asyncio.run(ask()) == ["reader 1", "reader 2", "reader 3", "reader 3", None]
    assert looks == [{1}, {2, 3, 404}]


def test_a_look_that_fails_is_told_to_who_asked_and_the_next_is_looked_for_anew() -> None:
    calls = 0

    def look(keys: Collection[int]) -> dict[int, str]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ZeroDivisionError
        return dict.fromkeys(keys, "there")

    async def ask() -> str | None:
        together = Together(look)
        with pytest.raises(ZeroDivisionError):
            await together.ask(1)
        return await together.ask(1)

    assert asyncio.run(ask()) == "there"


def test_a_reader_who_goes_away_takes_nothing_from_the_others() -> None:
    is_looked = threading.Event()

    def look(keys: Collection[int]) -> dict[int, str]:
        is_looked.wait(5)
        return dict.fromkeys(keys, "there")

    async def ask() -> str | None:
        together = Together(look)
        impatient, patient = asyncio.create_task(together.ask(1)), asyncio.create_task(together.ask(1))
        await asyncio.sleep(0.01)
        impatient.cancel()
        is_looked.set()
        return await patient

    assert asyncio.run(ask()) == "there"
