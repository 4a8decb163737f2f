"""Infrastructure faults are reported, waited for and healed without an edit; they never count against the model.

Covers: no node, missing Secret, store that does not answer or lacks the artifact, image that cannot be pulled, quota,
a pod template that the API server refuses, a Deployment of the same name with another owner.
"""

import base64
import json
from collections.abc import Iterator

import pytest

from testbed.resource import Resource
from testbed.versions import Registry
from testbed.waiting import eventually

pytestmark = pytest.mark.e2e

SOON = {"rollout": {"progressDeadlineSeconds": 5}}
STALLED = ("True", "ProgressDeadlineExceeded")


@pytest.fixture
def labelled(fresh: Resource) -> Iterator[str]:
    """The name of a node label that no node has (and none keeps)."""
    label = f"e2e.sentiment.dev/{fresh.namespace}"
    yield label
    fresh.cluster.kubectl("label", "nodes", "--all", f"{label}-")


def test_a_pod_without_a_node_waits_and_heals(fresh: Resource, registry: Registry, labelled: str) -> None:
    fresh.apply(registry.publish(fresh.model), podTemplate={"nodeSelector": {labelled: "yes"}}, **SOON)
    fresh.wait_for(
        Ready=("False", "ProgressDeadlineExceeded"),
        ModelVerified=("Unknown", "Checking"),
        Reconciling=("False", "Settled"),
        Stalled=STALLED,
    )
    eventually(lambda: "has no node" in fresh.message("Ready"), "the cause named")
    fresh.cluster.kubectl("label", "nodes", "--all", f"{labelled}=yes")
    fresh.wait_for(Ready=("True", "Serving"), Stalled=("False", "AsExpected"))


def test_a_missing_secret_is_named_and_heals_when_it_is_there(fresh: Resource, registry: Registry) -> None:
    secret = fresh.get("secret", "artifact-store")
    fresh.apply(registry.publish(fresh.model), credentials={"secretName": "later"}, **SOON)
    fresh.wait_for(Stalled=STALLED, Available=("False", "NeverDeployed"))
    eventually(lambda: 'secret "later" not found' in fresh.message("Ready"), "the Secret named")
    later = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "later"}, "data": secret["data"]}
    fresh.kubectl("apply", "-f", "-", stdin=json.dumps(later))
    fresh.wait_for(Ready=("True", "Serving"), Stalled=("False", "AsExpected"))


def test_a_store_that_does_not_answer_is_asked_again(fresh: Resource, registry: Registry) -> None:
    secret = fresh.get("secret", "artifact-store")
    there = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "elsewhere"}, "data": secret["data"]}
    closed = base64.b64encode(f"http://{fresh.cluster.registry.rpartition(':')[0]}:9".encode()).decode()
    gone = {**there, "data": {**secret["data"], "AWS_ENDPOINT_URL": closed}}
    fresh.kubectl("apply", "-f", "-", stdin=json.dumps(gone))
    fresh.apply(registry.publish(fresh.model), credentials={"secretName": "elsewhere"}, **SOON)
    fresh.wait_for(Stalled=STALLED, ModelVerified=("Unknown", "Checking"))
    eventually(lambda: "cannot fetch the model" in fresh.message("Ready"), "the store named")
    fresh.kubectl("apply", "-f", "-", stdin=json.dumps(there))
    fresh.wait_for(Ready=("True", "Serving"), Stalled=("False", "AsExpected"), seconds=150)


def test_an_artifact_that_the_store_does_not_have_is_unresolved_until_it_has(
    fresh: Resource, registry: Registry
) -> None:
    version, put_back = registry.publish_missing(fresh.model)
    fresh.apply(version)
    fresh.wait_for(
        Ready=("False", "Unresolved"),
        ModelResolved=("False", "ArtifactMissing"),
        ModelVerified=("Unknown", "Checking"),
        Stalled=("True", "Unresolved"),
    )
    put_back()
    fresh.wait_for(Ready=("True", "Serving"), ModelResolved=("True", "VersionFound"), seconds=150)


def test_a_quota_is_named_and_heals_when_it_is_raised(fresh: Resource, registry: Registry) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": "1"}}}
    fresh.kubectl("apply", "-f", "-", stdin=json.dumps(quota))
    eventually(lambda: fresh.get("resourcequota", "few").get("status", {}).get("hard"), "the quota in force")
    fresh.apply(registry.publish(fresh.model), **SOON)
    fresh.wait_for(Stalled=STALLED)
    eventually(lambda: "exceeded quota" in fresh.message("Ready"), "the quota named")
    fresh.kubectl("delete", "resourcequota", "few")
    fresh.wait_for(Ready=("True", "Serving"), seconds=150)


def test_a_foreign_deployment_of_the_same_name_is_never_touched(fresh: Resource, registry: Registry) -> None:
    foreign = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": fresh.name},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "foreign"}},
            "template": {
                "metadata": {"labels": {"app": "foreign"}},
                "spec": {"containers": [{"name": "main", "image": "foreign:1"}]},
            },
        },
    }
    fresh.kubectl("apply", "-f", "-", stdin=json.dumps(foreign))
    before = fresh.get("deployment")["metadata"]["uid"]
    fresh.apply(registry.publish(fresh.model))
    fresh.wait_for(
        Ready=("False", "NameConflict"), Available=("False", "NeverDeployed"), Stalled=("True", "NameConflict")
    )
    after = fresh.get("deployment")
    assert (after["metadata"]["uid"], after["metadata"]["generation"]) == (before, 1)
    assert fresh.all("service") == []
    fresh.kubectl("delete", "smdl", fresh.name)
    assert fresh.get("deployment")["metadata"]["uid"] == before


def test_an_image_that_cannot_be_pulled_stalls_and_what_serves_goes_on(served: Resource) -> None:
    image = f"{served.cluster.registry}/missing/image:1"
    served.patch({"spec": {"image": image, "rollout": {"progressDeadlineSeconds": 5}}})
    served.wait_for(Ready=("False", "ProgressDeadlineExceeded"), Stalled=STALLED)
    eventually(lambda: image in served.message("Ready"), "the image named")
    assert served.conditions()["Available"] == ("True", "MinimumReplicasAvailable")
    assert served.status()["serving"]["version"] == "1"
    assert "rejected" not in served.status()
    served.patch({"spec": {"image": None, "rollout": None}})
    served.wait_for(Ready=("True", "Serving"), Stalled=("False", "AsExpected"))


def test_a_pod_template_that_the_api_server_refuses_is_reported_and_what_serves_goes_on(served: Resource) -> None:
    served.patch({"spec": {"podTemplate": {"tolerations": [{"key": "a", "operator": "Sometimes"}]}}})
    served.wait_for(Ready=("False", "InvalidSpec"), Stalled=("True", "InvalidSpec"))
    eventually(lambda: "tolerations" in served.message("Ready"), "the field named")
    assert served.conditions()["Available"] == ("True", "MinimumReplicasAvailable")
    served.patch({"spec": {"podTemplate": None}})
    served.wait_for(Ready=("True", "Serving"), Stalled=("False", "AsExpected"))
