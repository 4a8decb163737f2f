"""Tags versions in the registry with where they were deployed and where they were rejected.

A courtesy to users of MLflow: the status has the same information and nothing waits for the tags. A tag that cannot be
written is dropped with a line in the log.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

from sentiment_operator.api.errors import RegistryError
from sentiment_operator.api.names import Key
from sentiment_operator.api.resource import SentimentModel
from sentiment_operator.api.status import Status

logger = logging.getLogger(__name__)

WAITING = 200
"""How many tags may wait to be written; any more are dropped."""

BOUND_SECONDS = 60.0
"""How long writing one tag may take before it is given up."""


class TagWriter(Protocol):
    """Both methods block and raise `RegistryError`."""

    def set_tag(self, model: str, version: str, name: str, value: str) -> None: ...

    def delete_tag(self, model: str, version: str, name: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A tag of one version; an empty `value` deletes it."""

    version: str
    name: str
    value: str


def deployed(key: Key) -> str:
    """Name of the tag for the time since when a version serves, or last served, under `key`."""
    return f"deployed.{key.namespace}.{key.name}"


def rejected(key: Key) -> str:
    """Name of the tag for the reason why a version was rejected under `key`."""
    return f"rejected.{key.namespace}.{key.name}"


def tags(key: Key, before: Status, after: Status) -> tuple[Tag, ...]:
    """The tags to write after the status has changed from `before` to `after`. Pure."""
    wanted = [
        Tag(version=verdict.version, name=rejected(key), value=verdict.reason)
        for verdict in after.rejected
        if verdict.version and verdict not in before.rejected
    ]
    now, was = after.serving, before.serving
    if now and now.version and (was is None or (was.version, was.digest) != (now.version, now.digest)):
        wanted.append(Tag(version=now.version, name=deployed(key), value=now.since_time))
        if any(verdict.version == now.version for verdict in after.rejected):
            # It was retried and passed: the old tag would contradict the status.
            wanted.append(Tag(version=now.version, name=rejected(key), value=""))
    return tuple(wanted)


class Tagger:
    """Writes one tag at a time, so that a hung registry blocks one thread only. Lives on one event loop."""

    def __init__(self, registry: TagWriter, pool: Executor) -> None:
        self._registry = registry
        self._pool = pool
        self._waiting: asyncio.Queue[tuple[SentimentModel, Tag]] = asyncio.Queue(WAITING)

    def changed(self, model: SentimentModel, before: Status, after: Status) -> None:
        """Queue the tags for a change of a status; returns at once."""
        for tag in tags(model.key, before, after):
            try:
                self._waiting.put_nowait((model, tag))
            except asyncio.QueueFull:
                _dropped(model, tag, f"{WAITING} others are waiting")

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            model, tag = await self._waiting.get()
            try:
                async with asyncio.timeout(BOUND_SECONDS):
                    await asyncio.get_running_loop().run_in_executor(self._pool, self._write(model, tag))
            except RegistryError as error:
                _dropped(model, tag, str(error))
            except Exception as error:
                # Whatever the client raises, the next tag must be written.
                _dropped(model, tag, type(error).__name__)

    def _write(self, model: SentimentModel, tag: Tag) -> Callable[[], None]:
        name = model.spec.reference.name
        if tag.value:
            return lambda: self._registry.set_tag(name, tag.version, tag.name, tag.value)
        return lambda: self._registry.delete_tag(name, tag.version, tag.name)


def _dropped(model: SentimentModel, tag: Tag, cause: str) -> None:
    extra = {"key": str(model.key), "version": tag.version, "tag": tag.name, "cause": cause}
    logger.warning("a tag was not written to the registry", extra=extra)
