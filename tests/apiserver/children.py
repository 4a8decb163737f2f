"""The operator's children of a SentimentModel on a real API server: applied as the operator does it, and read back."""

from itertools import count
from typing import Any

from sentiment_operator.api.names import Key
from sentiment_operator.api.resource import SentimentModel, Target, target_of
from sentiment_operator.children.autoscaler import autoscaler
from sentiment_operator.children.deployment import deployment, pod_template
from sentiment_operator.children.disruption_budget import disruption_budget
from sentiment_operator.children.service import service
from sentiment_operator.cluster import KubernetesCluster
from sentiment_operator.observed.drift import differences, differs, stamped
from testbed.api_server import ApiServer

Json = dict[str, Any]

IMAGE = "registry.example/serving:1"

CHANGED, FRESH = "default", "kube-public"
"""Two namespaces that every API server has: one for what is changed, one for what is created anew."""

_numbers = count()


def new_name() -> str:
    return f"reviews-{next(_numbers)}"


def store(server: ApiServer, spec: Json, key: Key) -> SentimentModel:
    """Create the resource, or replace its spec."""
    path = f"/apis/sentiment.dev/v1alpha1/namespaces/{key.namespace}/sentimentmodels"
    body: Json = {
        "apiVersion": "sentiment.dev/v1alpha1",
        "kind": "SentimentModel",
        "metadata": {"name": key.name},
        "spec": spec,
    }
    found = server.http.get(f"{path}/{key.name}")
    if found.is_success:
        body["metadata"]["resourceVersion"] = found.json()["metadata"]["resourceVersion"]
        answer = server.http.put(f"{path}/{key.name}", json=body)
    else:
        answer = server.http.post(path, json=body)
    assert answer.is_success, answer.text
    return SentimentModel.parse(answer.json())


def target(model: SentimentModel) -> Target:
    return target_of(
        model.spec,
        version="14",
        digest="sha256:" + "a" * 64,
        source_uri="s3://models/14",
        image=model.spec.image or IMAGE,
    )


def rendered(model: SentimentModel, template: Json | None = None) -> list[Json]:
    """All children that are applied, as the present spec (or `template`) renders them."""
    replicas = None if model.spec.autoscaling else model.spec.replicas
    manifests = (
        service(model),
        disruption_budget(model),
        deployment(model, template or pod_template(model, target(model)), replicas=replicas),
        autoscaler(model),
    )
    return [stamped(one) for one in manifests if one is not None]


def apply(cluster: KubernetesCluster, manifests: list[Json]) -> dict[str, Json]:
    """Apply them; the API server's answers, by kind."""
    return {manifest["kind"]: dict(cluster.apply(manifest)) for manifest in manifests}


def read_back(cluster: KubernetesCluster, key: Key) -> dict[str, Json]:
    """The applied children as the operator reads them, by kind."""
    return {body["kind"]: dict(body) for body in cluster.observe(key).children()}


def unsettled(manifests: list[Json], found: dict[str, Json]) -> list[str]:
    """Why the operator would write again at its next look; nothing if it would not."""
    missing = [one["kind"] for one in manifests if one["kind"] not in found]
    others = [one for one in manifests if one["kind"] in found and differs(one, found[one["kind"]])]
    return missing + [
        f"{one['kind']} {difference}" for one in others for difference in differences(one, found[one["kind"]])
    ]
