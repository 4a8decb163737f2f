"""Acting on decisions: what is written, in which order, and that nothing is written when nothing differs."""

from copy import deepcopy
from dataclasses import replace
from itertools import count

import pytest

from sentiment_operator.api.errors import (
    ClusterError,
    NamespaceTerminating,
    Refused,
    RegistryUnreachable,
)
from sentiment_operator.api.names import FIELD_MANAGER
from sentiment_operator.api.resource import SentimentModel
from sentiment_operator.api.status import Status
from sentiment_operator.observed.observation import Deployment
from tests.unit.operator.memory import KEY, Memory, Notes, conditions, memory, reconcile
from tests.unit.operator.scenes import body, decided, inputs_of, model, pod

SETTLED = {
    "serves": "14",
    "children": {"runs": "14", "pods": [{"version": "14", "ready": True}, {"version": "14", "ready": True}]},
}


THIRTEEN = {
    "serves": "13",
    "children": {"runs": "13", "pods": [{"version": "13", "ready": True}, {"version": "13", "ready": True}]},
}
PASSED = ["passed", "AllChecksPassed"]


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
    cluster = memory({**THIRTEEN, "candidate": lost})
    reconcile(cluster, times=2, clock=count(start=0, step=6).__next__)
    assert cluster.writes[-4:] == ["status", "delete Job", "Job", "status"]
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
    cluster.observed = replace(cluster.observed, pods=(pod(cluster.model, 0, version="14", serving=crashed),))
    reconcile(cluster)
    assert cluster.writes[:2] == ["status", "Deployment"]
    assert [one.version for one in cluster.model.status.rejected] == ["14"]
    assert conditions(cluster)["ModelVerified"] == "False/Crashed"
    assert cluster.observed.deployment is not None
    assert cluster.observed.deployment.template.version == "13"


def test_a_refused_spec_is_reported_once_and_retried() -> None:
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
    assert cluster.observed.deployment is not None
    live = deepcopy(dict(cluster.observed.deployment.body))
    entry = {"manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    live["metadata"]["managedFields"] = [entry]
    cluster.observed = replace(cluster.observed, deployment=Deployment.parse(live))
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
    cluster = Memory(replace(model(), status=inputs_of(SETTLED).model.status))
    cluster.refusal = NamespaceTerminating("gone soon")
    assert reconcile(cluster) == 60
    assert "status" not in cluster.writes
    assert cluster.events == []


def test_events_announce_transitions_and_repeat_nothing() -> None:
    cluster = memory(SETTLED)
    reconcile(cluster, times=3)
    assert cluster.events == ["Serving"]


def test_what_is_suspended_before_anything_was_deployed_is_not_looked_for_again() -> None:
    cluster = Memory(model({"suspend": True}))
    reconcile(cluster, times=3)
    assert conditions(cluster)["Ready"] == "False/Suspended"
    assert cluster.looks == 1


def test_what_is_suspended_while_it_serves_is_looked_after() -> None:
    cluster = memory({**SETTLED, "spec": {"suspend": True, "replicas": 2}, "serves": "13", "children": {"runs": "13"}})
    reconcile(cluster)
    assert conditions(cluster)["Ready"] == "False/Suspended"
    before = cluster.looks
    reconcile(cluster)
    assert cluster.looks > before


def test_each_step_of_the_status_is_announced_once() -> None:
    cluster, notes = Memory(model()), Notes()
    reconcile(cluster, times=3, notes=notes)
    assert cluster.model is not None
    assert notes.steps == [(Status(), cluster.model.status)]


def test_every_reconcile_is_one_line_with_key_decision_and_duration(caplog: pytest.LogCaptureFixture) -> None:
    conflict = memory(SETTLED)
    conflict.conflict = True
    removed = Memory(replace(model(), status=inputs_of(SETTLED).model.status))
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
