"""The work queue: one run a key at a time, nothing lost, failures retried later, and a probe that sees it stuck."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sentiment_operator.workqueue import Backoff, WorkQueue, cancelled

FAST = Backoff(first_seconds=0.01, max_seconds=0.04)


@asynccontextmanager
async def running(work: Callable[[str], Awaitable[float | None]], **options: Any) -> Any:
    queue: WorkQueue[str] = WorkQueue(work, backoff=FAST, **options)
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        await cancelled(task)


def in_time(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(test(), timeout=10)

    asyncio.run(bounded())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def test_a_key_added_many_times_is_worked_on_once() -> None:
    async def test() -> None:
        runs: Counter[str] = Counter()

        async def work(key: str) -> None:
            runs[key] += 1

        async with running(work) as queue:
            for _ in range(5):
                queue.add("a")
            await until(lambda: runs["a"] > 0 and queue.depth == 0)
            await asyncio.sleep(0)
        assert runs == {"a": 1}

    in_time(test)


def test_a_key_is_never_worked_on_twice_at_a_time_and_changes_meanwhile_are_seen() -> None:
    async def test() -> None:
        active, most, runs = 0, 0, 0
        gate = asyncio.Event()

        async def work(key: str) -> None:
            nonlocal active, most, runs
            active += 1
            most = max(most, active)
            await gate.wait()
            active -= 1
            runs += 1

        async with running(work, workers=3) as queue:
            queue.add("a")
            await until(lambda: active == 1)
            queue.add("a")
            queue.add("a")
            gate.set()
            await until(lambda: runs == 2)
        assert most == 1

    in_time(test)


def test_keys_are_worked_on_beside_each_other() -> None:
    async def test() -> None:
        together = asyncio.Barrier(2)

        async def work(key: str) -> None:
            await together.wait()
            done.add(key)

        done: set[str] = set()
        async with running(work, workers=2) as queue:
            queue.add("a")
            queue.add("b")
            await until(lambda: done == {"a", "b"})

    in_time(test)


def test_a_failed_key_is_tried_again_and_does_not_stop_others() -> None:
    async def test() -> None:
        runs: Counter[str] = Counter()

        async def work(key: str) -> None:
            runs[key] += 1
            if key == "bad" and runs[key] < 4:
                raise RuntimeError("not yet")

        async with running(work, workers=1) as queue:
            queue.add("bad")
            queue.add("good")
            await until(lambda: runs == {"bad": 4, "good": 1})

    in_time(test)


def test_a_key_is_looked_at_again_when_the_work_asks_for_it() -> None:
    async def test() -> None:
        runs = 0

        async def work(key: str) -> float | None:
            nonlocal runs
            runs += 1
            return 0.001 if runs < 5 else None

        async with running(work) as queue:
            queue.add("a")
            await until(lambda: runs == 5)

    in_time(test)


def test_an_event_comes_before_a_later_look() -> None:
    async def test() -> None:
        runs = 0

        async def work(key: str) -> float:
            nonlocal runs
            runs += 1
            return 3600.0

        async with running(work) as queue:
            queue.add("a")
            await until(lambda: runs == 1)
            queue.add("a")
            await until(lambda: runs == 2)

    in_time(test)


@asynccontextmanager
async def thousand_due(order: list[str]) -> Any:
    """A thousand keys that are due for another look, before one worker begins; `order` is that of its work."""

    async def work(key: str) -> None:
        order.append(key)

    queue: WorkQueue[str] = WorkQueue(work, workers=1)
    for number in range(1000):
        queue.add_after(str(number), 0)
    await until(lambda: queue.depth == 1000)
    yield queue
    task = asyncio.create_task(queue.run())
    await until(lambda: queue.depth == 0)
    await cancelled(task)


def test_what_has_changed_goes_before_a_thousand_that_are_only_due() -> None:
    async def test() -> None:
        order: list[str] = []
        async with thousand_due(order) as queue:
            queue.add("changed")
            queue.add("900")
        assert order.index("changed") < 2
        assert order.index("900") < 3
        assert Counter(order)["900"] == 1, "what was due and changes is worked on once"

    in_time(test)


def test_what_is_due_has_its_turn_while_others_change_all_the_time() -> None:
    async def test() -> None:
        order: list[str] = []
        async with thousand_due(order) as queue:
            for number in range(100):
                queue.add(f"changed {number}")
        changed_last = max(number for number, key in enumerate(order) if key.startswith("changed"))
        due_meanwhile = sum(not key.startswith("changed") for key in order[:changed_last])
        assert 10 <= due_meanwhile <= 20

    in_time(test)


def test_the_sooner_of_two_looks_counts() -> None:
    async def test() -> None:
        runs = 0

        async def work(key: str) -> None:
            nonlocal runs
            runs += 1

        async with running(work) as queue:
            queue.add_after("a", 0.01)
            queue.add_after("a", 3600)
            await until(lambda: runs == 1)

    in_time(test)


def test_a_run_past_its_bound_is_trouble() -> None:
    async def test() -> None:
        never = asyncio.Event()

        async def work(key: str) -> None:
            await never.wait()

        async with running(work) as queue:
            assert queue.stuck(run_bound_seconds=0.01) is None
            queue.add("a")
            await until(lambda: queue.longest_run_seconds > 0.02)
            assert "a run has taken" in queue.stuck(run_bound_seconds=0.01)

    in_time(test)


def test_waiting_beside_idle_workers_is_trouble_and_beside_busy_ones_is_not() -> None:
    async def test() -> None:
        async def work(key: str) -> None:
            await asyncio.Event().wait()

        stopped: WorkQueue[str] = WorkQueue(work, workers=1)
        stopped.add("a")
        await until(lambda: stopped.oldest_wait_seconds > 0.02)
        assert "while workers are idle" in (stopped.stuck(run_bound_seconds=60, wait_bound_seconds=0.01) or "")
        async with running(work, workers=1) as queue:
            queue.add("a")
            queue.add("b")
            await until(lambda: queue.depth == 1 and queue.oldest_wait_seconds > 0.02)
            assert queue.stuck(run_bound_seconds=60, wait_bound_seconds=0.01) is None

    in_time(test)


@pytest.mark.parametrize(
    ("failures", "least", "most"), [(1, 0.5, 1), (2, 1, 2), (4, 4, 8), (9, 60, 120), (99, 60, 120)]
)
def test_pauses_double_up_to_a_limit(failures: int, least: float, most: float) -> None:
    assert least <= Backoff().seconds(failures) <= most


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({Backoff().seconds(3) for _ in range(20)}) > 10
