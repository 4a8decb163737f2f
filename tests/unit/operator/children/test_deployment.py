"""The Deployment and its pod template, a claim a test."""

from dataclasses import replace
from typing import Any

import pytest

from sentiment_operator.children.deployment import deployment, pod_template, pull_policy
from tests.unit.operator.scenes import IMAGE, UID, digest, model, target

SELECTOR = {"sentiment.dev/model": "reviews", "sentiment.dev/track": "stable"}


def template(**spec: Any) -> dict[str, Any]:
    resource = model(spec)
    return pod_template(resource, target(resource, "14"))


def container(name: str, **spec: Any) -> dict[str, Any]:
    containers = template(**spec)["spec"]
    found: dict[str, Any] = next(
        one for one in (*containers["initContainers"], *containers["containers"]) if one["name"] == name
    )
    return found


def environment(name: str, **spec: Any) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container(name, **spec)["env"]}


def made(**spec: Any) -> dict[str, Any]:
    return deployment(model(spec), template(**spec), replicas=2)


def test_old_pods_stay_until_new_ones_are_there() -> None:
    assert made()["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": "100%", "maxUnavailable": 0},
    }
    assert made()["spec"]["minReadySeconds"] == 5


def test_the_resource_owns_it_so_that_deletion_needs_no_operator() -> None:
    (owner,) = made()["metadata"]["ownerReferences"]
    assert owner["uid"] == UID
    assert owner["controller"] is True
    assert owner["blockOwnerDeletion"] is True


def test_the_selector_names_model_and_track_only() -> None:
    assert made()["spec"]["selector"] == {"matchLabels": SELECTOR}


def test_the_labels_of_the_contract_are_on_deployment_and_pods() -> None:
    labels = {
        "app.kubernetes.io/name": "sentiment-serving",
        "app.kubernetes.io/instance": "reviews",
        "app.kubernetes.io/managed-by": "sentiment-operator",
        **SELECTOR,
    }
    assert made()["metadata"]["labels"] == labels
    assert template()["metadata"]["labels"] == labels


def test_version_and_digest_are_annotated_on_deployment_and_pods() -> None:
    for metadata in (made()["metadata"], template()["metadata"]):
        assert metadata["annotations"]["sentiment.dev/version"] == "14"
        assert metadata["annotations"]["sentiment.dev/digest"] == digest("14")


def test_labels_and_annotations_of_the_operator_win_over_those_of_the_user() -> None:
    extra = {
        "labels": {"sentiment.dev/track": "candidate", "team": "a"},
        "annotations": {"sentiment.dev/version": "99", "prometheus.io/scrape": "false", "note": "b"},
    }
    metadata = template(podTemplate=extra)["metadata"]
    assert metadata["labels"]["sentiment.dev/track"] == "stable"
    assert metadata["labels"]["team"] == "a"
    assert metadata["annotations"]["sentiment.dev/version"] == "14"
    assert metadata["annotations"]["prometheus.io/scrape"] == "true"
    assert metadata["annotations"]["note"] == "b"


def test_prometheus_finds_the_pods_unless_scrape_is_false() -> None:
    def annotations(*, scrape: bool) -> set[str]:
        return {
            name.removeprefix("prometheus.io/")
            for name in template(monitoring={"scrape": scrape})["metadata"]["annotations"]
            if name.startswith("prometheus.io/")
        }

    assert annotations(scrape=True) == {"scrape", "port", "path"}
    assert annotations(scrape=False) == set()


def test_fetch_gets_what_and_where() -> None:
    assert environment("fetch") == {
        "MODEL_URI": "s3://mlflow/14",
        "MODEL_DIGEST": digest("14"),
        "MODEL_DIR": "/model",
    }
    assert container("fetch")["args"] == ["fetch"]


def test_serve_gets_what_it_serves() -> None:
    assert environment("serving") == {
        "MODEL_DIR": "/model",
        "MODEL_NAME": "sentiment-reviews",
        "MODEL_VERSION": "14",
        "MODEL_DIGEST": digest("14"),
        "PORT": "5000",
    }
    assert container("serving")["args"] == ["serve"]


def test_credentials_reach_fetch_alone() -> None:
    credentials = {"secretName": "artifact-store"}
    assert container("fetch", credentials=credentials)["envFrom"] == [{"secretRef": {"name": "artifact-store"}}]
    assert "envFrom" not in container("serving", credentials=credentials)
    assert template()["metadata"]["annotations"]["eks.amazonaws.com/skip-containers"] == "serving"


def test_the_model_is_read_only_where_it_is_served() -> None:
    (mount,) = [one for one in container("serving")["volumeMounts"] if one["name"] == "model"]
    assert mount == {"name": "model", "mountPath": "/model", "readOnly": True}


