"""From one version to the next, as CI does it, under load, and when the next version is bad.

Covers: zero failures on kept-alive and fresh connections; unreadable file; wrong digest; first deployment of a bad
version; the two waits never succeed for an old generation; the operator killed in the middle.
"""

import pytest

from delivery.deploy import NAMESPACE
from demo.traffic import traffic
from tests.e2e.environment import Registry
from tests.e2e.resource import Resource
from tests.waiting import eventually

pytestmark = pytest.mark.e2e


def test_a_rollout_under_load_loses_no_request(served: Resource, registry: Registry, images: dict[str, str]) -> None:
    second = registry.publish(served.model)
    with traffic(
        served.cluster, served.url, image=images["sentiment-serving"], namespace=served.namespace, rate=100
    ) as load:
        served.patch_version(second)
        outcome = served.wait()
    assert (outcome.ready, outcome.serving) == (True, second)
    assert load.summary is not None
    assert load.summary.failed == 0, load.summary
    assert set(load.summary.by_version) == {"1", second}
    assert min(load.summary.answered["kept-alive"], load.summary.answered["fresh"]) > 100


def test_an_unreadable_model_is_rejected_and_the_old_one_serves(served: Resource, registry: Registry) -> None:
    good = served.serving()
    bad = registry.publish_unreadable(served.model)
    served.patch_version(bad)
    outcome = served.wait()
    assert (outcome.ready, outcome.reason, outcome.serving) == (False, "Rejected", good)
    conditions = served.conditions()
    assert conditions["Available"] == ("True", "MinimumReplicasAvailable")
    assert conditions["ModelVerified"] == ("False", "UnsupportedFormat")
    assert conditions["Stalled"] == ("True", "Rejected")
    assert served.predict()["model"]["version"] == good


def test_bytes_that_differ_from_the_digest_are_rejected(served: Resource, registry: Registry) -> None:
    good = served.serving()
    bad = registry.publish_tampered(served.model)
    served.patch_version(bad)
    outcome = served.wait()
    assert (outcome.ready, outcome.reason, outcome.serving) == (False, "Rejected", good)
    assert served.conditions()["ModelVerified"] == ("False", "DigestMismatch")
    assert served.predict()["model"]["version"] == good


def test_a_rejected_version_stays_rejected_when_the_operator_restarts(served: Resource) -> None:
    wanted = served.get("smdl")["spec"]["model"]["version"]
    assert [r["version"] for r in served.status()["rejected"]].count(wanted) == 1
    before = served.get("deployment")["metadata"]["generation"]
    restart_operator(served)
    served.wait_for(Ready=("False", "Rejected"), Stalled=("True", "Rejected"))
    assert served.get("deployment")["metadata"]["generation"] == before


def test_the_way_back_is_one_patch(served: Resource) -> None:
    good = served.serving()
    assert good
    served.patch_version(good)
    assert served.wait().ready
    assert served.conditions()["Stalled"] == ("False", "AsExpected")


def test_the_waits_never_succeed_for_an_old_generation(served: Resource, registry: Registry) -> None:
    """50 patches to versions that are refused, with 3 real rollouts between them."""
    bad = registry.publish_unreadable(served.model)
    for round_ in range(3):
        for i in range(50 // 3 + (round_ < 50 % 3)):
            served.patch_version(bad if i % 2 else "999999")
            outcome = served.wait()
            assert not outcome.ready, f"patch {i} of round {round_}: {outcome}"
        wanted = registry.publish(served.model)
        served.patch_version(wanted)
        outcome = served.wait()
        assert (outcome.ready, outcome.serving) == (True, wanted)
        assert served.predict()["model"]["version"] == wanted


def test_an_operator_killed_in_the_middle_takes_up_the_rollout(served: Resource, registry: Registry) -> None:
    wanted = registry.publish(served.model)
    served.patch_version(wanted)
    eventually(lambda: len(served.pods()) > 2, "pods of the new version")
    restart_operator(served)
    outcome = served.wait()
    assert (outcome.ready, outcome.serving) == (True, wanted)


def test_a_first_deployment_with_a_bad_model_serves_nothing_and_says_so(fresh: Resource, registry: Registry) -> None:
    fresh.apply(registry.publish_unreadable(fresh.model))
    outcome = fresh.wait()
    assert (outcome.ready, outcome.reason, outcome.serving) == (False, "Rejected", None)
    assert fresh.conditions()["Available"] == ("False", "NeverDeployed")


def restart_operator(resource: Resource) -> None:
    """Kill the operator's pod at once and wait for its successor."""
    cluster = resource.cluster
    cluster.kubectl("-n", NAMESPACE, "delete", "pod", "-l", "app.kubernetes.io/name=sentiment-operator", "--grace-period=0", "--force")  # fmt: skip  # noqa: E501
    cluster.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/sentiment-operator", "--timeout=120s")
