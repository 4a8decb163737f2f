"""What the spec offers besides a version: count, autoscaling, suspension, aliases, the Service, the budget."""

import pytest

from testbed.resource import Resource
from testbed.versions import Registry
from testbed.waiting import eventually

pytestmark = pytest.mark.e2e

SERVING = ("True", "Serving")


def test_it_scales_to_zero_and_back(served: Resource) -> None:
    served.kubectl("scale", "smdl", served.name, "--replicas=0")
    served.wait_for(
        Ready=("False", "ScaledToZero"), Available=("False", "ScaledToZero"), Stalled=("False", "AsExpected")
    )
    assert served.status()["podsReady"] == "0/0"
    served.kubectl("scale", "smdl", served.name, "--replicas=1")
    served.wait_for(Ready=SERVING)
    assert served.all("poddisruptionbudget") == []
    served.kubectl("scale", "smdl", served.name, "--replicas=3")
    served.wait_for(Ready=SERVING)
    assert served.status()["podsReady"] == "3/3"
    assert served.get("poddisruptionbudget")["spec"]["maxUnavailable"] == 1


def test_autoscaling_takes_over_the_live_count_and_gives_it_back(served: Resource) -> None:
    before = served.get("deployment")
    assert before["spec"]["replicas"] == 3
    served.patch({"spec": {"autoscaling": {"minReplicas": 2, "maxReplicas": 5}}})
    served.wait_for(Ready=SERVING)
    assert served.get("deployment")["spec"]["replicas"] == 3
    served.kubectl("scale", "deployment", served.name, "--replicas=4")
    eventually(lambda: served.status().get("podsReady") == "4/4", "four pods, as the autoscaler wants")
    assert served.conditions()["Ready"] == SERVING
    served.patch({"spec": {"autoscaling": None, "replicas": 2}})
    served.wait_for(Ready=SERVING)
    assert served.get("deployment")["spec"]["replicas"] == 2


def test_a_suspended_resource_waits_with_a_new_version(served: Resource, registry: Registry) -> None:
    second = registry.publish(served.model)
    served.patch({"spec": {"suspend": True}})
    served.wait_for(Ready=SERVING)
    served.patch_version(second)
    served.wait_for(
        Ready=("False", "Suspended"), ModelResolved=("True", "VersionFound"), Reconciling=("False", "Settled")
    )
    assert served.serving() == "1"
    served.patch({"spec": {"suspend": False}})
    served.wait_for(Ready=SERVING)
    assert served.serving() == second


def test_an_alias_is_followed(served: Resource, registry: Registry) -> None:
    from mlflow import MlflowClient

    client = MlflowClient()
    client.set_registered_model_alias(served.model, "stable", "2")
    served.patch({"spec": {"model": {"version": None, "alias": "stable"}}})
    served.wait_for(Ready=SERVING, ModelResolved=("True", "AliasFound"))
    assert served.serving() == "2"
    client.set_registered_model_alias(served.model, "stable", "1")
    eventually(lambda: served.serving() == "1", "the alias followed to version 1", seconds=150)
    served.wait_for(Ready=SERVING)


def test_the_service_follows_the_spec_without_a_rollout(served: Resource) -> None:
    generation = served.get("deployment")["metadata"]["generation"]
    served.patch({"spec": {"service": {"type": "NodePort", "port": 8080, "annotations": {"example.com/a": "b"}}}})
    served.wait_for(Ready=SERVING)
    service = served.get("service")
    assert service["spec"]["type"] == "NodePort"
    assert [port["port"] for port in service["spec"]["ports"]] == [8080]
    assert service["metadata"]["annotations"]["example.com/a"] == "b"
    assert served.status()["endpoint"] == f"http://{served.name}.{served.namespace}.svc:8080"
    served.patch({"spec": {"service": None}})
    served.wait_for(Ready=SERVING)
    assert "example.com/a" not in served.get("service")["metadata"]["annotations"]
    assert served.get("deployment")["metadata"]["generation"] == generation


def test_a_reserved_label_cannot_be_taken(served: Resource) -> None:
    served.patch({"spec": {"podTemplate": {"labels": {"sentiment.dev/track": "candidate", "team": "a"}}}})
    served.wait_for(Ready=SERVING)
    assert {pod["metadata"]["labels"]["team"] for pod in served.pods()} == {"a"}
