"""The candidate's Job, a claim a test."""

from typing import Any

from sentiment_operator.api.names import selector_labels
from sentiment_operator.children.candidate import candidate
from sentiment_operator.children.deployment import pod_template
from tests.unit.operator import scenes
from tests.unit.operator.scenes import model, serving, target


def job(spec: dict[str, Any] | None = None, *, compared: bool = True) -> dict[str, Any]:
    resource = model(spec)
    what = target(resource, "14")
    against = serving(resource, "13") if compared else None
    return candidate(resource, what, pod_template(resource, what), against=against, not_compared="nothing serves yet")


def pod(spec: dict[str, Any] | None = None, **given: bool) -> dict[str, Any]:
    found: dict[str, Any] = job(spec, **given)["spec"]["template"]
    return found


def variables(spec: dict[str, Any] | None = None, **given: bool) -> dict[str, str]:
    return {one["name"]: one["value"] for one in pod(spec, **given)["spec"]["containers"][0]["env"]}


def verification(**rules: Any) -> dict[str, Any]:
    return {"rollout": {"verification": rules}}


def test_no_service_selects_it_and_prometheus_does_not_scrape_it() -> None:
    metadata = pod({"podTemplate": {"labels": {"sentiment.dev/track": "stable", "team": "a"}}})["metadata"]
    assert selector_labels("reviews").items() - metadata["labels"].items() == {("sentiment.dev/track", "stable")}
    assert metadata["labels"]["team"] == "a"
    assert not any(name.startswith("prometheus.io/") for name in metadata["annotations"])


def test_it_runs_what_the_stable_pods_would() -> None:
    stable = pod_template(model(), target(model(), "14"))["spec"]
    fetch, sidecar = pod()["spec"]["initContainers"]
    assert fetch == stable["initContainers"][0]
    for field in ("image", "args", "env", "resources", "volumeMounts", "securityContext", "startupProbe"):
        assert sidecar[field] == stable["containers"][0][field]


def test_its_serving_container_is_a_sidecar_that_no_probe_kills() -> None:
    sidecar = pod()["spec"]["initContainers"][1]
    assert sidecar["restartPolicy"] == "Always"
    assert not {"livenessProbe", "readinessProbe", "lifecycle"} & sidecar.keys()


def test_it_is_tried_once_and_never_ended_by_kubernetes() -> None:
    spec = job()["spec"]
    assert (spec["backoffLimit"], spec["template"]["spec"]["restartPolicy"]) == (0, "Never")
    assert "activeDeadlineSeconds" not in spec
    assert "ttlSecondsAfterFinished" not in spec


def test_it_goes_with_its_resource() -> None:
    metadata = job()["metadata"]
    assert metadata["name"] == "reviews-candidate"
    assert metadata["ownerReferences"][0]["controller"] is True


def test_the_verifier_gets_what_to_compare() -> None:
    found = variables()
    assert found["SERVING_URL"] == "http://reviews.shop.svc:80"
    assert found["SERVING_DIGEST"] == scenes.digest("13")
    assert found["MODEL_DIGEST"] == scenes.digest("14")
    assert (found["PARITY"], found["MAX_DISAGREEMENT"], found["SOAK_SECONDS"]) == ("true", "0.20", "10")
    assert "MIN_ACCURACY" not in found


def test_or_why_there_is_nothing_to_compare() -> None:
    found = variables(compared=False)
    assert found["DISAGREEMENT_SKIPPED"] == "nothing serves yet"
    assert "SERVING_URL" not in found


def test_what_is_switched_off_is_off() -> None:
    found = variables(verification(parity=False, maxDisagreement="1", soakSeconds=0))
    assert (found["PARITY"], found["MAX_DISAGREEMENT"], found["SOAK_SECONDS"]) == ("false", "1", "0")


def test_the_quality_set_reaches_the_verifier_alone_and_may_be_missing() -> None:
    spec = pod(verification(minAccuracy="0.9", qualitySet={"configMapName": "texts"}))["spec"]
    assert {"name": "quality", "configMap": {"name": "texts", "optional": True}} in spec["volumes"]
    mounted = [
        container["name"]
        for container in (*spec["initContainers"], *spec["containers"])
        if any(mount["name"] == "quality" for mount in container["volumeMounts"])
    ]
    assert mounted == ["verify"]


def test_credentials_reach_fetch_alone() -> None:
    spec = pod({"credentials": {"secretName": "store"}})["spec"]
    given = [one["name"] for one in (*spec["initContainers"], *spec["containers"]) if "envFrom" in one]
    assert given == ["fetch"]


def test_a_bound_role_reaches_fetch_alone() -> None:
    assert pod()["metadata"]["annotations"]["eks.amazonaws.com/skip-containers"] == "serving,verify"


def test_every_container_is_restricted() -> None:
    spec = pod()["spec"]
    assert spec["automountServiceAccountToken"] is False
    for container in (*spec["initContainers"], *spec["containers"]):
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]
