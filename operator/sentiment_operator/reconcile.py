"""Observe, decide, act for one SentimentModel: the only place where the three meet."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from datetime import UTC, datetime
from typing import ParamSpec, Protocol, TypeVar

from msgspec import structs

from sentiment_operator.api.conditions import Outcome
from sentiment_operator.api.errors import ClusterError, Conflict, NamespaceTerminating, Refused, RegistryError
from sentiment_operator.api.names import FIELD_MANAGER, Key
from sentiment_operator.api.resource import Reference, SentimentModel
from sentiment_operator.api.status import Status, merge_patch, timestamp
from sentiment_operator.cluster import Cluster
from sentiment_operator.decision.decide import decide
from sentiment_operator.decision.inputs import Decision, Inputs, Manifest
from sentiment_operator.events import announcements
from sentiment_operator.observed.ages import Ages
from sentiment_operator.observed.drift import owns
from sentiment_operator.observed.observation import Observation
from sentiment_operator.registry.resolver import Resolver
from sentiment_operator.settings import Settings

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

PASSES = 4
"""How often one reconcile acts and looks again before it leaves the rest to the next."""


NEVER_CHANGED = frozenset({"Job", "ControllerRevision"})
"""Made once: a candidate that is no longer wanted is deleted, and a revision's data is immutable."""


class Recorder(Protocol):
    """Who wants to know what reconciles found (metrics)."""

    def reconciled(self, model: SentimentModel, status: Status, observed: Observation, seconds: float) -> None: ...

    def forgotten(self, key: Key) -> None: ...


