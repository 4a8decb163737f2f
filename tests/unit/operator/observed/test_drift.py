"""What counts as drift, and what does not."""

import time
from copy import deepcopy
from typing import Any

import pytest

from sentiment_operator.api.names import APPLIED_ANNOTATION
from sentiment_operator.children.deployment import deployment, pod_template
from sentiment_operator.observed.drift import (
    Overruled,
    applied_hash,
    differences,
    differs,
    overruled_fields,
    owns,
    stamped,
    without_overruled,
)
from sentiment_operator.observed.quantity import quantity
from tests.unit.operator.scenes import model, target


def applied(**spec: Any) -> dict[str, Any]:
    resource = model(spec)
    return stamped(deployment(resource, pod_template(resource, target(resource, "14")), replicas=2))


def stored() -> dict[str, Any]:
    """The same as the API server gives it back: defaults filled in, quantities in canonical form, fields of others."""
    live = deepcopy(applied())
    live["metadata"]["uid"] = "x"
    live["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "3"
    live["metadata"]["labels"]["added"] = "by-someone"
    pod = live["spec"]["template"]["spec"]
    pod["dnsPolicy"] = "ClusterFirst"
    serving = pod["containers"][0]
    serving["imagePullPolicy"] = "IfNotPresent"
    serving["env"].insert(0, {"name": "ADDED", "value": "by a webhook"})
    serving["readinessProbe"]["successThreshold"] = 1
    serving["resources"]["limits"]["memory"] = "0.5Gi"
    pod["containers"].insert(0, {"name": "sidecar", "image": "mesh"})
    return live


def serving_of(live: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in live["spec"]["template"]["spec"]["containers"] if one["name"] == "serving"
    )
    return found


def test_defaults_and_fields_of_others_are_no_drift() -> None:
    assert not differs(applied(), stored())


def test_what_is_not_there_must_be_applied() -> None:
    assert differs(applied(), None)


def test_a_changed_image_is_drift() -> None:
    live = stored()
    serving_of(live)["image"] = "evil"
    assert differs(applied(), live)


def test_a_changed_variable_is_drift() -> None:
    live = stored()
    serving_of(live)["env"][-1]["value"] = "6000"
    assert differs(applied(), live)


def test_a_removed_container_is_drift() -> None:
    live = stored()
    live["spec"]["template"]["spec"]["initContainers"] = []
    assert differs(applied(), live)


def test_a_removed_owner_is_drift() -> None:
    live = stored()
    del live["metadata"]["ownerReferences"]
    assert differs(applied(), live)


def test_a_changed_count_is_drift() -> None:
    live = stored()
    live["spec"]["replicas"] = 5
    assert differs(applied(), live)


@pytest.mark.parametrize("empty", ["", None, [], {}])
def test_an_empty_value_that_the_server_drops_is_no_drift(empty: object) -> None:
    wanted = {"metadata": {}, "tolerations": [{"key": "gpu", "value": empty}]}
    assert not differs(wanted, {"metadata": {}, "tolerations": [{"key": "gpu"}]})
    assert differs(wanted, {"metadata": {}, "tolerations": [{"key": "gpu", "value": "yes"}]})


@pytest.mark.parametrize("zero", [0, False])
def test_a_removed_zero_or_false_is_drift(zero: object) -> None:
    """An absent field can have another default: automountServiceAccountToken does."""
    assert differs({"spec": {"field": zero}}, {"spec": {}})


def test_a_cpu_quantity_is_compared_as_the_server_rounds_it() -> None:
    assert not differs({"requests": {"cpu": "0.0005"}}, {"requests": {"cpu": "1m"}})
    assert differs({"requests": {"cpu": "0.0015"}}, {"requests": {"cpu": "1m"}})


def test_a_label_named_like_a_quantity_is_text() -> None:
    assert differs({"labels": {"sizeLimit": "large"}}, {"labels": {"sizeLimit": "small"}})


def test_an_overruled_field_is_left_alone_until_it_changes_again() -> None:
    live = stored()
    serving_of(live)["image"] = "mirror"
    overruled = Overruled(applied_hash(applied()), differences(applied(), live))
    assert not differs(applied(), live, overruled=overruled)
    serving_of(live)["image"] = "evil"
    assert differs(applied(), live, overruled=overruled)
    assert overruled_fields({"Deployment": overruled}) == (
        " A webhook or policy of the cluster overrules Deployment spec.template.spec.containers.serving.image."
    )
    assert without_overruled("Serves." + overruled_fields({"Deployment": overruled})) == "Serves."


def test_of_another_manifest_nothing_is_known_to_be_overruled() -> None:
    """Even where a policy strips the stamp, so that only the manifest's own hash shows that the spec has changed."""
    live = stored()
    del live["metadata"]["annotations"][APPLIED_ANNOTATION]
    overruled = Overruled(applied_hash(applied()), differences(applied(), live))
    assert not differs(applied(), live, overruled=overruled)
    assert differs(applied(monitoring={"scrape": False}), live, overruled=overruled)


@pytest.mark.parametrize("huge", ["1e900000", "1e9999999", "Infinity"])
def test_a_huge_quantity_is_compared_at_once(huge: str) -> None:
    start = time.process_time()
    assert differs_in_memory(huge, "9223372036854775807")
    assert time.process_time() - start < 1


def differs_in_memory(wanted: str, live: str) -> bool:
    return bool(differences({"limits": {"memory": wanted}}, {"limits": {"memory": live}}))


def test_a_field_no_longer_wanted_is_drift() -> None:
    """The live object holds all of the smaller manifest; only the stamp shows that it was made from a larger one."""
    before = applied(podTemplate={"nodeSelector": {"disk": "fast"}})
    assert differs(applied(), before)


def test_the_stamp_does_not_depend_on_itself() -> None:
    assert stamped(applied())["metadata"]["annotations"].keys() == applied()["metadata"]["annotations"].keys()
    assert applied() == applied()


@pytest.mark.parametrize(
    ("one", "other"),
    [("500m", "0.5"), ("1Gi", "1024Mi"), ("1000", "1k"), (2, "2"), ("1e3", "1k"), ("128974848", "123Mi")],
)
def test_equal_quantities_are_equal_however_they_are_written(one: str | int, other: str) -> None:
    assert quantity(one) == quantity(other)


@pytest.mark.parametrize("text", ["", "Gi", "1Q", "one"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a quantity"):
        quantity(text)


def test_ownership_is_read_from_the_managed_fields() -> None:
    entry = {"manager": "sentiment-operator", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    live = {"metadata": {"managedFields": [entry]}}
    assert owns(live, "sentiment-operator", "spec", "replicas")
    assert not owns(live, "sentiment-operator", "spec", "paused")
    assert not owns(live, "kubectl", "spec", "replicas")
    assert not owns({"metadata": {"managedFields": [{**entry, "operation": "Update"}]}}, "sentiment-operator", "spec")
