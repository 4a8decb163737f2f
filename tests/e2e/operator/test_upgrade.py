"""An upgrade of the operator changes nothing that runs, and verifies nothing again.

The operator of the former release deploys; today's resource definition and today's operator take over. Covers: a
resource that serves with every field of podTemplate set; one without any, whose second version was rejected.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from delivery.cluster import Cluster
from delivery.deploy import NAMESPACE
from testbed import steps
from testbed.audit import AuditLog
from testbed.resource import Resource, namespaced
from testbed.versions import Registry
from testbed.waiting import eventually
from tests.e2e.operator import former_release

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive]

USER = f"system:serviceaccount:{NAMESPACE}:sentiment-operator"
ACCOUNT = "reviews-account"

POD_TEMPLATE = {
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "reviews", "effect": "NoSchedule"}],
    "affinity": {
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                    "weight": 50,
                    "podAffinityTerm": {
                        "topologyKey": "kubernetes.io/hostname",
                        "labelSelector": {"matchLabels": {"team": "reviews"}},
                    },
                }
            ]
        }
    },
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"team": "reviews"}},
        }
    ],
    "serviceAccountName": ACCOUNT,
    "imagePullSecrets": [{"name": "not-needed"}],
    "labels": {"team": "reviews"},
    "annotations": {"example.com/owner": "reviews"},
}


@pytest.fixture
def elaborate(cluster: Cluster) -> Iterator[Resource]:
    with namespaced(cluster) as resource:
        resource.kubectl("create", "serviceaccount", ACCOUNT)
        yield resource


@pytest.fixture
def plain(cluster: Cluster) -> Iterator[Resource]:
    with namespaced(cluster) as resource:
        yield resource


def test_an_upgrade_restarts_no_pod_and_keeps_rejections(
    cluster: Cluster,
    registry: Registry,
    audit: AuditLog,
    elaborate: Resource,
    plain: Resource,
    tmp_path: Path,
) -> None:
    with (
        former_release.checkout(tmp_path / "release") as release,
        former_release.in_charge(cluster, release, tmp_path / "operator.log"),
    ):
        elaborate.apply(registry.publish(elaborate.model), podTemplate=POD_TEMPLATE)
        plain.apply(registry.publish(plain.model))
        for resource in (plain, elaborate):
            outcome = resource.wait()
            assert outcome.ready, outcome
        plain.patch_version(registry.publish_flipped(plain.model))
        outcome = plain.wait()
        assert (outcome.ready, outcome.reason, outcome.serving) == (False, "Rejected", "1"), outcome
        steps.no_candidate_is_left(plain)
        before = {resource.namespace: state(resource) for resource in (elaborate, plain)}
        mark = audit.mark()
    period = timedelta(seconds=float(former_release.settings(cluster)["RESYNC_SECONDS"]))
    for resource in (elaborate, plain):
        eventually(partial(resynced, resource, period), "a resync by today's operator")
        assert state(resource) == before[resource.namespace]
        # What the former release did not record: its revisions count as the operator's own from now on.
        recorded = sorted(one["name"] for one in resource.status()["revisions"])
        assert recorded == before[resource.namespace]["revisions"]
        writes = audit.writes_since(mark, user=USER, within=f"/namespaces/{resource.namespace}/")
        assert [write for write in writes if "/sentimentmodels/" not in write] == []


def state(resource: Resource) -> dict[str, Any]:
    """All that an upgrade must leave as it is. Messages may be worded anew; those of rejections are kept."""
    status = resource.status()
    return {
        "pods": {
            pod["metadata"]["uid"]: (
                pod["metadata"]["labels"]["pod-template-hash"],
                [one["restartCount"] for one in pod["status"]["containerStatuses"]],
            )
            for pod in resource.pods()
        },
        "conditions": {
            one["type"]: (one["status"], one["reason"], one["lastTransitionTime"]) for one in status["conditions"]
        },
        "deployment": resource.get("deployment")["metadata"]["generation"],
        "jobs": resource.all("job"),
        "revisions": sorted(one["metadata"]["name"] for one in resource.all("controllerrevision")),
        "rest of the status": {
            name: value for name, value in status.items() if name not in ("conditions", "revisions")
        },
    }


def resynced(resource: Resource, period: timedelta) -> bool:
    """Whether today's operator has reconciled the resource, and once more after a whole resync period."""
    times = steps.reconciles(resource)
    return bool(times) and times[-1] - times[0] >= period
