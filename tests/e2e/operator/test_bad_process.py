"""A model that is good in a process that is not: what the candidate finds out, and what only the switch shows.

Covers: LoadFailed, Crashed; a crash that ordinary requests alone bring about, after which the last revision is back
whole and the version stays away.
"""

import pytest

from delivery.cluster import Cluster
from testbed.faulty import NEVER_READY, Behaviour, build_faulty, crash_after_first_answer, crash_at_request
from testbed.resource import Resource
from testbed.traffic import traffic

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [(NEVER_READY, "LoadFailed"), (crash_after_first_answer(2), "Crashed")],
    ids=["never ready", "crash 2 s after the first answer"],
)
def test_a_process_that_does_not_last_is_rejected_as_a_candidate(
    served: Resource, cluster: Cluster, images: dict[str, str], behaviour: Behaviour, reason: str
) -> None:
    good = served.status()["serving"]
    image = build_faulty(cluster, images["sentiment-serving"], behaviour)
    served.patch(
        {"spec": {"image": image, "rollout": {"startupDeadlineSeconds": 10, "verification": {"soakSeconds": 8}}}}
    )
    outcome = served.wait()
    assert (outcome.ready, outcome.reason) == (False, "Rejected"), outcome
    assert served.conditions()["ModelVerified"] == ("False", reason)
    assert served.conditions()["Available"] == ("True", "MinimumReplicasAvailable")
    assert served.status()["serving"] == good
    assert served.predict()["model"]["version"] == good["version"]


def test_a_crash_that_only_requests_bring_about_is_rolled_back_whole(
    served: Resource, cluster: Cluster, images: dict[str, str]
) -> None:
    good = served.status()["serving"]
    image = build_faulty(cluster, images["sentiment-serving"], crash_at_request(20))
    with traffic(cluster, served.url, image=images["sentiment-serving"], namespace=served.namespace, rate=50) as load:
        served.patch({"spec": {"image": image, "rollout": {"verification": {"soakSeconds": 0}}}})
        outcome = served.wait()
    assert (outcome.ready, outcome.reason) == (False, "RolledBack"), outcome
    assert served.conditions()["ModelVerified"] == ("False", "Crashed")
    assert served.conditions()["Stalled"] == ("True", "Rejected")
    assert served.status()["serving"] == good
    assert {pod["spec"]["containers"][0]["image"] for pod in served.pods()} == {good["image"]}
    assert served.status()["history"][0]["outcome"] == "RolledBack"
    assert load.summary is not None
    assert load.summary.requests > load.summary.failed
