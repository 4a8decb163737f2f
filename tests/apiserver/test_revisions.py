"""ControllerRevisions that another user made, on a real API server: read whatever they hold, and never run.

Covers: data that is no pod template; a number that the API server refuses; a copy of our labels, owner reference and
name, made before ours, seen by whole reconciles.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

import pytest

from sentiment_operator.api.names import Key
from sentiment_operator.api.resource import ResolvedVersion, SentimentModel
from sentiment_operator.children.deployment import pod_template
from sentiment_operator.children.revision import LAST_NUMBER, revision
from sentiment_operator.cluster import KubernetesCluster
from sentiment_operator.observed.observation import Template
from sentiment_operator.reconcile import Reconciler
from sentiment_operator.registry.resolver import Resolver
from sentiment_operator.settings import Settings
from testbed.api_server import ApiServer
from tests.apiserver.children import CHANGED, IMAGE, new_name, store, target
from tests.unit.operator.memory import Notes

Json = dict[str, Any]

MODEL: Json = {"model": {"name": "reviews", "version": "14"}}
EVIL = "registry.example/evil:1"


class Registry:
    """Knows version 14."""

    def resolve(self, reference: object) -> ResolvedVersion:
        return ResolvedVersion(version="14", digest="sha256:" + "a" * 64, source_uri="s3://models/14")


def forged(model: SentimentModel, number: int = 0) -> Json:
    """What another user can copy of the revision of `model`, with an image of their own."""
    body = deepcopy(pod_template(model, target(model)))
    for container in (*body["spec"]["initContainers"], *body["spec"]["containers"]):
        container["image"] = EVIL
    return revision(model, Template.parse(body), number=number, reason="AllChecksPassed", message="Passed.")


def post(server: ApiServer, body: Json) -> int:
    path = f"/apis/apps/v1/namespaces/{body['metadata']['namespace']}/controllerrevisions"
    return int(server.http.post(path, json=body).status_code)


def reconcile(cluster: KubernetesCluster, key: Key, *, times: int = 1) -> SentimentModel:
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
            )
            for _ in range(times):
                await reconciler(key)

    asyncio.run(run())
    found = cluster.get(key)
    assert found is not None
    return found


def ready(model: SentimentModel) -> str:
    condition = model.status.condition("Ready")
    assert condition is not None
    return f"{condition.status}/{condition.reason}"


@pytest.mark.parametrize(
    "data",
    [{}, [], "text", 7, {"template": []}, {"template": {"metadata": {"annotations": {"sentiment.dev/key": 7}}}}],
    ids=str,
)
def test_data_of_any_shape_is_read_and_stops_nothing(server: ApiServer, cluster: KubernetesCluster, data: Any) -> None:
    model = store(server, MODEL, Key(CHANGED, new_name()))
    body = forged(model)
    body["metadata"]["name"] += "-x"
    if post(server, {**body, "data": data}) != 201:
        return  # the API server refuses it itself
    assert [one.template.key for one in cluster.observe(model.key).revisions] == [""]
    assert ready(reconcile(cluster, model.key)) == "False/RollingOut"
    assert cluster.observe(model.key).candidate is not None


def test_the_highest_number_is_the_last_and_negative_ones_are_refused(server: ApiServer) -> None:
    model = store(server, MODEL, Key(CHANGED, new_name()))
    assert post(server, forged(model, -1)) == 422
    assert post(server, forged(model, LAST_NUMBER)) == 201


def test_a_copy_that_was_there_before_ours_is_refused_until_it_is_deleted(
    server: ApiServer, cluster: KubernetesCluster
) -> None:
    model = store(server, MODEL, Key(CHANGED, new_name()))
    copied = forged(model)
    assert post(server, copied) == 201
    found = reconcile(cluster, model.key, times=2)
    assert ready(found) == "False/NameConflict"
    observed = cluster.observe(model.key)
    assert (observed.candidate, observed.deployment) == (None, None)
    name = copied["metadata"]["name"]
    server.http.delete(f"/apis/apps/v1/namespaces/{model.namespace}/controllerrevisions/{name}").raise_for_status()
    assert ready(reconcile(cluster, model.key)) == "False/RollingOut"
    candidate = cluster.observe(model.key).candidate
    assert candidate is not None
    assert EVIL not in str(candidate.body)


def test_the_status_keeps_the_record_and_a_settled_resource_costs_no_write(
    server: ApiServer, cluster: KubernetesCluster
) -> None:
    model = store(server, MODEL, Key(CHANGED, new_name()))
    first = reconcile(cluster, model.key)
    assert first.status.revisions == ()
    assert reconcile(cluster, model.key).resource_version == first.resource_version
