"""Pages that are kept: made once, forgotten at a change, bounded, and never older than they say."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from publisher.errors import DatabaseError
from publisher.web.kept import Kept, Made


class World:
    """What the pages show, and how often it was asked. The clock stands still."""

    def __init__(self, *, most: int = 3) -> None:
        self.version, self.time, self.asked, self.made = "1", 0.0, 0, 0
        self.kept = Kept(self._version, most=most, every=1.0, monotonic=lambda: self.time)

    def _version(self) -> str:
        self.asked += 1
        if not self.version:
            raise DatabaseError("gone")
        return self.version

    def make(self) -> Made:
        self.made += 1
        return Made(self.version.encode(), "text/plain", self.version)

    async def page(self, key: str = "/", make: Callable[[], Made | None] | None = None) -> str:
        made = await self.kept.page(key, make or self.make)
        return made.content.decode() if made else "none"


def test_a_page_is_made_once_and_the_question_asked_once_a_second() -> None:
    world = World()

    async def story() -> None:
        for tenth in range(30):
            world.time = tenth / 10
            assert await world.page() == "1"

    asyncio.run(story())
    assert (world.made, world.asked) == (1, 3)


def test_a_change_is_seen_a_second_later_at_most() -> None:
    world = World()

    async def story() -> None:
        assert await world.page() == "1"
        world.version, world.time = "2", 0.9
        assert await world.page() == "1"
        world.time = 1.0
        assert await world.page() == "2"

    asyncio.run(story())


def test_who_comes_at_the_same_time_waits_for_the_same_page() -> None:
    world = World()
    go = threading.Event()

    def slowly() -> Made:
        go.wait(5)
        return world.make()

    async def story() -> list[str]:
        readers = [asyncio.create_task(world.page(make=slowly)) for _ in range(20)]
        await asyncio.sleep(0.05)
        readers[0].cancel()  # who goes away takes nothing from the others
        go.set()
        return await asyncio.gather(*readers[1:])

    assert set(asyncio.run(story())) == {"1"}
    assert (world.made, world.asked) == (1, 1)


def test_a_page_that_was_begun_before_a_change_is_not_kept_after_it() -> None:
    world = World()
    begun, go = threading.Event(), threading.Event()

    def slowly() -> Made:
        made = world.make()
        begun.set()
        go.wait(5)
        return made

    async def story() -> None:
        old = asyncio.create_task(world.page(make=slowly))
        await asyncio.to_thread(begun.wait, 5)
        world.version, world.time = "2", 2.0
        assert await world.page() == "2"
        go.set()
        assert await old == "1"
        assert await world.page() == "2"

    asyncio.run(story())


def test_what_is_not_there_is_not_kept() -> None:
    world = World()

    async def story() -> None:
        assert await world.page(make=lambda: None) == "none"
        assert await world.page() == "1"

    asyncio.run(story())


def test_only_so_many_are_kept_and_the_longest_unread_goes_first() -> None:
    world = World(most=2)

    async def story() -> None:
        for key in ("a", "b", "a", "c"):
            await world.page(key)
        assert world.made == 3
        await world.page("a")
        assert world.made == 3
        await world.page("b")
        assert world.made == 4

    asyncio.run(story())


def test_a_question_that_fails_is_told_and_asked_again() -> None:
    world = World()

    async def story() -> None:
        assert await world.page() == "1"
        world.version, world.time = "", 1.0
        for _ in range(2):
            with pytest.raises(DatabaseError):
                await world.page()
        world.version = "1"
        assert await world.page() == "1"

    asyncio.run(story())
    assert (world.made, world.asked) == (1, 4)


def test_while_one_asks_the_others_go_on_but_not_for_long() -> None:
    world = World()
    begun, go = threading.Event(), threading.Event()

    def slow_version() -> str:
        begun.set()
        go.wait(5)
        return "2"

    async def story() -> None:
        assert await world.page() == "1"
        world.kept._ask = slow_version
        world.time = 1.5
        asking = asyncio.create_task(world.page())
        await asyncio.to_thread(begun.wait, 5)
        assert await world.page() == "1"
        world.time = 6.0
        late = asyncio.create_task(world.page())
        await asyncio.sleep(0.05)
        assert not late.done()  # five seconds are too long to go on with what may be old
        world.version = "2"
        go.set()
        assert [await asking, await late] == ["2", "2"]

    asyncio.run(story())
