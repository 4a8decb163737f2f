"""Who is answered before the body has arrived, and how."""

import io
import threading
from typing import Any

from sentiment_serving.http.bodies import Bodies
from sentiment_serving.http.request_context import RequestContext, context_of
from sentiment_serving.http.slow_bodies import _PROTOCOL, _TRUSTED, SlowBodies
from sentiment_serving.limits import Limits
from sentiment_serving.problems import Problem
from testbed.waiting import eventually

BODY = b"{}"


class Side:
    """granian's side of a request, and the client's: its body ends once it is answered."""

    def __init__(self) -> None:
        self.answered = threading.Event()
        self.response: tuple[int, dict[str, str], bytes] | None = None
        self.problem: Problem | None = None
        self.environ: dict[str, Any] = {"CONTENT_LENGTH": "2", "wsgi.input": self, _PROTOCOL: self}
        RequestContext(self.environ)

    def read(self, size: int) -> bytes:
        self.answered.wait(30)
        return b""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.response = status, dict(headers), body
        self.answered.set()

    def response_iter(self, status: int, headers: list[tuple[str, str]], body: Any) -> None:
        pieces = []
        while True:
            try:
                pieces.append(body.__next__())
            except StopIteration:
                break
        body.close()
        self.response_bytes(status, headers, b"".join(pieces))


def receive(bodies: Bodies, side: Side) -> threading.Thread:
    def read() -> None:
        try:
            bodies.read(side.environ)
        except Problem as problem:
            side.problem = problem

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def time_out(environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    context_of(environ).timed_out = True
    return 408, [("Connection", "close")], BODY


def test_only_overdue_bodies_are_answered() -> None:
    bodies, side = Bodies(Limits(sending=2, body_seconds=20)), Side()
    slow = SlowBodies(bodies, time_out)
    thread = receive(bodies, side)
    eventually(lambda: bodies.overdue(float("inf")) == [side.environ], "the body")
    slow.answer(0)
    assert side.response is None
    slow.answer(float("inf"))
    assert side.response == (408, {"Connection": "close", "Content-Length": "2"}, BODY)
    thread.join(30)
    assert side.problem is not None
    assert side.problem.status == 408
    assert bodies.overdue(float("inf")) == []
    assert bodies.read({"CONTENT_LENGTH": "2", "wsgi.input": io.BytesIO(BODY)}) == BODY


def test_after_a_few_who_stay_the_others_get_a_response_that_ends_the_connection() -> None:
    bodies = Bodies(Limits(sending=_TRUSTED + 2))
    sides = [Side() for _ in range(_TRUSTED + 2)]
    threads = [receive(bodies, side) for side in sides]
    eventually(lambda: len(bodies.overdue(float("inf"))) == len(sides), "all bodies")
    SlowBodies(bodies, time_out).answer(float("inf"))
    for thread in threads:
        thread.join(30)
    lengths = sorted(side.response[1]["Content-Length"] for side in sides if side.response)
    assert lengths == ["2"] * _TRUSTED + ["3"] * 2


def test_a_server_that_is_not_granian_has_no_time_limit() -> None:
    bodies, side = Bodies(Limits()), Side()
    del side.environ[_PROTOCOL]
    thread = receive(bodies, side)
    eventually(lambda: bodies.overdue(float("inf")) == [side.environ], "the body")
    SlowBodies(bodies, time_out).answer(float("inf"))
    assert not side.answered.is_set()
    side.answered.set()
    thread.join(30)
