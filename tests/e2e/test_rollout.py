"""From one version to the next, as CI does it, under load, and when the next version is bad.

Covers: zero failures on kept-alive and fresh connections; unreadable file; wrong digest; rollback; first deployment
of a bad version. See also test_waits and test_operator_killed.
"""

import pytest

from testbed.resource import Resource
from testbed.traffic import traffic
from testbed.versions import Registry

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


def test_a_rollback_is_one_patch(served: Resource) -> None:
    good = served.serving()
    assert good
    served.patch_version(good)
    assert served.wait().ready
    assert served.conditions()["Stalled"] == ("False", "AsExpected")


def test_a_first_deployment_with_a_bad_model_serves_nothing_and_reports_it(fresh: Resource, registry: Registry) -> None:
    fresh.apply(registry.publish_unreadable(fresh.model))
    outcome = fresh.wait()
    assert (outcome.ready, outcome.reason, outcome.serving) == (False, "Rejected", None)
    assert fresh.conditions()["Available"] == ("False", "NeverDeployed")
