"""Good versions: the time until all traffic is on the new one, and its cost, beside a plain Deployment."""

import json
import time
from datetime import datetime
from typing import Any

from bench.rollout.scenario import Observed, Result, Scenario, change, under_load, version
from bench.rollout.stage import Stage
from delivery.cluster import DeliveryError
from testbed.resource import Resource

DEFAULT_SOAK: dict[str, Any] = {"verification": None}
NO_SOAK: dict[str, Any] = {"verification": {"soakSeconds": 0}}


def roll_out(stage: Stage, rollout: dict[str, Any], *, limit_seconds: float) -> Result:
    """Roll out the next good version under load."""
    resource = stage.served()
    before, wanted = resource.serving() or "", stage.registry.publish(resource.model)
    with under_load(stage, resource) as seen:
        outcome = change(seen, resource, {**version(wanted), "rollout": rollout})
    _check(seen, wanted)
    seconds = seen.last_answer_seconds(before)
    verdict = datetime.fromisoformat(resource.status()["verdict"]["time"]).timestamp() - seen.patched
    fewest = min(sum(ready.values()) for ready in _since_full(seen))
    # The next scenarios share the resource and expect the default soak.
    resource.patch({"spec": {"rollout": DEFAULT_SOAK}})
    return Result(
        f"{seconds:.1f} s to all answers from the new version (verdict at {verdict:.0f} s, Ready at "
        f"{seen.seconds:.0f} s); {seen.failed}; "
        f"at least {fewest} pods ready; {len(seen.writes)} API writes by the operator",
        met=outcome.ready and outcome.serving == wanted and _lost_nothing(seen) and seconds <= limit_seconds,
    )


def plain_deployment(stage: Stage) -> Result:
    """The pods of two versions in a Deployment as `kubectl create deployment` makes it, behind a Service."""
    resource = stage.served()
    old = resource.get("deployment")["spec"]["template"]
    wanted = stage.registry.publish(resource.model)
    resource.patch({"spec": {**version(wanted), "rollout": NO_SOAK}})
    outcome = resource.wait()
    if not outcome.ready:
        raise DeliveryError(f"version {wanted} does not serve: {outcome}")
    new = resource.get("deployment")["spec"]["template"]
    plain = Resource(cluster=resource.cluster, namespace=resource.namespace, name="plain", model=resource.model)
    selector = {"app": "plain"}
    for template in (old, new):
        template["metadata"]["labels"] = selector
        # Its constraints count pods with the operator's labels.
        template["spec"].pop("topologySpreadConstraints", None)
    service = {"selector": selector, "ports": [{"port": 80, "targetPort": "http"}]}
    workload = {"replicas": 2, "selector": {"matchLabels": selector}}
    _apply(plain, "v1", "Service", service)
    _apply(plain, "apps/v1", "Deployment", {**workload, "template": old})
    rolled_out = ("rollout", "status", "deployment/plain", "--timeout=3m")
    plain.kubectl(*rolled_out)
    before = old["metadata"]["annotations"]["sentiment.dev/version"]
    try:
        with under_load(stage, plain) as seen:
            seen.patched, start = time.time(), time.monotonic()
            _apply(plain, "apps/v1", "Deployment", {**workload, "template": new})
            plain.kubectl(*rolled_out)
            seen.seconds = time.monotonic() - start
    finally:
        plain.kubectl("delete", "deployment/plain", "service/plain", "--wait=false")
    return Result(
        f"{seen.last_answer_seconds(before):.1f} s to all answers from the new version ({seen.seconds:.1f} s to "
        f"`rollout status`); {seen.failed}; nothing was checked",
        met=True,
    )


def _since_full(seen: Observed) -> list[dict[str, int]]:
    counts = [sum(ready.values()) for ready in seen.pods.history]
    return seen.pods.history[counts.index(2) :]


def _check(seen: Observed, wanted: str) -> None:
    if not (seen.outcome and seen.outcome.ready):
        raise DeliveryError(f"version {wanted} does not serve: {seen.outcome}")


def _lost_nothing(seen: Observed) -> bool:
    return seen.load is not None and seen.load.failed == 0


def _apply(resource: Resource, api_version: str, kind: str, spec: dict[str, Any]) -> None:
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": resource.name}, "spec": spec}
    resource.kubectl("apply", "-f", "-", stdin=json.dumps(body))


SCENARIOS = (
    Scenario(
        "good",
        "good version, default soak of 10 s",
        "0 failed; <= 30 s",
        lambda stage: roll_out(stage, DEFAULT_SOAK, limit_seconds=30),
    ),
    Scenario(
        "good-no-soak",
        "good version, `soakSeconds: 0`",
        "0 failed; <= 12 s",
        lambda stage: roll_out(stage, NO_SOAK, limit_seconds=12),
    ),
    Scenario("plain", "the same pods in a plain Deployment", "for comparison", plain_deployment),
)
