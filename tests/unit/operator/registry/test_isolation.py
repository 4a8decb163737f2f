"""No answer about one reference delays the answer about another one, whatever the registry does with the first."""

import asyncio
import random
from collections.abc import Iterator
from itertools import cycle, pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sentiment_operator.api.errors import (
    ForeignAnswer,
    InvalidReference,
    RegistryUnreachable,
    Unauthorized,
    UnsafeSource,
    VersionNotFound,
)
from sentiment_operator.api.resource import Answer, Reference, ResolvedVersion
from sentiment_operator.registry.resolver import BOUND_SECONDS, Resolver
from tests.unit.operator.scenes import resolved
from tests.unit.operator.virtual_time import Threads, run

FRESH, RETRY, CONCURRENCY, THREADS = 30.0, 10.0, 4, 17
"""What `engine` takes with the default settings."""

VALID = Reference(name="valid", version="1")
HOUR = 3600.0

Event = tuple[Exception | None, float | None]
"""What happens to one request: the exception (None: a version), and after how many seconds (None: it hangs)."""

FAILS = RegistryUnreachable("The server answers this one request with 500.")
EVENTS: list[Event] = [
    (FAILS, 0.01),
    (FAILS, 40.0),
    (None, None),
    (None, 59.0),
    (None, 0.01),
    (ForeignAnswer("A proxy's page."), 0.01),
    (InvalidReference("Refused."), 0.01),
    (VersionNotFound("Absent."), 0.01),
    (Unauthorized("Forbidden."), 0.01),
    (UnsafeSource("Unsafe."), 0.01),
    (ValueError("Invalid IPv6 URL"), 0.01),
    (KeyError("missing"), 5.0),
]
BEHAVIOURS = st.lists(st.sampled_from(EVENTS), min_size=1, max_size=4)


class Misbehaving:
    """A registry that answers about `VALID` at once, and about each other reference as its behaviour is given."""

    def __init__(self, behaviours: list[list[Event]]) -> None:
        self.others = {Reference(name=f"bad-{n}", version="1"): cycle(given) for n, given in enumerate(behaviours)}
        self.outcome: dict[Reference, Exception | None] = {}
        self.asked: list[tuple[float, Reference]] = []

    def seconds(self, reference: Reference) -> float | None:
        self.asked.append((asyncio.get_running_loop().time(), reference))
        if reference == VALID:
            return 0.1
        self.outcome[reference], seconds = next(self.others[reference])
        return seconds

    def resolve(self, reference: Reference) -> ResolvedVersion:
        if (error := self.outcome.get(reference)) is not None:
            raise error
        return resolved("1")


async def looking(resolver: Resolver, reference: Reference, every: float, seen: list[tuple[float, Answer]]) -> None:
    """Ask as the reconciles of a resource do: again and again, and at once after a late answer."""
    loop, woken = asyncio.get_running_loop(), asyncio.Event()
    while True:
        woken.clear()
        answer = await resolver.ask(reference, woken.set)
        seen.append((loop.time(), answer))
        try:
            await asyncio.wait_for(woken.wait(), timeout=every)
        except TimeoutError:
            continue


def watched(
    behaviours: list[list[Event]], *, starts: float, every: float, seconds: float
) -> tuple[list[tuple[float, Answer]], Misbehaving]:
    """The answers about a valid reference beside others that misbehave, with the seconds since its first question."""
    registry = Misbehaving(behaviours)
    random.seed(0)

    async def scene() -> list[tuple[float, Answer]]:
        pool = Threads(THREADS, registry.seconds)
        resolver = Resolver(registry, pool, fresh_seconds=FRESH, retry_seconds=RETRY, retry_max_seconds=60)
        seen: list[tuple[float, Answer]] = []
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(looking(resolver, one, RETRY, [])) for one in registry.others]
            await asyncio.sleep(starts)
            tasks.append(group.create_task(looking(resolver, VALID, every, seen)))
            await asyncio.sleep(seconds)
            for task in tasks:
                task.cancel()
        return [(time - starts, answer) for time, answer in seen]

    return run(scene()), registry


def first_answer(seen: list[tuple[float, Answer]]) -> float:
    return next((time for time, answer in seen if isinstance(answer, ResolvedVersion)), float("inf"))


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.lists(BEHAVIOURS, min_size=1, max_size=6), st.floats(0, 200), st.sampled_from([10.0, 60.0]))
@example([[(FAILS, 0.01)]], 1.0, 10.0)
@example([[(None, None)]] * 6, 1.0, 10.0)
def test_a_valid_reference_is_answered_in_bounded_time(
    behaviours: list[list[Event]], starts: float, every: float
) -> None:
    """At most one request and one pause for each other reference that has not failed yet, and one more of each."""
    bound = (len(behaviours) + 1) * (BOUND_SECONDS + RETRY) + 1
    seen, _ = watched(behaviours, starts=starts, every=every, seconds=bound + 1)
    assert first_answer(seen) <= bound


@settings(deadline=None, max_examples=25, derandomize=True)
@given(BEHAVIOURS, st.floats(0, 200), st.sampled_from([10.0, 60.0]))
@example([(FAILS, 0.01)], 1.0, 10.0)
@example([(FAILS, 40.0)], 1.0, 60.0)
@example([(None, None)], 1.0, 60.0)
def test_one_bad_reference_never_hides_an_answer_again(behaviour: list[Event], starts: float, every: float) -> None:
    seen, _ = watched([behaviour], starts=starts, every=every, seconds=HOUR / 4)
    first = first_answer(seen)
    assert first <= BOUND_SECONDS + RETRY + 1
    hidden = [time for time, answer in seen if time >= first and not isinstance(answer, ResolvedVersion)]
    assert not hidden


def requests_about(asked: list[tuple[float, Reference]], reference: Reference) -> Iterator[float]:
    return (time for time, which in asked if which == reference)


@pytest.mark.parametrize("event", [event for event in EVENTS if event[0] is not None])
def test_a_reference_that_fails_is_asked_about_less_and_less(event: Event) -> None:
    _, registry = watched([[event]], starts=0.0, every=10.0, seconds=HOUR)
    (bad,) = registry.others
    times = list(requests_about(registry.asked, bad))
    assert len(times) > 20, "it is never given up"
    pauses = [after - before - (event[1] or 0) for before, after in pairwise(times)][5:]
    assert all(25 <= pause <= 90 for pause in pauses), "60 s, shortened by up to a half, plus the callers' pause"
    assert len({round(pause) for pause in pauses}) > 1, "with jitter"


def test_a_request_that_never_ends_takes_one_thread_only() -> None:
    _, registry = watched([[(None, None)]], starts=0.0, every=10.0, seconds=HOUR)
    (bad,) = registry.others
    assert len(list(requests_about(registry.asked, bad))) == 1