@pytest.mark.parametrize("name", ["fetch", "serving"])
def test_pods_meet_the_restricted_standard(name: str) -> None:
    assert container(name)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert template()["spec"]["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert template()["spec"]["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", ["fetch", "serving"])
def test_a_crash_leaves_its_last_words(name: str) -> None:
    assert container(name)["terminationMessagePolicy"] == "FallbackToLogsOnError"


def test_a_pod_on_its_way_out_answers_until_it_is_forgotten() -> None:
    assert container("serving")["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    assert template()["spec"]["terminationGracePeriodSeconds"] == 30


def test_probes_ask_readiness_first_and_liveness_later() -> None:
    serving = container("serving")
    assert serving["startupProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert serving["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert serving["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "http"}


def test_the_startup_probe_outlasts_every_startup_deadline() -> None:
    probe = container("serving")["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] > 3600


def test_both_containers_run_the_same_image() -> None:
    assert container("fetch")["image"] == container("serving")["image"] == IMAGE
    assert container("fetch", image="mine:2")["image"] == container("serving", image="mine:2")["image"] == "mine:2"


def test_placement_is_the_users() -> None:
    extra = {
        "nodeSelector": {"disk": "fast"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "serviceAccountName": "reader",
        "imagePullSecrets": [{"name": "pull"}],
        "topologySpreadConstraints": [{"maxSkew": 2}],
    }
    spec = template(podTemplate=extra)["spec"]
    assert {name: spec[name] for name in extra} == extra


@pytest.mark.parametrize(
    ("given", "added"),
    [
        ([], {"not-ready": 30, "unreachable": 30}),
        ([{"key": "gpu", "operator": "Exists"}], {"not-ready": 30, "unreachable": 30}),
        (
            [{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "tolerationSeconds": 600}],
            {"not-ready": 30},
        ),
        ([{"operator": "Exists"}], {}),
    ],
)
def test_a_lost_node_is_waited_for_briefly_unless_the_user_sets_it(
    given: list[dict[str, Any]], added: dict[str, int]
) -> None:
    found = template(podTemplate={"tolerations": given})["spec"]["tolerations"]
    assert found[: len(given)] == given
    assert {one["key"].partition("/")[2]: one["tolerationSeconds"] for one in found[len(given) :]} == added


def test_pods_are_spread_without_insisting_on_it() -> None:
    constraints = template()["spec"]["topologySpreadConstraints"]
    assert {one["topologyKey"] for one in constraints} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
    assert {one["whenUnsatisfiable"] for one in constraints} == {"ScheduleAnyway"}


def test_the_count_is_left_to_an_autoscaler() -> None:
    assert "replicas" not in deployment(model(), template(), replicas=None)["spec"]


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("serving", "Always"),
        ("registry:5000/serving", "Always"),
        ("registry:5000/serving:latest", "Always"),
        ("registry:5000/serving:1", "IfNotPresent"),
        ("serving@sha256:" + "a" * 64, "IfNotPresent"),
        ("serving:latest@sha256:" + "a" * 64, "Always"),
    ],
)
def test_the_pull_policy_is_the_default_of_the_api_server(image: str, policy: str) -> None:
    assert pull_policy(image) == policy


def test_a_pod_without_an_account_of_its_own_names_the_default() -> None:
    assert template()["spec"]["serviceAccountName"] == "default"


def test_requests_that_the_server_would_derive_from_limits_are_explicit() -> None:
    found = container("serving", resources={"limits": {"ephemeral-storage": "1Gi"}})["resources"]
    assert found["requests"]["ephemeral-storage"] == "1Gi"


def fetched_from(uri: str) -> dict[str, str]:
    resource = model()
    what = replace(target(resource, "14"), source_uri=uri)
    made = pod_template(resource, what, credential_origins=("http://mlflow:5000", "https://a.example.com"))
    return {one["name"]: one["value"] for one in made["spec"]["initContainers"][0]["env"]}


def test_fetch_may_use_http_where_the_operator_has_resolved_it() -> None:
    assert fetched_from("http://mlflow:5000/api/x")["FETCH_ALLOW_HTTP"] == "1"
    assert "FETCH_ALLOW_HTTP" not in fetched_from("https://a.example.com/x")


def test_fetch_knows_which_web_servers_may_get_a_login_and_a_store_needs_none() -> None:
    assert (
        fetched_from("https://evil.example/x")["FETCH_CREDENTIAL_ORIGINS"] == "http://mlflow:5000,https://a.example.com"
    )
    assert fetched_from("s3://mlflow/14").keys() == {"MODEL_URI", "MODEL_DIGEST", "MODEL_DIR"}
