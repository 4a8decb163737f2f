"""Acting on decisions: what is written, in which order, and that nothing is written when nothing differs."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sentiment_operator.cluster import Cluster
from sentiment_operator.errors import (
    ClusterError,
    Conflict,
    NamespaceTerminating,
    Refused,
    RegistryError,
    RegistryUnreachable,
)
from sentiment_operator.names import FIELD_MANAGER, Key
from sentiment_operator.observed import Candidate, Deployment, Observation, Revision
from sentiment_operator.reconcile import Reconciler
from sentiment_operator.resolver import Resolver
from sentiment_operator.resource import Reference, ResolvedVersion, SentimentModel
from sentiment_operator.settings import Settings
from sentiment_operator.status import Status, timestamp
from tests.unit.operator.scenes import IMAGE, body, decided, model, pod, resolved, situation

KEY = Key("shop", "reviews")


class Registry:
    def __init__(self, error: RegistryError | None = None) -> None:
        self.error = error

    def resolve(self, reference: Reference) -> ResolvedVersion:
        if self.error is not None:
            raise self.error
        return resolved(reference.version)


class Memory(Cluster):
    """A cluster in memory: keeps what is applied, as an API server without controllers would, and notes every write."""

    def __init__(self, given: SentimentModel | None, seen: Observation | None = None) -> None:
        self.model = given
        self.seen = seen or Observation()
        self.writes: list[str] = []
        self.events: list[str] = []
        self.refusal: ClusterError | None = None
        self.conflict = False

    def check(self, namespace: str) -> None:
        return

    def get(self, key: Key) -> SentimentModel | None:
        return self.model

    def observe(self, key: Key) -> Observation:
        return self.seen

    def apply(self, manifest: Mapping[str, Any]) -> None:
        kind = manifest["kind"]
        self.writes.append(kind)
        if self.refusal is not None:
            raise self.refusal
        stored = deepcopy(dict(manifest))
        stored["metadata"].update(uid="child", generation=1, resourceVersion="9")
        if kind == "Deployment":
            stored["spec"].setdefault("replicas", 1)
            found = Deployment.parse(stored)
            self.seen = replace(self.seen, deployment=found)
        elif kind == "Service":
            self.seen = replace(self.seen, service=stored)
        else:
            self.seen = replace(self.seen, disruption_budget=stored)

    def create(self, manifest: Mapping[str, Any]) -> None:
        self.writes.append(manifest["kind"])
        if self.refusal is not None:
            raise self.refusal
        stored = deepcopy(dict(manifest))
        stored["metadata"].update(uid="child", creationTimestamp=timestamp(datetime.now(UTC)))
        if manifest["kind"] == "Job":
            self.seen = replace(self.seen, candidate=Candidate.parse(stored, ()))
        else:
            self.seen = replace(self.seen, revisions=(*self.seen.revisions, Revision.parse(stored)))

    def hand_over_replicas(self, deployment: Mapping[str, Any]) -> None:
        self.writes.append("handover")

    def delete(self, api_version: str, kind: str, key: Key, *, uid: str) -> None:
        self.writes.append(f"delete {kind}")
        if kind == "Job":
            self.seen = replace(self.seen, candidate=None)
        else:
            self.seen = replace(self.seen, disruption_budget=None)

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

    def reconciled(self, model: SentimentModel, status: Status, seen: Observation, seconds: float) -> None:
        return

    def forgotten(self, key: Key) -> None:
        self.gone.append(key)

    def changed(self, model: SentimentModel, before: Status, after: Status) -> None:
        assert model.status == after, "a step is told once it is written"
        self.steps.append((before, after))


def reconcile(
    cluster: Cluster, *, times: int = 1, notes: Notes | None = None, error: RegistryError | None = None
) -> float | None:
    settings = Settings(mlflow_tracking_uri="http://mlflow", serving_image=IMAGE)
    notes = notes or Notes()

    async def run() -> float | None:
        with ThreadPoolExecutor(2) as pool:
            reconciler = Reconciler(
                cluster,
                Resolver(Registry(error), pool, fresh_seconds=60, retry_seconds=10),
                settings=settings,
                pool=pool,
                recorder=notes,
                wake=lambda key: None,
                changed=notes.changed,
            )
            again: float | None = None
            for _ in range(times):
                again = await reconciler(KEY)
            return again

    return asyncio.run(run())


def conditions(cluster: Memory) -> dict[str, str]:
    assert cluster.model is not None
    return {one.type: f"{one.status}/{one.reason}" for one in cluster.model.status.conditions}


SETTLED = {
    "serves": "14",
    "children": {"runs": "14", "pods": [{"version": "14", "ready": True}, {"version": "14", "ready": True}]},
}


THIRTEEN = {
    "serves": "13",
    "children": {"runs": "13", "pods": [{"version": "13", "ready": True}, {"version": "13", "ready": True}]},
}
PASSED = ["passed", "AllChecksPassed"]


def memory(given: Mapping[str, Any]) -> Memory:
    case = situation(given)
    return Memory(case.model, case.seen)


def test_the_pin_is_remembered_before_anything_is_made() -> None:
    cluster = Memory(model())
    reconcile(cluster)
    assert cluster.writes == ["status", "Job"]


def test_a_proven_template_is_kept_and_the_switch_noted_before_the_deployment_is_touched() -> None:
    cluster = memory({**THIRTEEN, "candidate": {"version": "14", "pod": {"verify": {"verdict": PASSED}}}})
    reconcile(cluster)
    assert cluster.writes == ["status", "ControllerRevision", "status", "Deployment", "status"]
    assert conditions(cluster)["Reconciling"] == "True/RollingOut"


def test_a_candidate_of_an_earlier_spec_makes_room_at_once() -> None:
    cluster = memory({**THIRTEEN, "candidate": {"version": "14", "retry_token": "earlier"}})
    reconcile(cluster)
    assert cluster.writes == ["status", "delete Job", "Job"]


def test_a_candidate_that_was_lost_is_made_again_after_a_pause() -> None:
    lost = {"version": "14", "failed": True}
    early = decided({**THIRTEEN, "candidate": {**lost, "age_seconds": 4}})
    assert early.delete == ()
    assert early.look_again_seconds < 2
    cluster = memory({**THIRTEEN, "candidate": {**lost, "age_seconds": 6}})
    reconcile(cluster)
    assert cluster.writes == ["status", "delete Job", "Job", "status"]
    assert cluster.model is not None
    assert cluster.model.status.rollout is not None
    assert cluster.model.status.rollout.attempt == 2


def test_what_has_settled_costs_no_write() -> None:
    cluster = memory(SETTLED)
    reconcile(cluster)
    assert conditions(cluster)["Ready"] == "True/Serving"
    cluster.writes.clear()
    reconcile(cluster, times=3)
    assert cluster.writes == []


def test_a_verdict_is_remembered_before_the_deployment_is_touched() -> None:
    cluster = memory(
        {
            "serves": "13",
            "rolling": {"step": "RollingOut", "version": "14"},
            "children": {"runs": "14", "earlier": ["13"], "replicas": 4},
        }
    )
    crashed = {"restartCount": 2, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    crashed["lastState"] = {"terminated": {"exitCode": 1}}
    assert cluster.model is not None
    cluster.seen = replace(cluster.seen, pods=(pod(cluster.model, 0, version="14", serving=crashed),))
    reconcile(cluster)
    assert cluster.writes[:2] == ["status", "Deployment"]
    assert [one.version for one in cluster.model.status.rejected] == ["14"]
    assert conditions(cluster)["ModelVerified"] == "False/Crashed"
    assert cluster.seen.deployment is not None
    assert cluster.seen.deployment.template.version == "13"


def test_a_refused_spec_is_told_once_and_looked_at_again() -> None:
    cluster = Memory(model())
    cluster.refusal = Refused("The API server refuses the spec: no.", invalid=True)
    again = reconcile(cluster)
    assert conditions(cluster)["Ready"] == "False/InvalidSpec"
    assert again is not None
    cluster.writes.clear()
    reconcile(cluster)
    assert "status" not in cluster.writes


def test_a_refused_spec_heals_without_an_edit() -> None:
    cluster = Memory(model())
    cluster.refusal = Refused("The API server refuses the spec: no.", invalid=True)
    reconcile(cluster)
    cluster.refusal = None
    reconcile(cluster)
    assert conditions(cluster)["Ready"] == "False/RollingOut"


def test_the_live_count_is_handed_over_before_it_is_left_to_the_autoscaler() -> None:
    cluster = memory(SETTLED)
    assert cluster.model is not None
    assert cluster.seen.deployment is not None
    live = deepcopy(dict(cluster.seen.deployment.body))
    entry = {"manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    live["metadata"]["managedFields"] = [entry]
    cluster.seen = replace(cluster.seen, deployment=Deployment.parse(live))
    spec = body({"autoscaling": {"minReplicas": 2, "maxReplicas": 5}}, generation=3)
    cluster.model = replace(SentimentModel.parse(spec), status=cluster.model.status)
    reconcile(cluster)
    assert cluster.writes[:2] == ["handover", "Deployment"]


def test_the_budget_of_a_single_pod_is_deleted() -> None:
    cluster = memory({**SETTLED, "spec": {"replicas": 2}})
    assert cluster.model is not None
    cluster.model = replace(SentimentModel.parse(body({"replicas": 1}, generation=3)), status=cluster.model.status)
    reconcile(cluster)
    assert "delete PodDisruptionBudget" in cluster.writes


def test_what_is_gone_is_forgotten() -> None:
    notes = Notes()
    assert reconcile(Memory(None), notes=notes) is None
    assert notes.gone == [KEY]


def test_what_is_being_deleted_is_left_alone() -> None:
    cluster = Memory(replace(model(), deleting=True))
    assert reconcile(cluster) is None
    assert cluster.writes == []


def test_a_change_meanwhile_is_no_failure() -> None:
    cluster = memory(SETTLED)
    cluster.conflict = True
    again = reconcile(cluster)
    assert again is not None
    assert again < 1


def test_a_failing_api_server_is_reported_to_the_queue() -> None:
    cluster = Memory(model())
    cluster.refusal = ClusterError("HTTP 503")
    with pytest.raises(ClusterError):
        reconcile(cluster)


def test_a_namespace_that_is_being_removed_is_left_in_peace() -> None:
    cluster = Memory(replace(model(), status=situation(SETTLED).model.status))
    cluster.refusal = NamespaceTerminating("gone soon")
    assert reconcile(cluster) == 60
    assert "status" not in cluster.writes
    assert cluster.events == []


def test_events_tell_transitions_and_repeat_nothing() -> None:
    cluster = memory(SETTLED)
    reconcile(cluster, times=3)
    assert cluster.events == ["Serving"]


def test_each_step_of_the_status_is_told_once() -> None:
    cluster, notes = Memory(model()), Notes()
    reconcile(cluster, times=3, notes=notes)
    assert cluster.model is not None
    assert notes.steps == [(Status(), cluster.model.status)]


def test_every_reconcile_is_one_line_with_key_decision_and_duration(caplog: pytest.LogCaptureFixture) -> None:
    conflict = memory(SETTLED)
    conflict.conflict = True
    removed = Memory(replace(model(), status=situation(SETTLED).model.status))
    removed.refusal = NamespaceTerminating("gone soon")
    with caplog.at_level("INFO", logger="sentiment_operator"):
        for cluster in (memory(SETTLED), conflict, removed, Memory(None)):
            reconcile(cluster)
    lines = [vars(line) for line in caplog.records]
    assert [line["decision"] for line in lines] == ["Serving", "Conflict", "NamespaceTerminating", "Gone"]
    assert all(line["key"] == "shop/reviews" and line["seconds"] >= 0 for line in lines)


def test_an_outage_is_looked_at_soon_by_those_who_wait_for_the_answer_only() -> None:
    down = RegistryUnreachable("down")
    assert reconcile(Memory(model()), error=down) == 10
    assert reconcile(memory(SETTLED), error=down) == 60
