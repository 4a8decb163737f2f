"""What a mutating policy of the cluster changes is left alone and named in the status, and costs no write."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from sentiment_operator.api.names import Key
from sentiment_operator.api.resource import Reference, ResolvedVersion, SentimentModel
from sentiment_operator.children.deployment import pod_template
from sentiment_operator.children.revision import revision
from sentiment_operator.cluster import KubernetesCluster
from sentiment_operator.observed.observation import Observation, Template
from sentiment_operator.reconcile import Reconciler
from sentiment_operator.registry.resolver import Resolver
from sentiment_operator.settings import Settings
from testbed.api_server import ApiServer
from testbed.waiting import eventually
from tests.apiserver.children import CHANGED, IMAGE, new_name, store, target

Json = dict[str, Any]

POLICIES = "/apis/admissionregistration.k8s.io/v1beta1/mutatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1beta1/mutatingadmissionpolicybindings"
MIRROR = "mirror.example/serving:1"


@dataclass(frozen=True)
class Counting(KubernetesCluster):
    """The operator's adapter, with a record of what it applied."""

    applied: list[str] = field(default_factory=list)

    def apply(self, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        self.applied.append(manifest["kind"])
        return super().apply(manifest)


class Registry:
    def resolve(self, reference: Reference) -> ResolvedVersion:
        return ResolvedVersion(version="14", digest="sha256:" + "a" * 64, source_uri="s3://models/14")


class Notes:
    def reconciled(self, model: SentimentModel, status: object, observed: Observation, seconds: float) -> None:
        return

    def forgotten(self, key: Key) -> None:
        return


@pytest.fixture
def mirrored(server: ApiServer) -> Iterator[None]:
    """A policy that redirects the images of Deployments to a mirror, in force."""
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1beta1",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": "mirror"},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": ["apps"],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["deployments"],
                    }
                ]
            },
            "failurePolicy": "Fail",
            "reinvocationPolicy": "Never",
            "mutations": [
                {
                    "patchType": "JSONPatch",
                    "jsonPatch": {
                        "expression": "[JSONPatch{op: 'replace', path: '/spec/template/spec/containers/0/image', "
                        f"value: '{MIRROR}'}}]"
                    },
                }
            ],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1beta1",
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": "mirror"},
        "spec": {"policyName": "mirror"},
    }
    server.apply(f"{POLICIES}/mirror", json.dumps(policy))
    server.apply(f"{BINDINGS}/mirror", json.dumps(binding))
    eventually(lambda: MIRROR in _dry_run(server), "the policy in force")
    yield
    server.http.delete(f"{BINDINGS}/mirror").raise_for_status()
    server.http.delete(f"{POLICIES}/mirror").raise_for_status()
    eventually(lambda: MIRROR not in _dry_run(server), "the policy out of force")


def _dry_run(server: ApiServer) -> str:
    labels = {"app": "probe"}
    body = {
        "metadata": {"name": "probe"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "probe", "image": "probe"}]}},
        },
    }
    return server.http.post("/apis/apps/v1/namespaces/default/deployments?dryRun=All", json=body).text


def serving_model(server: ApiServer, cluster: KubernetesCluster) -> Key:
    """A resource whose version serves, as its status and its revision have it."""
    key = Key(CHANGED, new_name())
    model = store(server, {"model": {"name": "reviews", "version": "14"}, "image": IMAGE}, key)
    what = target(model)
    template = Template.parse(pod_template(model, what))
    cluster.create(revision(model, template, number=1, reason="Passed", message="It was verified."))
    serving = {
        "version": what.version,
        "digest": what.digest,
        "sourceUri": what.source_uri,
        "image": what.image,
        "revision": what.revision(key.name),
        "sinceTime": "2026-05-01T00:00:00Z",
    }
    assert cluster.patch_status(model, {"serving": serving}) is not None
    return key


def reconciled(cluster: KubernetesCluster, key: Key, *, times: int) -> str:
    """Reconcile so many times with one operator; the message of the condition Ready."""

    async def run() -> None:
        with ThreadPoolExecutor(2) as pool:
            reconciler = Reconciler(
                cluster,
                Resolver(Registry(), pool, fresh_seconds=60, retry_seconds=10),
                settings=Settings(mlflow_tracking_uri="http://mlflow", serving_image=IMAGE),
                pool=pool,
                recorder=Notes(),
                wake=lambda key: None,
                changed=lambda model, before, after: None,
                clock=time.monotonic,
            )
            for _ in range(times):
                await reconciler(key)

    asyncio.run(run())
    model = cluster.get(key)
    assert model is not None
    ready = model.status.condition("Ready")
    assert ready is not None
    return ready.message


@pytest.mark.usefixtures("mirrored")
def test_what_a_policy_changes_is_left_alone_and_named_once(server: ApiServer, cluster: KubernetesCluster) -> None:
    """Two writes: the creation, and one update, which shows that the policy changes updates as well."""
    counting = Counting(cluster.api, cluster.timeout_seconds)
    key = serving_model(server, cluster)
    message = reconciled(counting, key, times=3)
    assert counting.applied.count("Deployment") == 2
    overruled = "overrules Deployment spec.template.spec.containers.serving.image."
    assert message.count(overruled) == 1
    deployment = cluster.observe(key).deployment
    assert deployment is not None
    assert deployment.template.image == MIRROR


@pytest.mark.usefixtures("mirrored")
def test_a_restarted_operator_writes_once_and_changes_nothing(server: ApiServer, cluster: KubernetesCluster) -> None:
    key = serving_model(server, cluster)
    before = reconciled(cluster, key, times=2), _version(cluster, key)
    counting = Counting(cluster.api, cluster.timeout_seconds)
    assert (reconciled(counting, key, times=2), _version(cluster, key)) == before
    assert counting.applied == ["Deployment"]


@pytest.mark.usefixtures("mirrored")
def test_other_edits_are_still_repaired(server: ApiServer, cluster: KubernetesCluster) -> None:
    key = serving_model(server, cluster)
    reconciled(cluster, key, times=1)
    path = f"/apis/apps/v1/namespaces/{key.namespace}/deployments/{key.name}"
    patch = {"spec": {"minReadySeconds": 77}}
    server.http.patch(path, json=patch, headers={"Content-Type": "application/merge-patch+json"}).raise_for_status()
    reconciled(cluster, key, times=1)
    assert server.http.get(path).json()["spec"]["minReadySeconds"] == 5


def _version(cluster: KubernetesCluster, key: Key) -> str:
    deployment = cluster.observe(key).deployment
    assert deployment is not None
    return str(deployment.body["metadata"]["resourceVersion"])
