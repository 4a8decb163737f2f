"""Tags in the registry: which versions serve and which were rejected, once each, without delaying a reconcile."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec import structs

from sentiment_operator.api.errors import RegistryUnreachable
from sentiment_operator.api.names import Key
from sentiment_operator.api.status import Status
from sentiment_operator.registry import tags as module
from sentiment_operator.registry.tags import Tagger, tags
from sentiment_operator.workqueue import cancelled
from tests.unit.operator.scenes import decided, model

KEY = Key("shop", "reviews")
SERVING: dict[str, Any] = {
    "serves": "14",
    "settled": True,
    "children": {"runs": "14", "pods": [{"version": "14", "ready": True}, {"version": "14", "ready": True}]},
}
REJECTED: dict[str, Any] = {"serves": "13", "rejected": {"14": "Crashed"}, "children": {"runs": "13"}}


def tagged(before: Status, after: Status) -> list[tuple[str, str, str]]:
    return [(tag.version, tag.name, tag.value) for tag in tags(KEY, before, after)]


def test_a_version_that_comes_to_serve_is_tagged_with_the_time_once() -> None:
    after = decided(SERVING).status
    assert tagged(Status(), after) == [("14", "deployed.shop.reviews", "2026-05-01T00:00:00Z")]
    assert tagged(after, after) == []


def test_new_resources_for_the_same_version_are_no_news() -> None:
    after = decided(SERVING).status
    assert after.serving is not None
    assert tagged(after, structs.replace(after, serving=structs.replace(after.serving, revision="another"))) == []


def test_a_rejected_version_is_tagged_with_the_reason_once() -> None:
    after = decided(REJECTED).status
    before = structs.replace(after, rejected=())
    assert tagged(before, after) == [("14", "rejected.shop.reviews", "Crashed")]
    assert tagged(after, after) == []


def test_a_version_that_serves_after_all_loses_the_verdict() -> None:
    before = decided(REJECTED).status
    after = structs.replace(decided(SERVING).status, rejected=before.rejected)
    assert tagged(before, after) == [
        ("14", "deployed.shop.reviews", "2026-05-01T00:00:00Z"),
        ("14", "rejected.shop.reviews", ""),
    ]


class Written:
    """A registry that records its tags; it can be down, and it can hang."""

    def __init__(self) -> None:
        self.written: list[tuple[str, str, str, str]] = []
        self.done = threading.Event()
        self.free = threading.Event()
        self.free.set()
        self.failures: list[Exception] = []

    def set_tag(self, model: str, version: str, name: str, value: str) -> None:
        assert self.free.wait(10)
        if self.failures:
            raise self.failures.pop(0)
        self.written.append((model, version, name, value))
        self.done.set()

    def delete_tag(self, model: str, version: str, name: str) -> None:
        self.set_tag(model, version, name, "")


def with_tagger(registry: Written, test: Callable[[Tagger], Awaitable[None]]) -> None:
    async def run() -> None:
        with ThreadPoolExecutor(1) as pool, ThreadPoolExecutor(1) as others:
            tagger = Tagger(registry, pool)
            running = asyncio.create_task(tagger.run())
            try:
                await test(tagger)
                assert await asyncio.get_running_loop().run_in_executor(others, registry.done.wait, 10)
            finally:
                registry.free.set()
                await cancelled(running)

    asyncio.run(run())


def test_tags_are_written_to_the_registered_model_of_the_resource() -> None:
    registry = Written()

    async def test(tagger: Tagger) -> None:
        tagger.changed(model(), Status(), decided(SERVING).status)

    with_tagger(registry, test)
    assert registry.written == [("sentiment-reviews", "14", "deployed.shop.reviews", "2026-05-01T00:00:00Z")]


@pytest.mark.parametrize("failure", [RegistryUnreachable("down"), ValueError("surprise")])
def test_what_cannot_be_written_is_dropped_with_a_line_in_the_log(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    registry = Written()
    registry.failures = [failure]

    async def test(tagger: Tagger) -> None:
        tagger.changed(model(), Status(), decided(REJECTED).status)

    with caplog.at_level(logging.WARNING):
        with_tagger(registry, test)
    assert [name for _, _, name, _ in registry.written] == ["deployed.shop.reviews"]
    (line,) = caplog.records
    assert vars(line)["tag"] == "rejected.shop.reviews"
    assert "surprise" not in str(vars(line))


def test_while_the_registry_hangs_only_so_many_tags_wait(caplog: pytest.LogCaptureFixture) -> None:
    registry = Written()
    registry.free.clear()

    async def test(tagger: Tagger) -> None:
        for _ in range(module.WAITING + 3):
            tagger.changed(model(), Status(), decided(SERVING).status)
        registry.free.set()

    with caplog.at_level(logging.WARNING):
        with_tagger(registry, test)
    assert [vars(line)["cause"] for line in caplog.records] == [f"{module.WAITING} others are waiting"] * 3


def test_a_tag_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(module, "BOUND_SECONDS", 0.01)
    registry = Written()
    registry.free.clear()

    async def test(tagger: Tagger) -> None:
        tagger.changed(model(), Status(), decided(SERVING).status)
        async with asyncio.timeout(10):
            while not caplog.records:
                await asyncio.sleep(0)
        registry.free.set()

    with caplog.at_level(logging.WARNING):
        with_tagger(registry, test)
    assert [vars(line)["cause"] for line in caplog.records] == ["TimeoutError"]
