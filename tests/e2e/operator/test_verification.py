"""A candidate is verified before the Service can reach it, and the status lists the checks.

Covers: all checks passed; parity, disagreement and quality each failing; a missing quality set, which gives no verdict
and heals; a first deployment that is rejected; the candidate out of the Service's reach.
"""

import json
from typing import Any

import pytest

from testbed.resource import Resource
from testbed.versions import Registry
from testbed.waiting import eventually

pytestmark = pytest.mark.e2e

QUICK = {"soakSeconds": 0}


def test_a_good_version_passes_all_checks(served: Resource, registry: Registry) -> None:
    served.patch({"spec": {"rollout": {"verification": QUICK}}})
    second = registry.publish(served.model)
    served.patch_version(second)
    outcome = served.wait()
    assert (outcome.ready, outcome.serving) == (True, second)
    assert served.conditions()["ModelVerified"] == ("True", "AllChecksPassed")
    verdict = served.status()["verdict"]
    assert (verdict["version"], verdict["outcome"]) == (second, "passed")
    checks = {check["name"]: check["outcome"] for check in verdict["checks"]}
    assert checks["parity"] == "passed"
    assert checks["disagreement"] == "passed"
    assert "flipped" not in verdict


def test_the_service_never_reaches_a_candidate(served: Resource, registry: Registry) -> None:
    served.patch({"spec": {"rollout": {"verification": {"soakSeconds": 5}}}})
    served.patch_version(registry.publish(served.model))
    (pod,) = eventually(lambda: served.pods("candidate"), "the candidate's pod")
    eventually(lambda: serving_started(served), "its serving container")
    assert pod["metadata"]["name"] not in targets(served)
    assert len(targets(served)) == 2
    assert served.wait().ready
    eventually(lambda: not served.all("job"), "the candidate gone")
    served.patch({"spec": {"rollout": {"verification": QUICK}}})


def test_answers_that_differ_from_those_at_training_time_are_refused_and_named(
    served: Resource, registry: Registry
) -> None:
    good = served.serving()
    served.patch_version(registry.publish_flipped(served.model))
    refused(served, good, "ParityFailed")
    verdict = served.status()["verdict"]
    assert verdict["reason"] == "ParityFailed"
    assert {(row["expected"], row["got"]) for row in verdict["flipped"]} <= {
        ("positive", "negative"),
        ("negative", "positive"),
    }
    assert all(row["id"] for row in verdict["flipped"])


def test_a_version_that_contradicts_what_serves_is_refused(served: Resource, registry: Registry) -> None:
    good = served.serving()
    served.patch_version(registry.publish_contrary(served.model))
    refused(served, good, "DisagreementTooHigh")


def test_a_version_below_the_quality_that_was_set_is_refused(served: Resource, registry: Registry) -> None:
    good = served.serving()
    rows = [{"text": f"A wonderful film, number {number}.", "label": "negative"} for number in range(60)]
    add_quality_set(served, "wrong", rows)
    served.patch({"spec": {"rollout": {"verification": quality("wrong")}}})
    served.patch_version(registry.publish(served.model))
    refused(served, good, "QualityTooLow")


def test_a_missing_quality_set_is_no_verdict_and_heals(served: Resource, registry: Registry) -> None:
    served.patch({"spec": {"rollout": {"progressDeadlineSeconds": 5, "verification": quality("later")}}})
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    served.wait_for(Stalled=("True", "ProgressDeadlineExceeded"), ModelVerified=("Unknown", "Checking"))
    eventually(lambda: "quality set" in served.message("Ready"), "the quality set named")
    assert served.status()["verdict"]["reason"] == "QualitySetMissing"
    rows = [{"text": "A wonderful, great and moving film.", "label": "positive"} for _ in range(60)]
    add_quality_set(served, "later", rows)
    served.wait_for(Ready=("True", "Serving"), seconds=150)
    assert served.serving() == wanted


def test_a_first_deployment_that_is_refused_leaves_nothing_that_could_answer(
    fresh: Resource, registry: Registry
) -> None:
    fresh.apply(registry.publish_flipped(fresh.model))
    outcome = fresh.wait()
    assert (outcome.ready, outcome.reason, outcome.serving) == (False, "Rejected", None)
    assert fresh.conditions()["Available"] == ("False", "NeverDeployed")
    assert fresh.conditions()["ModelVerified"] == ("False", "ParityFailed")
    assert fresh.all("deployment") == fresh.all("service") == []


def refused(resource: Resource, good: str | None, reason: str) -> None:
    outcome = resource.wait()
    assert (outcome.ready, outcome.reason, outcome.serving) == (False, "Rejected", good), outcome
    assert resource.conditions()["ModelVerified"] == ("False", reason)
    assert resource.conditions()["Available"] == ("True", "MinimumReplicasAvailable")
    assert resource.predict()["model"]["version"] == good


def quality(name: str) -> dict[str, Any]:
    return {**QUICK, "minAccuracy": "0.70", "qualitySet": {"configMapName": name}}


def add_quality_set(resource: Resource, name: str, rows: list[dict[str, str]]) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"quality.jsonl": lines}}
    resource.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))


def serving_started(resource: Resource) -> bool:
    return any(
        status["name"] == "serving" and status.get("started")
        for pod in resource.pods("candidate")
        for status in pod["status"].get("initContainerStatuses", ())
    )


def targets(resource: Resource) -> set[str]:
    """Names of the pods behind the Service, ready or not."""
    selector = f"kubernetes.io/service-name={resource.name}"
    slices = json.loads(resource.kubectl("get", "endpointslices", "-l", selector, "-o", "json"))["items"]
    return {one["targetRef"]["name"] for found in slices for one in found["endpoints"] or ()}
