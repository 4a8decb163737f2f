"""Asks the registry and waits only briefly: a hung registry must not hold up what the cluster needs.

No reference can delay the answer about another one without limit. A reference that got no answer is asked about alone,
with growing pauses of its own. While the registry may be down, one question at a time is sent, first those about
references that have not failed yet, and any answer ends the outage.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

from sentiment_operator.api.errors import RegistryError, RegistryUnreachable, UnexpectedAnswer
from sentiment_operator.api.resource import Answer, Reference, ResolvedVersion
from sentiment_operator.registry.mlflow import Registry
from sentiment_operator.workqueue import Backoff

logger = logging.getLogger(__name__)

GRACE_SECONDS = 2.0
"""How long a reconcile waits for an answer before it goes on without. A late answer wakes it."""

BOUND_SECONDS = 60.0
"""After how long a request without an answer is an outage. The client's own timeouts are shorter, but a server that
sends its answer byte by byte restarts them with each byte."""

STALE_SECONDS = 180.0
"""How old an answer may be that is shown while the question about it waits for its turn."""


@dataclass(frozen=True)
class _Known:
    answer: Answer
    time: float
    until: float
    failures: int
    """How often in a row there was no version."""

    @property
    def is_doubtful(self) -> bool:
        """Whether asking again may block a thread for long."""
        return isinstance(self.answer, RegistryUnreachable)


@dataclass
class _Question:
    wake: Callable[[], None] | None = None
    """For the last caller that was turned away."""

    answer: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    task: asyncio.Task[None] | None = None
    is_doubtful: bool = False
    is_forgotten: bool = False
    """Whether no resource asks about it any more."""


class Resolver:
    """Caches the last answer about each reference and asks again when it is old. Lives on one event loop."""

    def __init__(
        self,
        registry: Registry,
        pool: Executor,
        *,
        fresh_seconds: float,
        retry_seconds: float,
        retry_max_seconds: float = 60.0,
        concurrency: int = 4,
    ) -> None:
        """Failures are asked about again after `retry_seconds`, doubling up to `retry_max_seconds`, with jitter.

        `concurrency` questions are sent at the same time. `pool` needs more threads: a request that is given up keeps
        its thread until the client ends it.
        """
        self._registry = registry
        self._pool = pool
        self._fresh_seconds = fresh_seconds
        self._retry_seconds = retry_seconds
        self._backoff = Backoff(first_seconds=retry_seconds, max_seconds=max(retry_seconds, retry_max_seconds))
        self._concurrency = concurrency
        self._known: dict[Reference, _Known] = {}
        self._waiting: dict[Reference, _Question] = {}
        self._asked: dict[Reference, _Question] = {}
        self._hanging: set[Reference] = set()
        self._outage = False
        self._probe_time = 0.0

    async def ask(self, reference: Reference, on_late_answer: Callable[[], None]) -> Answer:
        """The registry's answer about `reference`: a new one, the cached one, or RegistryUnreachable.

        `on_late_answer` is called if the answer arrives after this has returned.
        """
        known, now = self._known.get(reference), asyncio.get_running_loop().time()
        if known and now < known.until:
            return known.answer
        question = self._asked.get(reference) or self._waiting.get(reference)
        if question is None:
            question = self._waiting[reference] = _Question()
        question.is_forgotten = False
        self._send()
        if question.task is None and (self._outage or reference in self._hanging):
            question.wake = on_late_answer
            return self._meanwhile(known, "The registry does not answer at the moment.")
        done, _ = await asyncio.wait({question.answer}, timeout=GRACE_SECONDS)
        if done:
            return question.answer.result()
        question.answer.add_done_callback(lambda _: on_late_answer())
        return self._meanwhile(known, f"The registry has not answered yet about {reference}.")

    def forget(self, reference: Reference) -> None:
        """Drop the cached answer about `reference`, also one that is still to come."""
        self._known.pop(reference, None)
        if (asked := self._asked.get(reference)) is not None:
            asked.is_forgotten = True
        if (question := self._waiting.pop(reference, None)) is not None:
            question.answer.set_result(RegistryUnreachable(f"The registry was not asked about {reference}."))

    def _meanwhile(self, known: _Known | None, otherwise: str) -> Answer:
        """What to show while a question waits: the last answer, unless it is too old."""
        if known and asyncio.get_running_loop().time() - known.time < STALE_SECONDS:
            return known.answer
        return RegistryUnreachable(otherwise)

    def _send(self) -> None:
        """Send the waiting questions that may be sent now."""
        while (reference := self._next()) is not None:
            question = self._asked[reference] = self._waiting.pop(reference)
            known = self._known.get(reference)
            question.is_doubtful = known is not None and known.is_doubtful
            question.task = asyncio.create_task(self._answer(reference, question))

    def _next(self) -> Reference | None:
        """The next question to send, if one may be sent now."""
        doubtful = any(one.is_doubtful for one in self._asked.values())
        if self._outage:
            # One question at a time finds out whether the registry is back; the others need not queue up.
            if self._asked or asyncio.get_running_loop().time() < self._probe_time:
                return None
        elif len(self._asked) >= self._concurrency:
            return None
        ready = [one for one in self._waiting if one not in self._hanging and not (doubtful and self._failures(one))]
        return min(ready, key=self._failures, default=None)

    def _failures(self, reference: Reference) -> int:
        """How often in a row `reference` got no answer at all."""
        known = self._known.get(reference)
        return known.failures if known and known.is_doubtful else 0

    async def _answer(self, reference: Reference, question: _Question) -> None:
        try:
            answer = await self._resolve(reference)
        finally:
            del self._asked[reference]
        now = asyncio.get_running_loop().time()
        if isinstance(answer, RegistryUnreachable | UnexpectedAnswer):
            self._outage = self._outage or answer.outage
            self._probe_time = now + self._retry_seconds
            asyncio.get_running_loop().call_at(self._probe_time, self._send)
        else:
            self._outage = False
        known = self._known.get(reference)
        failures = 0 if isinstance(answer, ResolvedVersion) else 1 + (known.failures if known else 0)
        until = now + (self._backoff.seconds(failures) if failures else self._fresh_seconds)
        if not question.is_forgotten:
            self._known[reference] = _Known(answer, now, until, failures)
        question.answer.set_result(answer)
        if question.wake is not None:
            question.wake()
        self._send()

    async def _resolve(self, reference: Reference) -> Answer:
        call = self._pool.submit(self._registry.resolve, reference)
        try:
            async with asyncio.timeout(BOUND_SECONDS):
                return await asyncio.wrap_future(call)
        except RegistryError as error:
            return error
        except TimeoutError:
            self._give_up(reference, call)
            return RegistryUnreachable(f"The registry has not answered about {reference} in {BOUND_SECONDS:.0f} s.")
        except Exception as error:
            # It must not stop the reconciles. What the client cannot read about one reference is no outage.
            known, kind = self._known.get(reference), type(error).__name__
            is_new = known is None or not isinstance(known.answer, UnexpectedAnswer)
            logger.error("the registry client failed about %s: %s", reference, kind, exc_info=is_new)
            return UnexpectedAnswer(
                f"The registry's answer about {reference} cannot be read ({kind}): see the operator's log."
            )

    def _give_up(self, reference: Reference, call: Future[ResolvedVersion]) -> None:
        """Do not ask about `reference` while an old request has a thread: it must not take another one."""
        loop = asyncio.get_running_loop()

        def ended(_: Future[ResolvedVersion]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._hanging.discard, reference)

        if not call.done():
            self._hanging.add(reference)
            call.add_done_callback(ended)
