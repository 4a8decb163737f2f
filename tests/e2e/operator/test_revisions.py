"""A verified version is kept as it was rendered, and restored from that, even if the spec has changed since.

Covers: the kept revision; a rollback; a candidate that is superseded; a switch that ends first; a Deployment deleted
after a rejection; retryToken; an alias that moves to a bad version and back; suspension of a candidate.
"""

from typing import Any

import pytest

from testbed.resource import Resource
from testbed.versions import Registry
from testbed.waiting import eventually

pytestmark = pytest.mark.e2e

SERVING = ("True", "Serving")
QUICK = {"rollout": {"verification": {"soakSeconds": 0}}}


def test_what_passed_is_kept_with_its_image_by_digest(served: Resource) -> None:
    served.patch({"spec": QUICK})
    serving = served.status()["serving"]
    kept = served.get("controllerrevision", serving["revision"])
    assert kept["metadata"]["ownerReferences"][0]["kind"] == "SentimentModel"
    containers = kept["data"]["template"]["spec"]["containers"]
    assert containers[0]["image"] == serving["image"]
    assert "@sha256:" in serving["image"]
    assert kept["data"]["verified"]["reason"] == "AllChecksPassed"


def test_a_rollback_is_checked_but_not_compared_with_what_it_replaces(served: Resource, registry: Registry) -> None:
    second = registry.publish(served.model)
    served.patch_version(second)
    assert served.wait().ready
    served.patch_version("1")
    outcome = served.wait()
    assert (outcome.ready, outcome.serving) == (True, "1")
    checks = {check["name"]: check for check in served.status()["verdict"]["checks"]}
    assert checks["parity"]["outcome"] == "passed"
    assert checks["disagreement"]["outcome"] == "skipped"
    assert [one["version"] for one in served.status()["history"][:3]] == ["1", second, "1"]


def test_a_newer_version_supersedes_a_candidate_at_once(served: Resource, registry: Registry) -> None:
    skipped, wanted = registry.publish(served.model), registry.publish(served.model)
    served.patch({"spec": {"rollout": {"verification": {"soakSeconds": 600}}}})
    served.patch_version(skipped)
    eventually(lambda: served.pods("candidate"), "the candidate")
    served.patch({"spec": QUICK})
    served.patch_version(wanted)
    outcome = served.wait()
    assert (outcome.ready, outcome.serving) == (True, wanted)
    assert skipped not in {one["version"] for one in served.status()["history"]}


def test_a_switch_that_has_begun_ends_before_the_next_begins(served: Resource, registry: Registry) -> None:
    first, then = registry.publish(served.model), registry.publish(served.model)
    served.patch_version(first)
    eventually(lambda: served.status().get("rollout", {}).get("step") == "RollingOut", "the switch begun")
    served.patch_version(then)
    outcome = served.wait()
    assert (outcome.ready, outcome.serving) == (True, then)
    assert [one["version"] for one in served.status()["history"][:2]] == [then, first]


def test_a_deployment_deleted_after_a_rejection_comes_back_as_what_serves(served: Resource) -> None:
    good = served.status()["serving"]
    served.patch({"spec": {"resources": {"limits": {"memory": "20Mi"}}}})
    outcome = served.wait()
    assert (outcome.ready, outcome.reason) == (False, "Rejected"), outcome
    assert served.conditions()["ModelVerified"] == ("False", "OutOfMemory")
    served.kubectl("delete", "deployment", served.name, "--wait=true")
    eventually(lambda: [memory_limit(pod) for pod in served.pods()] == ["512Mi"] * 2, "both pods back")
    served.wait_for(Ready=("False", "Rejected"), Reconciling=("False", "Settled"))
    assert served.status()["serving"] == good
    served.patch({"spec": {"resources": None}})
    served.wait_for(Ready=SERVING)


def test_a_rejected_version_is_tried_again_when_asked_to(served: Resource, registry: Registry) -> None:
    served.patch_version(registry.publish_unreadable(served.model))
    assert served.wait().reason == "Rejected"
    served.patch({"spec": {"rollout": {"retryToken": "again"}}})
    assert served.wait().reason == "Rejected"
    assert len({one["key"] for one in served.status()["rejected"]}) == len(served.status()["rejected"])
    first, second = served.status()["rejected"][:2]
    assert first["version"] == second["version"]
    assert first["key"] != second["key"]
    served.patch_version(served.serving() or "")
    served.wait_for(Ready=SERVING)


def test_an_alias_that_moves_to_a_bad_version_and_back_is_followed(served: Resource, registry: Registry) -> None:
    from mlflow import MlflowClient

    client = MlflowClient()
    good, bad = served.serving() or "", registry.publish_flipped(served.model)
    client.set_registered_model_alias(served.model, "stable", good)
    served.patch({"spec": {"model": {"version": None, "alias": "stable"}}})
    served.wait_for(Ready=SERVING, ModelResolved=("True", "AliasFound"))
    client.set_registered_model_alias(served.model, "stable", bad)
    served.wait_for(Ready=("False", "Rejected"), ModelVerified=("False", "ParityFailed"), seconds=120)
    assert served.serving() == good
    client.set_registered_model_alias(served.model, "stable", good)
    served.wait_for(Ready=SERVING, ModelVerified=("True", "AllChecksPassed"), seconds=120)
    served.patch_version(good)
    served.wait_for(Ready=SERVING)


def test_a_suspension_ends_a_candidate_and_its_end_begins_another(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    served.patch({"spec": {"rollout": {"verification": {"soakSeconds": 600}}}})
    served.patch_version(wanted)
    eventually(lambda: served.pods("candidate"), "the candidate")
    served.patch({"spec": {"suspend": True}})
    served.wait_for(Ready=("False", "Suspended"), Reconciling=("False", "Settled"))
    eventually(lambda: not served.pods("candidate"), "no candidate")
    served.patch({"spec": {"suspend": False, **QUICK}})
    outcome = served.wait()
    assert (outcome.ready, outcome.serving) == (True, wanted)


def memory_limit(pod: dict[str, Any]) -> str:
    return str(pod["spec"]["containers"][0]["resources"]["limits"]["memory"])
