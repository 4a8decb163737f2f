"""Asks the registry and waits only briefly: a hung registry must not hold up what the cluster needs."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from sentiment_operator.api.errors import RegistryError, RegistryUnreachable
from sentiment_operator.api.resource import Answer, Reference, ResolvedVersion
from sentiment_operator.registry.mlflow import Registry

logger = logging.getLogger(__name__)

GRACE_SECONDS = 2.0
"""How long a reconcile waits for an answer before it goes on without. A late answer wakes it."""

BOUND_SECONDS = 60.0
"""After how long a request without an answer is an outage. The client's own timeouts are shorter, but a server that
sends its answer byte by byte restarts them with each byte."""


@dataclass(frozen=True)
class _Known:
    answer: Answer
    time: float


class Resolver:
    """Caches the last answer about each reference and asks again when it is old. Lives on one event loop."""

    def __init__(self, registry: Registry, pool: Executor, *, fresh_seconds: float, retry_seconds: float) -> None:
        self._registry = registry
        self._pool = pool
        self._fresh_seconds = fresh_seconds
        self._retry_seconds = retry_seconds
        self._known: dict[Reference, _Known] = {}
        self._asking: dict[Reference, asyncio.Task[Answer]] = {}
        self._outage: _Known | None = None

    async def ask(self, reference: Reference, on_late_answer: Callable[[], None]) -> Answer:
        """The registry's answer about `reference`: a new one, the cached one, or RegistryUnreachable.

        `on_late_answer` is called if the answer arrives after this has returned.
        """
        known, now = self._known.get(reference), asyncio.get_running_loop().time()
        if known and now - known.time < self._lifetime(known.answer):
            return known.answer
        task = self._asking.get(reference)
        if task is None:
            if self._outage and (self._asking or now - self._outage.time < self._retry_seconds):
                # One request at a time finds out whether the registry is back; the others need not queue up.
                return RegistryUnreachable("The registry does not answer at the moment.")
            task = self._asking[reference] = asyncio.create_task(self._ask(reference))
        done, _ = await asyncio.wait({task}, timeout=GRACE_SECONDS)
        if done:
            return task.result()
        task.add_done_callback(lambda _: on_late_answer())
        if known:
            return known.answer
        return RegistryUnreachable(f"The registry has not answered yet about {reference}.")

    def forget(self, reference: Reference) -> None:
        """Drop the cached answer about `reference`."""
        self._known.pop(reference, None)

    def _lifetime(self, answer: Answer) -> float:
        return self._fresh_seconds if isinstance(answer, ResolvedVersion) else self._retry_seconds

    async def _ask(self, reference: Reference) -> Answer:
        loop = asyncio.get_running_loop()
        answer: Answer
        try:
            async with asyncio.timeout(BOUND_SECONDS):
                answer = await loop.run_in_executor(self._pool, self._registry.resolve, reference)
        except RegistryError as error:
            answer = error
        except TimeoutError:
            answer = RegistryUnreachable(f"The registry has not answered about {reference} in {BOUND_SECONDS:.0f} s.")
        except Exception as error:
            # Any other exception of the client counts as an outage too; it must not stop the reconciles.
            logger.exception("the registry client failed")
            answer = RegistryUnreachable(f"Asking the registry about {reference} failed: {type(error).__name__}.")
        finally:
            del self._asking[reference]
        known = _Known(answer, loop.time())
        self._outage = known if isinstance(answer, RegistryUnreachable) else None
        self._known[reference] = known
        return answer
