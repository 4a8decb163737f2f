"""Reconcile one SentimentModel: observe, decide, act."""

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
from sentiment_operator.api.errors import (
    ClusterError,
    Conflict,
    ModelNotAllowed,
    NamespaceTerminating,
    Refused,
    RegistryError,
)
from sentiment_operator.api.names import FIELD_MANAGER, Key
from sentiment_operator.api.resource import Answer, SentimentModel
from sentiment_operator.api.status import Status, merge_patch, timestamp
from sentiment_operator.cluster import Cluster
from sentiment_operator.decision.allowed import Allowed
from sentiment_operator.decision.decide import decide
from sentiment_operator.decision.inputs import Decision, Inputs, Manifest
from sentiment_operator.decision.trusted import must_be_recorded_first
from sentiment_operator.events import announcements
from sentiment_operator.observed.ages import Ages
from sentiment_operator.observed.drift import Overruled, applied_hash, differences, owns
from sentiment_operator.observed.observation import Observation
from sentiment_operator.registry.references import References
from sentiment_operator.registry.resolver import Resolver
from sentiment_operator.settings import Settings

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

PASSES = 4
"""How often one reconcile acts and observes again before it leaves the rest to the next."""


NEVER_CHANGED = frozenset({"Job", "ControllerRevision"})
"""Kinds that are created once: an obsolete candidate is deleted, and a revision's data is immutable."""


class Recorder(Protocol):
    """Receives what each reconcile found (for metrics)."""

    def reconciled(self, model: SentimentModel, status: Status, observed: Observation, seconds: float) -> None: ...

    def forgotten(self, key: Key) -> None: ...


class Reconciler:
    """`await reconciler(key)` reconciles one SentimentModel.

    Returns:
        The seconds until the next look; None if the resource is gone.
    """

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
        """`changed` is called with a status before and after each write of it; it must not block.

        `wake` is called with a key when a late answer of the registry has arrived.
        """
        self._cluster = cluster
        self._resolver = resolver
        self._settings = settings
        self._allowed = Allowed(
            service_types=settings.allowed_service_types,
            service_annotations=settings.allowed_service_annotations,
            models=settings.allowed_models,
        )
        self._pool = pool
        self._recorder = recorder
        self._wake = wake
        self._changed = changed
        self._ages = Ages(clock)
        self._references = References(resolver.forget)
        self._overruled: dict[Key, dict[str, Overruled]] = {}

    async def __call__(self, key: Key) -> float | None:
        start = time.monotonic()
        model = await self._call(self._cluster.get, key)
        if model is None or model.deleting:
            # Owner references delete the children; the operator sets no finalizer.
            self._forget(key)
            _log(key, "Gone", start)
            return None
        self._references.use(key, model.spec.reference)
        try:
            return await self._reconcile(model, start)
        except Conflict as conflict:
            _log(key, "Conflict", start, cause=str(conflict))
            return 0.2
        except NamespaceTerminating:
            _log(key, "NamespaceTerminating", start)
            # The resource itself is deleted next: a status about its missing children would be noise.
            return self._settings.resync_seconds

    async def _reconcile(self, model: SentimentModel, start: float) -> float | None:
        answer: Answer
        if refused := self._allowed.refused_model(model):
            answer = ModelNotAllowed(refused)
        else:
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
                    credential_origins=self._settings.credential_origins,
                    now=datetime.now(UTC),
                    resync_seconds=self._settings.resync_seconds,
                    allowed=self._allowed,
                    refusal=refusal,
                )
            )
            if refusal is not None or not (decision.apply or decision.delete):
                break
            if _must_be_written_first(model.status, decision):
                # Rejections, pins, new revisions: an operator killed in between must decide the same afterwards.
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
            # The rollout waits for the answer. With a pinned version, only ModelResolved does.
            return min(decision.look_again_seconds, self._settings.registry_retry_seconds)
        return decision.look_again_seconds

    async def _observe(self, model: SentimentModel) -> Observation:
        if is_dormant(model):
            return Observation()
        observed = self._ages.mark(model.key, await self._call(self._cluster.observe, model.key))
        known = {kind: one for kind, one in self._overruled.get(model.key, {}).items() if observed.has(kind)}
        return replace(observed, overruled=known)

    async def _act(self, decision: Decision, observed: Observation) -> None:
        """Apply and delete everything; a refusal of one object is raised after the others are done."""
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
        if manifest["kind"] in NEVER_CHANGED:
            await self._call(self._cluster.create, manifest)
            return
        answer = await self._call(self._cluster.apply, manifest)
        self._note_overruled(manifest, answer, existed=observed.has(manifest["kind"]))

    def _note_overruled(self, manifest: Manifest, answer: Manifest, *, existed: bool) -> None:
        """Remember what a webhook changed in an applied manifest: applying it again would end the same.

        Except after a creation: a webhook for creations only leaves the next update alone.
        """
        metadata, kind = manifest["metadata"], manifest["kind"]
        key = Key(metadata["namespace"], metadata["name"])
        found = {name: one for name, one in self._overruled.get(key, {}).items() if name != kind}
        if existed and (changed := differences(manifest, answer)):
            found[kind] = Overruled(applied_hash(manifest), changed)
        self._overruled[key] = found

    async def _write(self, first: SentimentModel, model: SentimentModel, status: Status) -> SentimentModel | None:
        """Write the status if it differs from what was read. None if the resource is gone."""
        patch = merge_patch(first.status.render(), status.render())
        if not patch:
            return model
        written = await self._call(self._cluster.patch_status, first, patch)
        if written is not None:
            if status.revisions is not None and written.status.revisions is None:
                logger.error("the resource definition is older than the operator: apply crds/sentimentmodel.yaml")
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
                # Events are a courtesy: the status has the same information.
                logger.warning("no Event for %s: %s", model.key, error)

    def _forget(self, key: Key) -> None:
        self._ages.forget(key)
        self._overruled.pop(key, None)
        self._references.drop(key)
        self._recorder.forgotten(key)

    async def _call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a blocking call to the cluster in its thread pool."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: function(*args, **kwargs))


def _log(key: Key, decision: str, start: float, **more: object) -> None:
    """Log the one line of a reconcile. The queue logs those that fail, with the time of the next attempt."""
    seconds = round(time.monotonic() - start, 3)
    logger.info("reconciled", extra={"key": str(key), "decision": decision, **more, "seconds": seconds})


def is_dormant(model: SentimentModel) -> bool:
    """Whether it was suspended before anything was deployed: it has no children and needs none.

    That saves seven reads for each of possibly thousands. The first look at a generation is always a full one.
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
        and status.revisions == ()
    )


def _must_be_written_first(before: Status, decision: Decision) -> bool:
    """Whether the new status holds what must outlive the operator: a pin, a rejection, a step, a revision's hash."""
    after = decision.status
    if must_be_recorded_first(before, decision.apply):
        return True
    return (before.desired, before.rejected, _step(before)) != (after.desired, after.rejected, _step(after))


def _step(status: Status) -> tuple[str, str, int] | None:
    """The step of the rollout. It is written before it is acted on, so that a rollout that has begun is known to have.

    None for restoring what serves: that is no rollout.
    """
    rollout, serving = status.rollout, status.serving
    if rollout is None or (serving is not None and serving.revision == rollout.revision):
        return None
    return rollout.step, rollout.revision, rollout.attempt
