"""Who works, who waits, who is refused."""

import threading

import pytest

from sentiment_serving.http.admission import Admission, QueueFull
from testbed.waiting import eventually


class Worker:
    """A thread that requests a place, records when it gets it, and leaves on request."""

    def __init__(self, admission: Admission, name: str, order: list[str], *, large: bool = False) -> None:
        self.may_leave = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(admission, name, order, large), daemon=True)
        self._thread.start()

    def _work(self, admission: Admission, name: str, order: list[str], large: bool) -> None:
        admission.enter(large=large)
        order.append(name)
        self.may_leave.wait(30)
        admission.leave(large=large)

    def leave(self) -> None:
        self.may_leave.set()
        self._thread.join(30)


def test_those_who_wait_get_their_turn_in_order() -> None:
    admission, order = Admission(places=1, waiting=9, large=9), list[str]()
    workers = []
    for place, name in enumerate("abc"):
        workers.append(Worker(admission, name, order))
        eventually(lambda place=place: admission.working + admission.waiting == place + 1, "its place")  # type: ignore[misc]
    for count, worker in enumerate(workers, 1):
        eventually(lambda count=count: len(order) == count, "its turn")  # type: ignore[misc]
        worker.leave()
    assert order == ["a", "b", "c"]
    assert (admission.working, admission.waiting) == (0, 0)


def test_more_than_may_wait_are_refused_until_there_is_room() -> None:
    admission, order = Admission(places=1, waiting=1, large=9), list[str]()
    first, second = Worker(admission, "first", order), None
    eventually(lambda: admission.working == 1, "the first")
    second = Worker(admission, "second", order)
    eventually(lambda: admission.waiting == 1, "the second")
    with pytest.raises(QueueFull):
        admission.enter()
    first.leave()
    second.leave()
    admission.enter()


def test_large_ones_leave_room_for_others() -> None:
    admission, order = Admission(places=1, waiting=2, large=2), list[str]()
    workers = [Worker(admission, "large", order, large=True), Worker(admission, "large too", order, large=True)]
    eventually(lambda: admission.working + admission.waiting == 2, "both")
    with pytest.raises(QueueFull):
        admission.enter(large=True)
    workers.append(Worker(admission, "small", order))
    eventually(lambda: admission.waiting == 2, "the small one")
    for worker in workers:
        worker.leave()
    admission.enter(large=True)


def test_one_that_gives_way_comes_back_after_those_who_waited() -> None:
    admission, order = Admission(places=1, waiting=9, large=9), list[str]()
    admission.enter(large=True)
    small = Worker(admission, "small", order)
    eventually(lambda: admission.waiting == 1, "the small one")
    small.may_leave.set()
    admission.yield_to_waiting()
    order.append("large again")
    assert order == ["small", "large again"]
    admission.leave(large=True)
    assert admission.working == 0


def test_a_place_that_was_not_handed_over_is_found_by_who_is_first_in_the_queue() -> None:
    admission, order = Admission(places=2, waiting=9, large=9), list[str]()
    admission.enter()
    admission.enter()
    workers = [Worker(admission, name, order) for name in ("a", "b", "c")]
    eventually(lambda: admission.waiting == 3, "all to wait")
    # At once, so that at least one of them hands nothing over.
    admission.leave()
    admission.leave()
    for worker in workers:
        worker.may_leave.set()
    eventually(lambda: len(order) == 3, "everyone's turn")
    eventually(lambda: (admission.working, admission.waiting) == (0, 0), "rest")


def test_no_one_is_forgotten_and_no_place_is_lost() -> None:
    admission, order = Admission(places=2, waiting=40, large=9), list[int]()

    def work(number: int) -> None:
        for _ in range(50):
            admission.enter()
            admission.yield_to_waiting()
            order.append(number)
            admission.leave()

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(order) == sorted(list(range(20)) * 50)
    assert (admission.working, admission.waiting) == (0, 0)
    for _ in range(2):
        admission.enter()


def test_with_no_waiter_one_stays() -> None:
    admission = Admission(places=1, waiting=0, large=1)
    admission.enter()
    admission.yield_to_waiting()
    assert admission.working == 1
