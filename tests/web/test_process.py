"""Processes that work: limits end them, and nothing else."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import pytest

from whichmodel.web.memory import memory_of
from whichmodel.web.process import Failed, Limit, Worker

ENOUGH = Limit(seconds=60, memory_bytes=4 * 10**9)


def failure(use: Callable[[Worker], Awaitable[object]]) -> tuple[Failed, bool]:
    """What a use of a fresh process raises, and whether the process is alive after it."""

    async def tried() -> tuple[Failed, bool]:
        worker = await Worker.start()
        try:
            with pytest.raises(Failed) as caught:
                await use(worker)
            return caught.value, worker.alive
        finally:
            if worker.alive:
                await worker.end()

    return asyncio.run(tried())


def test_what_takes_too_long_is_ended() -> None:
    found, alive = failure(lambda worker: worker.work("warm", {}, Limit(seconds=0.05, memory_bytes=10**9)))
    assert found.status == 504
    assert not alive


def test_what_takes_too_much_memory_is_ended() -> None:
    assert (memory_of(os.getpid()) or 0) > 10**6
    found, alive = failure(lambda worker: worker.work("warm", {}, Limit(seconds=60, memory_bytes=10**6)))
    assert found.status == 507
    assert not alive


def test_a_process_that_dies_is_a_failure_and_no_silence() -> None:
    async def killed(worker: Worker) -> object:
        asyncio.get_running_loop().call_later(0.1, os.kill, worker.pid, signal.SIGKILL)
        return await worker.work("warm", {}, ENOUGH)

    found, alive = failure(killed)
    assert "ended before it was done" in found.message
    assert not alive


def test_a_task_that_is_none_is_refused_and_the_process_goes_on() -> None:
    found, alive = failure(lambda worker: worker.work("os:system", {}, ENOUGH))
    assert "KeyError" in found.message
    assert alive


def test_a_process_whose_server_is_gone_ends() -> None:
    code = (
        "import asyncio, os\n"
        "from whichmodel.web.process import Worker\n"
        "async def main():\n"
        "    worker = await Worker.start()\n"
        "    print(worker.pid, flush=True)\n"
        "    os._exit(0)\n"  # as if killed: its input stays open in a child that holds it
        "asyncio.run(main())\n"
    )

    async def left() -> bool:
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
        )
        out = server.stdout
        assert out is not None
        pid = int(await out.readline())
        await server.wait()
        for _ in range(1200):
            if memory_of(pid) in (None, 0):
                return False
            await asyncio.sleep(0.1)
        return True

    assert not asyncio.run(left())
