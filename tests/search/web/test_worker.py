import asyncio
import threading

import pytest
from starlette.exceptions import HTTPException

from cpcl_mm.search.web.worker import Worker


def test_one_piece_of_work_at_a_time():
    meeting = threading.Barrier(2, timeout=0.2)

    def meet():
        try:
            meeting.wait()
        except threading.BrokenBarrierError:
            return 'alone'
        return 'together'

    async def run():
        worker = Worker()
        return await asyncio.gather(worker.run(meet), worker.run(meet))

    assert asyncio.run(run()) == ['alone', 'alone']


def test_the_loop_goes_on_meanwhile():
    gate = threading.Event()

    async def run():
        work = asyncio.ensure_future(Worker().run(gate.wait, timeout=10))
        await asyncio.sleep(0)
        gate.set()
        return await work

    assert asyncio.run(run())


def test_errors_come_back():
    with pytest.raises(ValueError, match='invalid literal'):
        asyncio.run(Worker().run(int, 'x'))


def test_more_than_anybody_would_wait_for_is_refused():
    gate = threading.Event()

    async def run():
        worker = Worker(max_waiting=2)
        waiting = [asyncio.ensure_future(worker.run(gate.wait, timeout=10)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(HTTPException, match='503: 2 searches are waiting'):
            await worker.run(gate.wait)
        gate.set()
        await asyncio.gather(*waiting)
        return await worker.run(int, '3')

    assert asyncio.run(run()) == 3
