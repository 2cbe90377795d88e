import asyncio
import threading

import pytest

from cpcl_mm.web.worker import Worker


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
