"""The processes of a pool: one at first, more while work waits for long, one again when nothing is to be done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from whichmodel.web import pool as pools
from whichmodel.web.pool import Pool
from whichmodel.web.process import Limit, Worker

LIMIT = Limit(seconds=60, memory_bytes=10**9)


class Fake:
    """A process whose work ends when it is told to."""

    made: list[Fake]

    def __init__(self) -> None:
        self.alive = True
        self.gate = asyncio.Event()
        self.done: list[str] = []
        Fake.made.append(self)

    @classmethod
    async def start(cls) -> Fake:
        return cls()

    async def work(self, task: str, given: dict[str, Any], limit: Limit) -> dict[str, Any]:
        if task != "first":
            await self.gate.wait()
        self.done.append(task)
        return {}

    async def end(self) -> None:
        self.alive = False


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    Fake.made = []
    monkeypatch.setattr(Worker, "start", Fake.start)
    monkeypatch.setattr(pools, "_PATIENCE", 0.0)
    monkeypatch.setattr(pools, "_IDLE", 0.0)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(120):
        while not holds():
            await asyncio.sleep(0.01)


def alive() -> list[Fake]:
    return [fake for fake in Fake.made if fake.alive]


def test_a_second_process_comes_for_what_waits_and_goes_when_nothing_is_to_be_done() -> None:
    async def tried() -> None:
        pool = Pool(2, 10, LIMIT, first="first")
        one, two = (asyncio.ensure_future(pool.work(name, {})) for name in ("one", "two"))
        await until(lambda: len(Fake.made) == 2)
        assert Fake.made[1].done in ([], ["first"]), "it is warm before it gets work"
        for fake in Fake.made:
            fake.gate.set()
        await asyncio.gather(one, two)
        assert sorted(name for fake in Fake.made for name in fake.done) == ["first", "one", "two"]
        await until(lambda: len(alive()) == 1)
        (left,) = alive()
        await pool.work("three", {})
        assert left.done[-1] == "three"
        await pool.close()
        assert not alive()

    asyncio.run(tried())


def test_there_are_never_more_than_may_be() -> None:
    async def tried() -> None:
        pool = Pool(2, 20, LIMIT, first="first")
        work = [asyncio.ensure_future(pool.work(str(number), {})) for number in range(12)]
        await until(lambda: len(Fake.made) == 2)
        for fake in Fake.made:
            fake.gate.set()
        await asyncio.gather(*work)
        assert len(Fake.made) == 2
        assert sorted(int(name) for fake in Fake.made for name in fake.done if name != "first") == list(
            range(12)
        )
        await pool.close()

    asyncio.run(tried())


def test_what_is_not_kept_ends_with_its_work_and_never_grows() -> None:
    async def tried() -> None:
        pool = Pool(1, 10, LIMIT, kept=False)
        work = [asyncio.ensure_future(pool.work(str(number), {})) for number in range(3)]
        for number in range(3):
            await until(lambda number=number: len(Fake.made) == number + 1)  # type: ignore[misc]
            assert len(alive()) == 1
            Fake.made[-1].gate.set()
        await asyncio.gather(*work)
        assert not alive()

    asyncio.run(tried())


def test_a_process_that_died_is_replaced() -> None:
    async def tried() -> None:
        pool = Pool(1, 10, LIMIT)
        task = asyncio.ensure_future(pool.work("one", {}))
        await until(lambda: len(Fake.made) == 1)
        Fake.made[0].gate.set()
        await task
        Fake.made[0].alive = False
        task = asyncio.ensure_future(pool.work("two", {}))
        await until(lambda: len(Fake.made) == 2)
        Fake.made[1].gate.set()
        await task
        assert Fake.made[1].done == ["two"]
        await pool.close()

    asyncio.run(tried())
