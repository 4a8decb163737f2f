"""A reconciler on a cluster in memory, where no API server is needed: what it writes, and in which order."""

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sentiment_operator.api.errors import ClusterError, Conflict, RegistryError
from sentiment_operator.api.names import Key
from sentiment_operator.api.resource import Reference, ResolvedVersion, SentimentModel
from sentiment_operator.api.status import Status, timestamp
from sentiment_operator.cluster import Cluster
from sentiment_operator.observed.observation import Candidate, Deployment, Observation, Revision
from sentiment_operator.reconcile import Reconciler
from sentiment_operator.registry.resolver import Resolver
from sentiment_operator.settings import Settings
from tests.unit.operator.scenes import IMAGE, inputs_of, resolved

KEY = Key("shop", "reviews")


class Registry:
    def __init__(self, error: RegistryError | None = None, asked: list[Reference] | None = None) -> None:
        self.error = error
        self.asked = [] if asked is None else asked

    def resolve(self, reference: Reference) -> ResolvedVersion:
        self.asked.append(reference)
        if self.error is not None:
            raise self.error
        return resolved(reference.version)


class Memory(Cluster):
    """A cluster in memory: keeps what is applied, as an API server without controllers would, and notes every write."""

    def __init__(self, given: SentimentModel | None, observed: Observation | None = None) -> None:
        self.model = given
        self.observed = observed or Observation()
        self.looks = 0
        self.writes: list[str] = []
        self.events: list[str] = []
        self.refusal: ClusterError | None = None
        self.conflict = False

    def check(self, namespace: str) -> None:
        return

    def get(self, key: Key) -> SentimentModel | None:
        return self.model

    def observe(self, key: Key) -> Observation:
        self.looks += 1
        return self.observed

    def apply(self, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        kind = manifest["kind"]
        self.writes.append(kind)
        if self.refusal is not None:
            raise self.refusal
        stored = deepcopy(dict(manifest))
        stored["metadata"].update(uid="child", generation=1, resourceVersion="9")
        if kind == "Deployment":
            stored["spec"].setdefault("replicas", 1)
            found = Deployment.parse(stored)
            self.observed = replace(self.observed, deployment=found)
        elif kind == "Service":
            self.observed = replace(self.observed, service=stored)
        else:
            self.observed = replace(self.observed, disruption_budget=stored)
        return stored

    def create(self, manifest: Mapping[str, Any]) -> None:
        self.writes.append(manifest["kind"])
        if self.refusal is not None:
            raise self.refusal
        stored = deepcopy(dict(manifest))
        stored["metadata"].update(uid="child", creationTimestamp=timestamp(datetime.now(UTC)))
        if manifest["kind"] == "Job":
            self.observed = replace(self.observed, candidate=Candidate.parse(stored, ()))
        else:
            self.observed = replace(self.observed, revisions=(*self.observed.revisions, Revision.parse(stored)))

    def hand_over_replicas(self, deployment: Mapping[str, Any]) -> None:
        self.writes.append("handover")

    def delete(self, api_version: str, kind: str, key: Key, *, uid: str) -> None:
        self.writes.append(f"delete {kind}")
        if kind == "Job":
            self.observed = replace(self.observed, candidate=None)
        elif kind == "ControllerRevision":
            left = tuple(one for one in self.observed.revisions if one.name != key.name)
            self.observed = replace(self.observed, revisions=left)
        else:
            self.observed = replace(self.observed, disruption_budget=None)

    def patch_status(self, model: SentimentModel, patch: Mapping[str, Any]) -> SentimentModel | None:
        if self.conflict:
            raise Conflict("changed")
        assert self.model is not None
        assert model.resource_version == self.model.resource_version, "the status is written on what was read"
        self.writes.append("status")
        merged = merge(self.model.status.render(), patch)
        version = str(int(model.resource_version) + 1)
        self.model = replace(self.model, status=Status.parse(merged), resource_version=version)
        return self.model

    def record_event(self, model: SentimentModel, *, warning: bool, reason: str, message: str, time: str) -> None:
        self.events.append(reason)


def merge(value: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(value)
    for name, change in patch.items():
        if change is None:
            merged.pop(name, None)
        elif isinstance(change, Mapping):
            merged[name] = merge(merged.get(name) or {}, change)
        else:
            merged[name] = change
    return merged


class Notes:
    def __init__(self) -> None:
        self.gone: list[Key] = []
        self.steps: list[tuple[Status, Status]] = []

    def reconciled(self, model: SentimentModel, status: Status, observed: Observation, seconds: float) -> None:
        return

    def forgotten(self, key: Key) -> None:
        self.gone.append(key)

    def changed(self, model: SentimentModel, before: Status, after: Status) -> None:
        assert model.status == after, "a step is announced once it is written"
        self.steps.append((before, after))


def reconcile(
    cluster: Cluster,
    *,
    times: int = 1,
    notes: Notes | None = None,
    error: RegistryError | None = None,
    clock: Callable[[], float] = time.monotonic,
    settings: Mapping[str, Any] | None = None,
    asked: list[Reference] | None = None,
) -> float | None:
    """Reconcile the resource. `asked` collects what the registry is asked about."""
    operator = Settings(mlflow_tracking_uri="http://mlflow", serving_image=IMAGE, **(settings or {}))
    notes = notes or Notes()

    async def run() -> float | None:
        with ThreadPoolExecutor(2) as pool:
            reconciler = Reconciler(
                cluster,
                Resolver(Registry(error, asked), pool, fresh_seconds=60, retry_seconds=10),
                settings=operator,
                pool=pool,
                recorder=notes,
                wake=lambda key: None,
                changed=notes.changed,
                clock=clock,
            )
            again: float | None = None
            for _ in range(times):
                again = await reconciler(KEY)
            return again

    return asyncio.run(run())


def conditions(cluster: Memory) -> dict[str, str]:
    assert cluster.model is not None
    return {one.type: f"{one.status}/{one.reason}" for one in cluster.model.status.conditions}


def memory(given: Mapping[str, Any]) -> Memory:
    inputs = inputs_of(given)
    return Memory(inputs.model, inputs.observed)
