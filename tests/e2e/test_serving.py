"""From a registered version to an answer, and the operator's behaviour afterwards.

Covers: apply -> Ready -> prediction; the columns of kubectl get; Prometheus scrapes by annotation; no API write when
nothing changes; a child that is edited or deleted is put back.
"""

import json
import threading

import httpx
import pytest

from testbed.audit import AuditLog
from testbed.resource import Resource
from testbed.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.lengthy]

IDLE_SECONDS = 120


def test_an_applied_version_becomes_ready_and_answers(served: Resource) -> None:
    outcome = served.wait()
    assert (outcome.ready, outcome.reason, outcome.serving) == (True, "Serving", "1")
    answer = served.predict("A wonderful film, I loved every minute of it.")
    assert answer["label"] == "positive"
    assert answer["model"] == {
        "name": served.model,
        "version": "1",
        "digest": served.status()["serving"]["digest"],
    }


def test_all_conditions_are_reported(served: Resource) -> None:
    assert served.conditions() == {
        "Ready": ("True", "Serving"),
        "Available": ("True", "MinimumReplicasAvailable"),
        "ModelResolved": ("True", "VersionFound"),
        "ModelVerified": ("True", "AllChecksPassed"),
        "Reconciling": ("False", "Settled"),
        "Stalled": ("False", "AsExpected"),
    }


def test_kubectl_get_shows_wanted_and_serving(served: Resource) -> None:
    header, row = served.kubectl("get", "smdl", served.name).splitlines()
    assert header.split() == ["NAME", "MODEL", "REQUESTED", "SERVING", "READY", "REASON", "PODS", "AGE"]
    assert row.split()[:-1] == [served.name, served.model, "1", "1", "True", "Serving", "2/2"]


def test_pods_meet_the_restricted_standard_and_hold_no_credentials(served: Resource) -> None:
    for pod in served.pods():
        serving = next(c for c in pod["spec"]["containers"] if c["name"] == "serving")
        assert not [e for e in serving.get("env", []) if e["name"].startswith("AWS_")]
        assert "envFrom" not in serving
        assert pod["spec"]["automountServiceAccountToken"] is False


def test_prometheus_scrapes_the_pods_by_their_annotations(served: Resource) -> None:
    url = served.cluster.environment["PROMETHEUS_URL"]
    query = f'sentiment_model_info{{namespace="{served.namespace}"}}'

    def look() -> bool:
        found = httpx.get(f"{url}/api/v1/query", params={"query": query}, timeout=10).json()["data"]["result"]
        assert sorted(series["metric"]["version"] for series in found) == ["1", "1"]
        return True

    eventually(look, "two pods scraped by Prometheus", seconds=60)


def test_an_edited_child_is_put_back(served: Resource) -> None:
    served.kubectl("scale", "deployment", served.name, "--replicas=1")
    eventually(lambda: served.get("deployment")["spec"]["replicas"] == 2, "the Deployment's replicas put back")
    elsewhere = {"spec": {"selector": {"sentiment.dev/track": "nowhere"}}}
    served.kubectl("patch", "service", served.name, "--type=merge", "-p", json.dumps(elsewhere))
    eventually(
        lambda: served.get("service")["spec"]["selector"]["sentiment.dev/track"] == "stable",
        "the Service's selector put back",
    )


def test_a_field_that_others_add_is_left_alone(served: Resource) -> None:
    served.kubectl("annotate", "deployment", served.name, "example.com/owner=team-a")
    served.kubectl("scale", "deployment", served.name, "--replicas=3")
    eventually(lambda: served.get("deployment")["spec"]["replicas"] == 2, "the Deployment's replicas put back")
    assert served.get("deployment")["metadata"]["annotations"]["example.com/owner"] == "team-a"


def test_a_deleted_child_is_made_again(served: Resource) -> None:
    before = served.get("deployment")["metadata"]["uid"]
    served.kubectl("delete", "deployment", served.name)
    served.kubectl("delete", "service", served.name)

    def look() -> bool:
        kinds = served.kubectl("get", "deployment,service", "-o", "name").split()
        return f"deployment.apps/{served.name}" in kinds and f"service/{served.name}" in kinds

    eventually(look, "Deployment and Service made again")
    assert served.get("deployment")["metadata"]["uid"] != before
    served.wait_for(Ready=("True", "Serving"), Reconciling=("False", "Settled"))


def test_nothing_is_written_when_nothing_changes(served: Resource, audit: AuditLog) -> None:
    served.wait_for(Ready=("True", "Serving"), Reconciling=("False", "Settled"))
    eventually(lambda: len(served.pods()) == 2, "two pods")
    user = "system:serviceaccount:sentiment-system:sentiment-operator"
    # Namespaces of other tests may still be terminating.
    within = f"/namespaces/{served.namespace}/"
    assert audit.writes_since(0, user=user, within=within), "the log shows the operator's writes when there are any"
    start = audit.mark()
    threading.Event().wait(IDLE_SECONDS)
    assert audit.writes_since(start, user=user, within=within) == []