class Reconciler:
    """`await reconciler(key)` brings one SentimentModel up to date; gives when to look again, None when it is gone."""

    def __init__(
        self,
        cluster: Cluster,
        resolver: Resolver,
        *,
        settings: Settings,
        pool: Executor,
        recorder: Recorder,
        wake: Callable[[Key], None],
        changed: Callable[[SentimentModel, Status, Status], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`changed` is told each step of a status, before and after, once it is written; it must not block."""
        self._cluster = cluster
        self._resolver = resolver
        self._settings = settings
        self._pool = pool
        self._recorder = recorder
        self._wake = wake
        self._changed = changed
        self._ages = Ages(clock)
        self._asked: dict[Key, Reference] = {}

    async def __call__(self, key: Key) -> float | None:
        start = time.monotonic()
        model = await self._call(self._cluster.get, key)
        if model is None or model.deleting:
            # Owner references delete the children; nothing of ours holds the resource back.
            self._forget(key)
            _log(key, "Gone", start)
            return None
        if (before := self._asked.get(key)) is not None and before != model.spec.reference:
            self._resolver.forget(before)
        self._asked[key] = model.spec.reference
        try:
            return await self._reconcile(model, start)
        except Conflict as conflict:
            _log(key, "Conflict", start, cause=str(conflict))
            return 0.2
        except NamespaceTerminating:
            _log(key, "NamespaceTerminating", start)
            # The resource goes next; that its children went first is no news to tell.
            return self._settings.resync_seconds

    async def _reconcile(self, model: SentimentModel, start: float) -> float | None:
        answer = await self._resolver.ask(model.spec.reference, lambda: self._wake(model.key))
        first, applied, refusal = model, [], None
        for _ in range(PASSES):
            observed = await self._observe(model)
            decision = decide(
                Inputs(
                    model=model,
                    observed=observed,
                    answer=answer,
                    default_image=self._settings.serving_image,
                    now=datetime.now(UTC),
                    resync_seconds=self._settings.resync_seconds,
                    refusal=refusal,
                )
            )
            if refusal is not None or not (decision.apply or decision.delete):
                break
            if _remembers(model.status, decision.status):
                # Verdicts and pins first: an operator that is killed between the two must not decide otherwise.
                written = await self._write(first, model, decision.status)
                if written is None:
                    _log(model.key, "Gone", start)
                    return None
                first = model = written
            try:
                await self._act(decision, observed)
                applied += [manifest["kind"] for manifest in decision.apply]
            except Refused as refused:
                refusal = refused
            carried = structs.replace(
                decision.status,
                conditions=model.status.conditions,
                observed_generation=model.status.observed_generation,
            )
            model = replace(model, status=carried)
        if await self._write(first, model, decision.status) is None:
            _log(model.key, "Gone", start)
            return None
        self._recorder.reconciled(model, decision.status, observed, time.monotonic() - start)
        _log(model.key, decision.outcome.value, start, generation=model.generation, applied=applied)
        desired = decision.status.desired
        if isinstance(answer, RegistryError) and answer.unknown and not (desired and desired.digest):
            # Somebody waits for the answer. Where the version is pinned, nothing but ModelResolved does.
            return min(decision.look_again_seconds, self._settings.registry_retry_seconds)
        return decision.look_again_seconds

    async def _observe(self, model: SentimentModel) -> Observation:
        if is_dormant(model):
            return Observation()
        return self._ages.mark(model.key, await self._call(self._cluster.observe, model.key))

    async def _act(self, decision: Decision, observed: Observation) -> None:
        """Do all that was decided; the first refusal is raised once the rest is done, so that it holds nothing up."""
        refusal: Refused | None = None
        for manifest in decision.apply:
            try:
                await self._apply(manifest, observed)
            except Refused as refused:
                refusal = refusal or refused
        for child in decision.delete:
            await self._call(self._cluster.delete, child.api_version, child.kind, child.key, uid=child.uid)
        if refusal is not None:
            raise refusal

    async def _apply(self, manifest: Manifest, observed: Observation) -> None:
        live = observed.deployment.body if observed.deployment else None
        if (
            manifest["kind"] == "Deployment"
            and live is not None
            and "replicas" not in manifest["spec"]
            and owns(live, FIELD_MANAGER, "spec", "replicas")
        ):
            await self._call(self._cluster.hand_over_replicas, live)
        write = self._cluster.create if manifest["kind"] in NEVER_CHANGED else self._cluster.apply
        await self._call(write, manifest)

    async def _write(self, first: SentimentModel, model: SentimentModel, status: Status) -> SentimentModel | None:
        """Write what differs from what was read; nothing when nothing does. None when the resource is gone."""
        patch = merge_patch(first.status.render(), status.render())
        if not patch:
            return model
        written = await self._call(self._cluster.patch_status, first, patch)
        if written is not None:
            self._changed(written, first.status, status)
            await self._announce(written, first.status, status)
        return written

    async def _announce(self, model: SentimentModel, before: Status, after: Status) -> None:
        for one in announcements(before, after):
            try:
                await self._call(
                    self._cluster.record_event,
                    model,
                    warning=one.warning,
                    reason=one.reason,
                    message=one.message,
                    time=timestamp(datetime.now(UTC)),
                )
            except ClusterError as error:
                # Events are a courtesy: the status says the same.
                logger.warning("no Event for %s: %s", model.key, error)

    def _forget(self, key: Key) -> None:
        self._ages.forget(key)
        if (reference := self._asked.pop(key, None)) is not None:
            self._resolver.forget(reference)
        self._recorder.forgotten(key)

    async def _call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a blocking call of the cluster's client in its own threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: function(*args, **kwargs))


def _log(key: Key, decision: str, start: float, **more: object) -> None:
    """The one line of a reconcile. One that fails is logged by the queue, which knows when it is tried again."""
    seconds = round(time.monotonic() - start, 3)
    logger.info("reconciled", extra={"key": str(key), "decision": decision, **more, "seconds": seconds})


def is_dormant(model: SentimentModel) -> bool:
    """Whether nothing of it can be in the cluster, and nothing is to be made: suspended before anything was deployed.

    Seven reads less for each of the thousands that may lie around. The first look at a generation is a full one.
    """
    status, ready = model.status, model.status.condition("Ready")
    return (
        model.spec.suspend
        and status.observed_generation == model.generation
        and ready is not None
        and ready.reason == Outcome.SUSPENDED.value
        and status.serving is None
        and status.rollout is None
        and not status.history
        and not status.replicas
    )


def _remembers(before: Status, after: Status) -> bool:
    return (before.desired, before.rejected, _step(before)) != (after.desired, after.rejected, _step(after))


def _step(status: Status) -> tuple[str, str, int] | None:
    """Where a rollout is: written before it is acted on, so that a switch that has begun is known to have.

    Putting back what serves is none.
    """
    rollout, serving = status.rollout, status.serving
    if rollout is None or (serving is not None and serving.revision == rollout.revision):
        return None
    return rollout.step, rollout.revision, rollout.attempt
