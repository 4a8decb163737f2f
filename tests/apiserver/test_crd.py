"""The rules of the schema, asked of a real API server: each refuses its bad example and takes a good one.

Covers: every CEL rule and pattern, defaults, immutability, columns, the scale subresource, field selectors.
"""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from testbed.api_server import CRD, ApiServer
from testbed.waiting import eventually
from tests.registry_names import ALIASES, ALLOWED, CASES

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

RESOURCES = "/apis/sentiment.dev/v1alpha1/namespaces/default/sentimentmodels"

GOOD: dict[str, Any] = {"model": {"name": "sentiment-reviews", "version": "14"}}


def manifest(spec: dict[str, Any], *, name: str = "reviews") -> dict[str, Any]:
    return {"apiVersion": "sentiment.dev/v1alpha1", "kind": "SentimentModel", "metadata": {"name": name}, "spec": spec}


def dry_run(server: ApiServer, body: dict[str, Any]) -> httpx.Response:
    """Validate and default a resource as `kubectl create --dry-run=server` does; nothing is stored."""
    return server.http.post(RESOURCES, params={"dryRun": "All", "fieldValidation": "Strict"}, json=body)


def refusal(server: ApiServer, spec: dict[str, Any], *, name: str = "reviews") -> str:
    """Why the API server refuses it; empty if it does not."""
    answer = dry_run(server, manifest(spec, name=name))
    return "" if answer.is_success else str(answer.json()["message"])


def kubectl(server: ApiServer, *arguments: str) -> str:
    done = server.kubectl("-n", "default", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("version and alias", {"model": {"name": "m", "version": "1", "alias": "champion"}}, "exactly one of version"),
    ("neither", {"model": {"name": "m"}}, "exactly one of version"),
    ("no model", {}, "spec.model: Required"),
    ("a version with a leading zero", {"model": {"name": "m", "version": "01"}}, "spec.model.version"),
    ("version zero", {"model": {"name": "m", "version": "0"}}, "spec.model.version"),
    ("a version that is a number", {"model": {"name": "m", "version": 1}}, "must be of type string"),
    ("a reserved alias", {"model": {"name": "m", "alias": "Latest"}}, "reserved by MLflow"),
    ("an alias like a version", {"model": {"name": "m", "alias": "v12"}}, "reserved by MLflow"),
    ("an alias with a dot", {"model": {"name": "m", "alias": "a.b"}}, "spec.model.alias"),
    ("a model name with a slash", {"model": {"name": "a/b", "version": "1"}}, "spec.model.name"),
    (
        "fewer at most than at least",
        {**GOOD, "autoscaling": {"minReplicas": 3, "maxReplicas": 2}},
        "must not be greater",
    ),
    ("no upper limit", {**GOOD, "autoscaling": {"minReplicas": 3}}, "maxReplicas: Required"),
    ("negative replicas", {**GOOD, "replicas": -1}, "spec.replicas"),
    ("an unknown Service type", {**GOOD, "service": {"type": "ExternalName"}}, "Unsupported value"),
    ("a port out of range", {**GOOD, "service": {"port": 70000}}, "spec.service.port"),
    ("no quantity", {**GOOD, "resources": {"limits": {"memory": "1Q"}}}, "spec.resources.limits.memory"),
    ("a Secret without a name", {**GOOD, "credentials": {}}, "secretName: Required"),
    ("an accuracy above 1", {**GOOD, "rollout": {"verification": {"minAccuracy": "1.2"}}}, "minAccuracy"),
    ("an accuracy without texts", {**GOOD, "rollout": {"verification": {"minAccuracy": "0.9"}}}, "go together"),
    (
        "texts without an accuracy",
        {**GOOD, "rollout": {"verification": {"qualitySet": {"configMapName": "texts"}}}},
        "go together",
    ),
    ("a disagreement that is a number", {**GOOD, "rollout": {"verification": {"maxDisagreement": 0.2}}}, "type string"),
    ("no time at all", {**GOOD, "rollout": {"progressDeadlineSeconds": 0}}, "progressDeadlineSeconds"),
    ("an image with a blank", {**GOOD, "image": "a b"}, "spec.image"),
    ("an unknown field", {**GOOD, "modle": {}}, "unknown field"),
]


