"""For any spec that the CRD accepts, what the operator applies settles, and what a later spec leaves out is gone.

Covers: Deployment, Service, PodDisruptionBudget and autoscaler (applied, changed), candidate and revision (created),
what is refused, and pods that keep running after a release that renders their template otherwise.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sentiment_operator.api.errors import Refused
from sentiment_operator.api.names import Key, content_hash
from sentiment_operator.api.resource import ResolvedVersion, SentimentModel
from sentiment_operator.children.candidate import candidate
from sentiment_operator.children.deployment import pod_template
from sentiment_operator.children.revision import revision
from sentiment_operator.cluster import KubernetesCluster
from sentiment_operator.decision.desired_children import manifests_to_run
from sentiment_operator.decision.inputs import Inputs
from sentiment_operator.observed.observation import Template
from testbed.api_server import ApiServer
from tests.apiserver.children import (
    CHANGED,
    FRESH,
    IMAGE,
    apply,
    new_name,
    read_back,
    rendered,
    store,
    target,
    unsettled,
)
from tests.apiserver.specs import specs

Json = dict[str, Any]

MODEL: Json = {"model": {"name": "reviews", "version": "14"}}

bounded = settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking takes minutes: what differs is named instead
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@bounded
@given(first=specs(), second=specs())
def test_a_changed_spec_ends_where_a_new_one_would(
    server: ApiServer, cluster: KubernetesCluster, first: Json, second: Json
) -> None:
    name = new_name()
    second = {**second, "model": first["model"]}
    changed = Key(CHANGED, name)
    manifests = rendered(store(server, first, changed))
    assert unsettled(manifests, apply(cluster, manifests)) == []
    model = store(server, second, changed)
    manifests = rendered(model)
    apply(cluster, manifests)
    found = read_back(cluster, changed)
    assert unsettled(manifests, found) == []
    fresh = apply(cluster, rendered(store(server, second, Key(FRESH, name))))
    scaled = model.spec.autoscaling is not None
    for kind in fresh:
        assert essence(found[kind], scaled=scaled) == essence(fresh[kind], scaled=scaled), kind


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"serviceAccountName": "reader"}, {}),
        ({"serviceAccountName": "reader"}, {"labels": {"team": "a"}}),
        ({"nodeSelector": {"disk": "fast"}}, {"nodeSelector": {}}),
        ({"affinity": {"podAntiAffinity": {}}}, {"affinity": {}}),
        ({"imagePullSecrets": [{"name": "pull"}]}, {"imagePullSecrets": []}),
        ({"tolerations": [{"key": "gpu", "value": "yes"}]}, {"tolerations": [{"key": "gpu", "value": ""}]}),
        (
            {"tolerations": [{"key": "gpu", "operator": "Exists", "value": "", "effect": ""}]},
            {"tolerations": [{"key": "gpu", "operator": "Exists", "tolerationSeconds": None}]},
        ),
    ],
    ids=str,
)
def test_a_removed_or_emptied_field_is_gone(
    server: ApiServer, cluster: KubernetesCluster, before: Json, after: Json
) -> None:
    key = Key(CHANGED, new_name())
    for given_template in (before, after):
        manifests = rendered(store(server, {**MODEL, "podTemplate": given_template}, key))
        apply(cluster, manifests)
        found = read_back(cluster, key)
        assert unsettled(manifests, found) == []
    fresh = apply(cluster, rendered(store(server, {**MODEL, "podTemplate": after}, Key(FRESH, key.name))))
    assert essence(found["Deployment"], scaled=False) == essence(fresh["Deployment"], scaled=False)


@settings(bounded, max_examples=15)
@given(spec=specs())
def test_candidate_and_revision_read_back_as_created(server: ApiServer, cluster: KubernetesCluster, spec: Json) -> None:
    model = store(server, spec, Key(CHANGED, new_name()))
    what = target(model)
    template = Template.parse(pod_template(model, what))
    kept = revision(model, template, number=1, reason="Passed", message="It was verified.")
    cluster.create(kept)
    cluster.create(candidate(model, what, template.body, against=None, not_compared="Nothing serves yet."))
    observed = cluster.observe(model.key)
    assert observed.template(what.key) == template
    assert [one.hash for one in observed.revisions] == [content_hash(kept["data"])]
    assert observed.candidate is not None
    assert observed.candidate.judged_key == what.judged_key


BROKEN = st.fixed_dictionaries(
    {},
    optional={
        "labels": st.dictionaries(
            st.sampled_from(["team", "-", "a b"]), st.sampled_from(["a", "a b", "-"]), max_size=2
        ),
        "annotations": st.dictionaries(st.sampled_from(["note", "a b", ""]), st.just("text"), max_size=2),
        "nodeSelector": st.dictionaries(st.sampled_from(["disk", "a b"]), st.sampled_from(["fast", "a b"]), max_size=2),
        "tolerations": st.lists(
            st.sampled_from([{}, {"key": "gpu"}, {"key": "gpu", "opertor": "Exists"}, {"key": 1}, {"effect": "Never"}]),
            max_size=2,
        ),
        "affinity": st.sampled_from([{"nodeAffinity": {"required": {}}}, {"podAffinity": []}, {"nodeAffinity": {}}]),
        "topologySpreadConstraints": st.lists(
            st.sampled_from([{}, {"topologyKey": "zone"}, {"maxSkew": 0}]), max_size=1
        ),
        "imagePullSecrets": st.lists(st.sampled_from([{"name": "a"}, {"name": "A b"}]), max_size=2),
    },
)


@settings(bounded, max_examples=25)
@given(given_template=BROKEN)
def test_a_deployment_is_taken_or_refused_as_invalid(
    server: ApiServer, cluster: KubernetesCluster, given_template: Json
) -> None:
    """The CRD cannot check what is passed on to the pod API: the API server's refusal is the spec's fault."""
    manifests = rendered(store(server, {**MODEL, "podTemplate": given_template}, Key(CHANGED, new_name())))
    found, refused = _try_to_apply(cluster, manifests)
    assert refused is None or refused.invalid
    assert refused is not None or unsettled(manifests, found) == []


def _try_to_apply(cluster: KubernetesCluster, manifests: list[Json]) -> tuple[dict[str, Json], Refused | None]:
    try:
        return apply(cluster, manifests), None
    except Refused as refused:
        return {}, refused


@pytest.mark.parametrize(
    "given_template",
    [
        {"labels": {"a b": "c"}},
        {"tolerations": [{"key": "gpu", "opertor": "Exists"}]},
        {"tolerations": [{"effect": "Never"}]},
        {"affinity": {"podAffinity": []}},
        {"topologySpreadConstraints": [{}]},
    ],
    ids=str,
)
def test_a_pod_template_that_the_pod_api_does_not_take_is_refused_as_invalid(
    server: ApiServer, cluster: KubernetesCluster, given_template: Json
) -> None:
    manifests = rendered(store(server, {**MODEL, "podTemplate": given_template}, Key(CHANGED, new_name())))
    with pytest.raises(Refused) as refused:
        apply(cluster, manifests)
    assert refused.value.invalid


def test_a_template_of_an_earlier_release_stays_as_it_was_rendered(
    server: ApiServer, cluster: KubernetesCluster
) -> None:
    """A new rendering would restart the pods: what runs is compared with, and repaired from, its revision."""
    model = store(server, MODEL, Key(CHANGED, new_name()))
    what = target(model)
    body = pod_template(model, what)
    del body["spec"]["serviceAccountName"]
    for container in (*body["spec"]["initContainers"], *body["spec"]["containers"]):
        del container["imagePullPolicy"]
    cluster.create(revision(model, Template.parse(body), number=1, reason="Passed", message="It was verified."))
    apply(cluster, rendered(model, body))
    assert manifests_to_run(inputs(cluster, model), what) == ()
    path = f"/apis/apps/v1/namespaces/{model.namespace}/deployments/{model.name}"
    merge = {"Content-Type": "application/merge-patch+json"}
    before = server.http.get(path).json()
    server.http.patch(
        path, json={"spec": {"template": {"spec": {"tolerations": []}}}}, headers=merge
    ).raise_for_status()
    (repair,) = manifests_to_run(inputs(cluster, model), what)
    cluster.apply(repair)
    assert server.http.get(path).json()["spec"]["template"] == before["spec"]["template"]


def inputs(cluster: KubernetesCluster, model: SentimentModel) -> Inputs:
    answer = ResolvedVersion(version="14", digest=target(model).digest, source_uri="s3://models/14")
    now = datetime.now(UTC)
    return Inputs(model=model, observed=cluster.observe(model.key), answer=answer, default_image=IMAGE, now=now)


def essence(body: Json, *, scaled: bool) -> Json:
    """An object without what differs between two objects of one spec: identity, and what the server allocates."""
    metadata, spec = body["metadata"], dict(body["spec"])
    if body["kind"] == "Service":
        for field in ("clusterIP", "clusterIPs", "healthCheckNodePort"):
            spec.pop(field, None)
        spec["ports"] = [{name: value for name, value in port.items() if name != "nodePort"} for port in spec["ports"]]
    if body["kind"] == "Deployment" and scaled:
        spec.pop("replicas")
    annotations = {
        name: text for name, text in metadata.get("annotations", {}).items() if name != "sentiment.dev/applied"
    }
    return {"labels": metadata["labels"], "annotations": annotations, "spec": spec}
