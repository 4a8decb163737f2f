"""Asking the registry: answers are cached, a hung registry delays nothing else, an outage is probed by one request."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sentiment_operator.api.errors import RegistryError, RegistryUnreachable, VersionNotFound
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
def test_an_unexpected_failure_of_the_client_is_an_outage(error: Exception) -> None:
    registry = Answering(error)

    async def test(resolver: Resolver) -> None:
        answer = await resolver.ask(FOURTEEN, not_woken)
        assert isinstance(answer, RegistryError)
        assert answer.unknown
        assert "surprise" not in str(answer)

    with_resolver(registry, test)