@pytest.mark.parametrize(("spec", "why"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_spec_is_refused_with_its_reason(server: ApiServer, spec: dict[str, Any], why: str) -> None:
    assert why in refusal(server, spec)


@pytest.mark.parametrize("name", ALLOWED, ids=CASES.get)
def test_the_schema_refuses_exactly_the_model_names_that_mlflow_refuses(server: ApiServer, name: str) -> None:
    """And those with control characters, as `register` and `serve` do."""
    assert (refusal(server, {"model": {"name": name, "version": "1"}}) == "") == ALLOWED[name]


@pytest.mark.parametrize("alias", ALIASES, ids=ascii)
def test_the_schema_refuses_exactly_the_aliases_that_mlflow_refuses(server: ApiServer, alias: str) -> None:
    assert (refusal(server, {"model": {"name": "m", "alias": alias}}) == "") == ALIASES[alias]


CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
OLD_NAME = {"type": "string", "minLength": 1, "maxLength": 250, "pattern": "^[^/:]+$"}


def test_a_resource_with_a_name_that_was_allowed_before_can_still_be_changed(server: ApiServer) -> None:
    """The operator writes its status, and its owner scales or deletes it."""
    before = yaml.safe_load(CRD.read_text())
    model = before["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["model"]
    model["properties"]["name"] = OLD_NAME
    server.apply(f"{CRDS}/sentimentmodels.sentiment.dev", json.dumps(before))
    spec = {"model": {"name": "..", "version": "1"}, "suspend": True}
    try:
        eventually(
            lambda: server.http.post(RESOURCES, json=manifest(spec, name="old")).is_success, "a resource of before"
        )
    finally:
        server.apply(f"{CRDS}/sentimentmodels.sentiment.dev", CRD.read_text())
    eventually(lambda: "spec.model.name" in refusal(server, spec), "the present schema")
    kubectl(server, "patch", "smdl", "old", "--type=merge", "-p", '{"spec":{"replicas":3}}')
    status = '{"status":{"podsReady":"0/3"}}'
    kubectl(server, "patch", "smdl", "old", "--subresource=status", "--type=merge", "-p", status)
    kubectl(server, "delete", "smdl", "old")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a" * 51, "at most 50 characters"),
        ("1reviews", "DNS-1035"),
        ("re.views", "DNS-1035"),
        ("reviews-candidate", "must not end in '-candidate'"),
    ],
)
def test_a_bad_name_is_refused_with_its_reason(server: ApiServer, name: str, why: str) -> None:
    assert why in refusal(server, GOOD, name=name)


@pytest.mark.parametrize("name", ["a", "reviews", "a" * 50, "candidate", "my-candidate-2"])
def test_a_good_name_is_taken(server: ApiServer, name: str) -> None:
    assert refusal(server, GOOD, name=name) == ""


def test_everything_that_the_spec_offers_is_taken(server: ApiServer) -> None:
    spec = {
        "model": {"name": "sentiment-reviews", "alias": "champion"},
        "image": "registry/sentiment-serving@sha256:" + "0" * 64,
        "replicas": 0,
        "autoscaling": {"minReplicas": 2, "maxReplicas": 2, "targetCPUUtilizationPercentage": 70},
        "resources": {"requests": {"cpu": 1, "memory": "0.5Gi"}, "limits": {"memory": "1Gi"}},
        "service": {"type": "NodePort", "port": 8080, "annotations": {"a": "b"}},
        "monitoring": {"scrape": False},
        "credentials": {"secretName": "artifact-store"},
        "podTemplate": {
            "nodeSelector": {"disk": "fast"},
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
            "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
            "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
            "serviceAccountName": "reader",
            "imagePullSecrets": [{"name": "pull"}],
            "labels": {"team": "a"},
            "annotations": {"note": "b"},
        },
        "rollout": {
            "progressDeadlineSeconds": 300,
            "startupDeadlineSeconds": 30,
            "verification": {
                "parity": False,
                "maxDisagreement": "0.1",
                "minAccuracy": "0.90",
                "qualitySet": {"configMapName": "texts"},
                "soakSeconds": 0,
            },
            "retryToken": "again",
        },
        "suspend": True,
    }
    assert refusal(server, spec) == ""


def test_what_is_left_out_has_defaults(server: ApiServer) -> None:
    assert dry_run(server, manifest(GOOD)).json()["spec"] == {
        **GOOD,
        "replicas": 2,
        "service": {"type": "ClusterIP", "port": 80},
        "monitoring": {"scrape": True},
        "rollout": {
            "progressDeadlineSeconds": 600,
            "startupDeadlineSeconds": 60,
            "verification": {"parity": True, "maxDisagreement": "0.20", "soakSeconds": 10},
            "retryToken": "",
        },
        "suspend": False,
    }


@pytest.fixture(scope="module")
def stored(server: ApiServer) -> str:
    """A resource that is really there (suspended, so that an operator would leave it at that)."""
    spec = {"model": {"name": "sentiment-reviews", "alias": "champion"}, "suspend": True}
    server.http.post(RESOURCES, json=manifest(spec, name="stored")).raise_for_status()
    return "stored"


def test_the_model_of_a_resource_cannot_be_changed(server: ApiServer, stored: str) -> None:
    done = server.kubectl(
        "-n", "default", "patch", "smdl", stored, "--type=merge", "-p", '{"spec":{"model":{"name":"another"}}}'
    )
    assert "spec.model.name is immutable" in done.stderr


def test_the_wanted_version_is_shown_before_any_operator_has_seen_it(server: ApiServer, stored: str) -> None:
    assert kubectl(server, "get", "smdl", stored).split("\n")[1].split()[:3] == [
        stored,
        "sentiment-reviews",
        "champion",
    ]
    patch = '{"spec":{"model":{"version":"14","alias":null}}}'
    kubectl(server, "patch", "smdl", stored, "--type=merge", "-p", patch)
    assert kubectl(server, "get", "smdl", stored).split("\n")[1].split()[2] == "14"


def test_the_columns_are_those_of_the_contract(server: ApiServer, stored: str) -> None:
    def columns(*options: str) -> list[str]:
        return kubectl(server, "get", "smdl", stored, *options).split("\n")[0].split()

    narrow = ["NAME", "MODEL", "REQUESTED", "SERVING", "READY", "REASON", "PODS", "AGE"]
    assert columns() == narrow
    assert columns("-o", "wide") == [*narrow, "ALIAS", "AVAILABLE", "ENDPOINT", "DIGEST", "SINCE"]


def test_it_is_among_all_and_mlops(server: ApiServer, stored: str) -> None:
    for category in ("all", "mlops"):
        assert f"sentimentmodel.sentiment.dev/{stored}" in kubectl(server, "get", category, "-o", "name")


def test_it_can_be_scaled(server: ApiServer, stored: str) -> None:
    kubectl(server, "scale", "smdl", stored, "--replicas=5")
    found = json.loads(kubectl(server, "get", "smdl", stored, "-o", "json"))
    assert found["spec"]["replicas"] == 5


def test_it_can_be_selected_by_its_model(server: ApiServer, stored: str) -> None:
    def select(model: str) -> str:
        return kubectl(server, "get", "smdl", "--field-selector", f"spec.model.name={model}", "-o", "name")

    assert select("sentiment-reviews").strip().endswith(stored)
    assert select("another") == ""


def test_the_crd_is_small() -> None:
    assert CRD.stat().st_size < 24 * 1024


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_are_taken(server: ApiServer, example: Path) -> None:
    shown = kubectl(server, "create", "--dry-run=server", "-f", str(example))
    assert shown.endswith("created (server dry run)\n")
