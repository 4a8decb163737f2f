"""Autoscaling: the live count is the autoscaler's; the operator neither lowers it nor resets it in a rollout."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from testbed import steps
from testbed.resource import Resource
from testbed.traffic import traffic
from testbed.versions import Registry
from testbed.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive]

SMALL = {"requests": {"cpu": "10m", "memory": "64Mi"}}
SIX_TO_EIGHT = {"minReplicas": 2, "maxReplicas": 8, "targetCPUUtilizationPercentage": 50}


@pytest.fixture(scope="module")
def six(served: Resource) -> Resource:
    """Version 1 on six pods that ask for little, so that a modest load is a high utilisation."""
    served.patch({"spec": {"replicas": 6, "resources": SMALL, "rollout": {"verification": {"soakSeconds": 0}}}})
    outcome = served.wait("6m")
    assert outcome.ready, outcome
    return served


def test_turning_it_on_keeps_the_six_pods(six: Resource) -> None:
    with counts(six) as seen:
        six.patch({"spec": {"autoscaling": SIX_TO_EIGHT}})
        six.wait_for(Ready=("True", "Serving"))
        eventually(lambda: measured(six), "the autoscaler at work on a measured utilisation", seconds=150)
    assert seen
    assert min(seen) == (6, 6), "neither asked for fewer than six nor fell below"


def test_load_makes_pods_and_a_rollout_resets_nothing(
    six: Resource, registry: Registry, images: dict[str, str]
) -> None:
    image = images["sentiment-serving"]
    with traffic(six.cluster, six.url, image=image, namespace=six.namespace, rate=100) as load:
        eventually(lambda: six.status().get("podsReady") == "8/8", "as many pods as are allowed", seconds=240)
        assert six.conditions()["Ready"] == ("True", "Serving")
        with counts(six) as seen:
            second = registry.publish(six.model)
            six.patch_version(second)
            outcome = six.wait("6m")
    assert (outcome.ready, outcome.serving) == (True, second), outcome
    assert {wanted for wanted, _ in seen} == {8}
    assert load.summary is not None
    assert load.summary.failed == 0, load.summary
    assert set(load.summary.by_version) == {"1", second}


def test_the_scale_subresource_reports_the_live_count_and_its_pods(six: Resource) -> None:
    scale = json.loads(six.kubectl("get", "smdl", six.name, "--subresource=scale", "-o", "json"))
    assert scale["status"]["replicas"] == six.get("deployment")["status"]["replicas"]
    chosen = json.loads(six.kubectl("get", "pods", "-l", scale["status"]["selector"], "-o", "json"))["items"]
    assert {pod["metadata"]["labels"]["sentiment.dev/track"] for pod in chosen} == {"stable"}


def test_the_budget_gives_up_one_pod_at_a_time(six: Resource) -> None:
    eventually(lambda: six.get("poddisruptionbudget")["status"].get("disruptionsAllowed") == 1, "one pod to spare")
    first, second = (pod["metadata"]["name"] for pod in six.pods()[:2])
    assert steps.eviction(six, first).returncode == 0
    refused = steps.eviction(six, second)
    assert refused.returncode != 0
    assert "disruption budget" in refused.stderr


def measured(resource: Resource) -> bool:
    status = resource.get("horizontalpodautoscaler").get("status", {})
    active = {one["type"]: one["status"] for one in status.get("conditions", ())}
    return active.get("ScalingActive") == "True" and bool(status.get("currentMetrics"))


@contextmanager
def counts(resource: Resource) -> Iterator[list[tuple[int, int]]]:
    """All pairs of wanted and ready pods that the Deployment goes through while the block runs."""
    seen: list[tuple[int, int]] = []
    text = 'jsonpath={.spec.replicas} {.status.readyReplicas}{"\\n"}'
    command = ["kubectl", "-n", resource.namespace, "get", "deployment", resource.name, "--watch", "-o", text]
    environment = dict(resource.cluster.environment)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout is not None
        lines = watch.stdout

        def read() -> None:
            for line in lines:
                wanted, _, ready = line.strip().partition(" ")
                seen.append((int(wanted), int(ready or 0)))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        eventually(lambda: seen, "the Deployment watched", seconds=30)
        try:
            yield seen
        finally:
            watch.terminate()
            reader.join(10)
