"""Asking the registry: answers are cached, a hung registry delays nothing else, an outage is probed by one request."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sentiment_operator.api.errors import (
    ArtifactMissing,
    ForeignAnswer,
    InvalidReference,
    RegistryError,
    RegistryUnreachable,
    Unauthorized,
    UnexpectedAnswer,
    UnsafeSource,
    VersionNotFound,
)
from sentiment_operator.api.resource import Reference, ResolvedVersion
from sentiment_operator.registry import resolver
from sentiment_operator.registry.resolver import Resolver
from tests.unit.operator.scenes import resolved

FOURTEEN = Reference(name="m", version="14")
FIFTEEN = Reference(name="m", version="15")


class Answering:
    """A registry that answers with what it is given, and counts how often it is asked."""

    def __init__(self, *answers: ResolvedVersion | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[Reference] = []
        self.free = threading.Event()
        self.free.set()

    def resolve(self, reference: Reference) -> ResolvedVersion:
        self.asked.append(reference)
        assert self.free.wait(10)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def with_resolver(
    registry: Answering, test: Callable[[Resolver], Awaitable[None]], *, fresh: float = 60, retry: float = 60
) -> None:
    async def run() -> None:
        with ThreadPoolExecutor(2) as pool:
            await asyncio.wait_for(test(Resolver(registry, pool, fresh_seconds=fresh, retry_seconds=retry)), timeout=10)

    asyncio.run(run())


def not_woken() -> None:
    raise AssertionError("the answer was not late")


def test_an_answer_is_kept_for_a_while() -> None:
    registry = Answering(resolved("14"))

    async def test(resolver: Resolver) -> None:
        for _ in range(3):
            assert await resolver.ask(FOURTEEN, not_woken) == resolved("14")
        assert len(registry.asked) == 1

    with_resolver(registry, test)


def test_an_old_answer_is_asked_for_again() -> None:
    registry = Answering(resolved("14"), VersionNotFound("gone"))

    async def test(resolver: Resolver) -> None:
        assert await resolver.ask(FOURTEEN, not_woken) == resolved("14")
        assert isinstance(await resolver.ask(FOURTEEN, not_woken), VersionNotFound)

    with_resolver(registry, test, fresh=0)


def test_one_question_serves_all_who_ask_the_same() -> None:
    registry = Answering(resolved("14"))

    async def test(resolver: Resolver) -> None:
        await asyncio.gather(*(resolver.ask(FOURTEEN, not_woken) for _ in range(5)))
        assert len(registry.asked) == 1

    with_resolver(registry, test)


def test_a_forgotten_answer_is_asked_for_again() -> None:
    registry = Answering(VersionNotFound("not yet"), resolved("14"))

    async def test(resolver: Resolver) -> None:
        assert isinstance(await resolver.ask(FOURTEEN, not_woken), VersionNotFound)
        resolver.forget(FOURTEEN)
        assert await resolver.ask(FOURTEEN, not_woken) == resolved("14")

    with_resolver(registry, test)


def test_a_hung_registry_is_an_outage_and_its_late_answer_wakes_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "GRACE_SECONDS", 0.01)
    registry = Answering(resolved("14"))
    registry.free.clear()

    async def test(resolver: Resolver) -> None:
        woken = asyncio.Event()
        assert isinstance(await resolver.ask(FOURTEEN, woken.set), RegistryUnreachable)
        registry.free.set()
        await woken.wait()
        assert await resolver.ask(FOURTEEN, not_woken) == resolved("14")

    with_resolver(registry, test)


def test_an_answer_that_never_ends_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "BOUND_SECONDS", 0.01)
    registry = Answering(resolved("14"))
    registry.free.clear()

    async def test(resolver: Resolver) -> None:
        try:
            first, other = [await resolver.ask(reference, not_woken) for reference in (FOURTEEN, FIFTEEN)]
            assert isinstance(first, RegistryUnreachable)
            assert isinstance(other, RegistryUnreachable)
            assert "has not answered about version 14" in str(first)
            # A request for something else learns of the outage, not of what others asked for.
            assert "14" not in str(other)
            assert registry.asked == [FOURTEEN], "one question at a time finds out whether it is back"
        finally:
            registry.free.set()

    with_resolver(registry, test)


def test_during_an_outage_other_questions_are_not_sent() -> None:
    registry = Answering(RegistryUnreachable("down"))

    async def test(resolver: Resolver) -> None:
        assert isinstance(await resolver.ask(FOURTEEN, not_woken), RegistryUnreachable)
        assert isinstance(await resolver.ask(FIFTEEN, not_woken), RegistryUnreachable)
        assert registry.asked == [FOURTEEN]

    with_resolver(registry, test)


def test_an_outage_ends_with_the_first_answer() -> None:
    registry = Answering(RegistryUnreachable("down"), resolved("14"))

    async def test(resolver: Resolver) -> None:
        assert isinstance(await resolver.ask(FOURTEEN, not_woken), RegistryUnreachable)
        assert await resolver.ask(FOURTEEN, not_woken) == resolved("14")
        assert await resolver.ask(FIFTEEN, not_woken) == resolved("14")

    with_resolver(registry, test, retry=0)


def test_an_absent_version_is_no_outage() -> None:
    registry = Answering(VersionNotFound("absent"), resolved("15"))

    async def test(resolver: Resolver) -> None:
        assert isinstance(await resolver.ask(FOURTEEN, not_woken), VersionNotFound)
        assert await resolver.ask(FIFTEEN, not_woken) == resolved("15")

    with_resolver(registry, test)


@pytest.mark.parametrize("error", [ValueError("surprise"), KeyError("another")])
def test_an_unexpected_failure_of_the_client_stays_with_its_reference(error: Exception) -> None:
    registry = Answering(error, resolved("15"))

    async def test(resolver: Resolver) -> None:
        answer = await resolver.ask(FOURTEEN, not_woken)
        assert isinstance(answer, UnexpectedAnswer)
        assert answer.unknown
        assert "surprise" not in str(answer)
        assert await resolver.ask(FIFTEEN, not_woken) == resolved("15")

    with_resolver(registry, test)


def test_an_unexpected_failure_is_logged_with_its_traceback_once(caplog: pytest.LogCaptureFixture) -> None:
    async def test(resolver: Resolver) -> None:
        for _ in range(3):
            await resolver.ask(FOURTEEN, not_woken)

    with_resolver(Answering(ValueError("surprise")), test, retry=0)
    assert [bool(line.exc_info) for line in caplog.records] == [True, False, False]


@pytest.mark.parametrize(
    "error",
    [InvalidReference("no name"), Unauthorized("no"), UnsafeSource("no"), ArtifactMissing("no"), ForeignAnswer("no")],
)
def test_an_answer_about_one_reference_is_no_outage(error: RegistryError) -> None:
    registry = Answering(error, resolved("15"))

    async def test(resolver: Resolver) -> None:
        assert await resolver.ask(FOURTEEN, not_woken) is error
        assert await resolver.ask(FIFTEEN, not_woken) == resolved("15")

    with_resolver(registry, test)


def test_a_question_that_waited_for_its_turn_is_answered_when_the_registry_is_back() -> None:
    registry = Answering(RegistryUnreachable("down"), resolved("15"))

    async def test(resolver: Resolver) -> None:
        woken = asyncio.Event()
        assert isinstance(await resolver.ask(FOURTEEN, not_woken), RegistryUnreachable)
        assert isinstance(await resolver.ask(FIFTEEN, woken.set), RegistryUnreachable)
        await woken.wait()
        assert await resolver.ask(FIFTEEN, not_woken) == resolved("15")
        assert registry.asked == [FOURTEEN, FIFTEEN]

    with_resolver(registry, test, retry=0.2)


def test_to_forget_a_reference_answers_those_who_wait_for_their_turn() -> None:
    registry = Answering(resolved("14"))
    registry.free.clear()

    async def run() -> None:
        with ThreadPoolExecutor(1) as pool:
            resolver = Resolver(registry, pool, fresh_seconds=60, retry_seconds=60, concurrency=1)
            first = asyncio.create_task(resolver.ask(FOURTEEN, not_woken))
            second = asyncio.create_task(resolver.ask(FIFTEEN, not_woken))
            await asyncio.sleep(0)
            resolver.forget(FIFTEEN)
            assert isinstance(await second, RegistryUnreachable)
            registry.free.set()
            assert await first == resolved("14")

    asyncio.run(run())


def test_an_answer_that_comes_after_its_reference_was_forgotten_is_not_kept() -> None:
    registry = Answering(resolved("14"), resolved("14"))
    registry.free.clear()

    async def run() -> None:
        with ThreadPoolExecutor(1) as pool:
            resolver = Resolver(registry, pool, fresh_seconds=60, retry_seconds=60)
            first = asyncio.create_task(resolver.ask(FOURTEEN, not_woken))
            await asyncio.sleep(0)
            resolver.forget(FOURTEEN)
            registry.free.set()
            assert await first == resolved("14")
            await resolver.ask(FOURTEEN, not_woken)
            assert registry.asked == [FOURTEEN, FOURTEEN]

    asyncio.run(run())
