"""Who works, who waits, who is refused."""

import threading

import pytest

from sentiment_serving.http.admission import Full, Gate
from testbed.waiting import eventually


class Worker:
    """A thread that asks for a place, notes when it has it, and leaves when told to."""

    def __init__(self, gate: Gate, name: str, order: list[str], *, large: bool = False) -> None:
        self.may_leave = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(gate, name, order, large), daemon=True)
        self._thread.start()

    def _work(self, gate: Gate, name: str, order: list[str], large: bool) -> None:
        gate.enter(large=large)
        order.append(name)
        self.may_leave.wait(30)
        gate.leave(large=large)

    def leave(self) -> None:
        self.may_leave.set()
        self._thread.join(30)


def test_those_who_wait_get_their_turn_in_order() -> None:
    gate, order = Gate(places=1, waiting=9, large=9), list[str]()
    workers = []
    for place, name in enumerate("abc"):
        workers.append(Worker(gate, name, order))
        eventually(lambda place=place: gate.working + gate.waiting == place + 1, "its place")  # type: ignore[misc]
    for count, worker in enumerate(workers, 1):
        eventually(lambda count=count: len(order) == count, "its turn")  # type: ignore[misc]
        worker.leave()
    assert order == ["a", "b", "c"]
    assert (gate.working, gate.waiting) == (0, 0)


def test_more_than_may_wait_are_refused_until_there_is_room() -> None:
    gate, order = Gate(places=1, waiting=1, large=9), list[str]()
    first, second = Worker(gate, "first", order), None
    eventually(lambda: gate.working == 1, "the first")
    second = Worker(gate, "second", order)
    eventually(lambda: gate.waiting == 1, "the second")
    with pytest.raises(Full):
        gate.enter()
    first.leave()
    second.leave()
    gate.enter()


def test_large_ones_leave_room_for_others() -> None:
    gate, order = Gate(places=1, waiting=2, large=2), list[str]()
    workers = [Worker(gate, "large", order, large=True), Worker(gate, "large too", order, large=True)]
    eventually(lambda: gate.working + gate.waiting == 2, "both")
    with pytest.raises(Full):
        gate.enter(large=True)
    workers.append(Worker(gate, "small", order))
    eventually(lambda: gate.waiting == 2, "the small one")
    for worker in workers:
        worker.leave()
    gate.enter(large=True)


def test_one_that_gives_way_comes_back_after_those_who_waited() -> None:
    gate, order = Gate(places=1, waiting=9, large=9), list[str]()
    gate.enter(large=True)
    small = Worker(gate, "small", order)
    eventually(lambda: gate.waiting == 1, "the small one")
    small.may_leave.set()
    gate.give_way()
    order.append("large again")
    assert order == ["small", "large again"]
    gate.leave(large=True)
    assert gate.working == 0


def test_a_place_that_was_not_handed_over_is_found_by_who_is_first_in_the_queue() -> None:
    gate, order = Gate(places=2, waiting=9, large=9), list[str]()
    gate.enter()
    gate.enter()
    workers = [Worker(gate, name, order) for name in ("a", "b", "c")]
    eventually(lambda: gate.waiting == 3, "all to wait")
    # At once, so that at least one of them hands nothing over.
    gate.leave()
    gate.leave()
    for worker in workers:
        worker.may_leave.set()
    eventually(lambda: len(order) == 3, "everyone's turn")
    eventually(lambda: (gate.working, gate.waiting) == (0, 0), "rest")


def test_no_one_is_forgotten_and_no_place_is_lost() -> None:
    gate, order = Gate(places=2, waiting=40, large=9), list[int]()

    def work(number: int) -> None:
        for _ in range(50):
            gate.enter()
            gate.give_way()
            order.append(number)
            gate.leave()

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(order) == sorted(list(range(20)) * 50)
    assert (gate.working, gate.waiting) == (0, 0)
    for _ in range(2):
        gate.enter()


def test_with_nobody_waiting_one_stays() -> None:
    gate = Gate(places=1, waiting=0, large=1)
    gate.enter()
    gate.give_way()
    assert gate.working == 1
