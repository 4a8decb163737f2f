"""The operator killed at each step, and a node lost in the middle of a rollout."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from bench.rollout.scenario import Result, Scenario, change, under_load, version
from bench.rollout.stage import Stage
from delivery.deploy import NAMESPACE
from delivery.rollout import Outcome
from lab import client
from testbed import steps
from testbed.resource import Resource
from testbed.waiting import eventually

LOST_NODE, OTHER_NODE = 2, "node1"


@dataclass(frozen=True)
class Step:
    """A moment of a rollout at which the operator can be killed."""

    name: str
    reached: Callable[[Resource], bool]


def _asked(resource: Resource) -> bool:
    return True


def _candidate_made(resource: Resource) -> bool:
    return bool(resource.kubectl("get", "job", f"{resource.name}-candidate", "--ignore-not-found", "-o", "name"))


def _candidate_runs(resource: Resource) -> bool:
    return any(pod["status"]["phase"] == "Running" for pod in resource.pods("candidate"))


def _switching(resource: Resource) -> bool:
    return (resource.status().get("rollout") or {}).get("step") == "RollingOut"


def _new_pods(resource: Resource) -> bool:
    return len(resource.pods()) > 2


BEFORE_THE_VERDICT = (
    Step("asked for", _asked),
    Step("candidate made", _candidate_made),
    Step("candidate runs", _candidate_runs),
)
AFTER_THE_VERDICT = (Step("switch begun", _switching), Step("new pods made", _new_pods))


def operator_killed(stage: Stage) -> Result:
    """Kill the operator at each step of a good version, and at each step that a bad version reaches."""
    resource = stage.served()
    faults, kills = [], 0
    for step in (*BEFORE_THE_VERDICT, *AFTER_THE_VERDICT):
        wanted = stage.registry.publish(resource.model)
        outcome = _kill_at(stage, resource, wanted, step)
        kills += 1
        if not (outcome.ready and outcome.serving == wanted):
            faults.append(f"good version, {step.name}: {outcome.reason}")
        faults += _left_over(resource, wanted, "Succeeded", step)
    for step in BEFORE_THE_VERDICT:
        serving = resource.serving()
        wanted = stage.registry.publish_contrary(resource.model)
        outcome = _kill_at(stage, resource, wanted, step)
        kills += 1
        if outcome.reason != "Rejected" or outcome.serving != serving:
            faults.append(f"bad version, {step.name}: {outcome.reason}")
        faults += _left_over(resource, wanted, "Rejected", step)
    resource.patch_version(resource.serving() or "")
    resource.wait()
    return Result(f"{kills} kills: {'; '.join(faults) or 'same end state each time, nothing twice, nothing left'}", met=not faults)  # fmt: skip  # noqa: E501


def _kill_at(stage: Stage, resource: Resource, wanted: str, step: Step) -> Outcome:
    resource.patch({"spec": {**version(wanted), "rollout": {"verification": {"soakSeconds": 3}}}})
    eventually(lambda: step.reached(resource), step.name, seconds=120)
    steps.restart_operator(stage.cluster)
    return resource.wait("4m")


def _left_over(resource: Resource, wanted: str, outcome: str, step: Step) -> list[str]:
    """What exists twice, or should no longer exist."""
    ended = [one["outcome"] for one in resource.status().get("history", []) if one["version"] == wanted]
    found = []
    if ended != [outcome]:
        found.append(f"version {wanted} ended as {ended}")
    if _candidate_made(resource) and resource.get("job", f"{resource.name}-candidate")["metadata"].get("deletionTimestamp") is None:  # fmt: skip  # noqa: E501
        found.append("a candidate was left")
    if len(resource.pods()) != 2:
        found.append(f"{len(resource.pods())} pods")
    return [f"{step.name}: {one}" for one in found]


def node_killed(stage: Stage) -> Result:
    """Kill a node once the switch has begun; the load comes from the other node."""
    resource = stage.served()
    wanted = stage.registry.publish(resource.model)
    try:
        with under_load(stage, resource, node=OTHER_NODE) as seen:
            resource.patch({"spec": {**version(wanted), "rollout": {"verification": {"soakSeconds": 0}}}})
            eventually(lambda: _switching(resource), "the switch begun", seconds=120)
            where = _operator_node(stage)
            client.run("kill-node", str(LOST_NODE))
            outcome = change(seen, resource, version(wanted), timeout="6m")
            nodes = {pod["spec"]["nodeName"] for pod in resource.pods()}
    finally:
        client.run("start-node", str(LOST_NODE))
        stage.cluster.kubectl("wait", f"node/node{LOST_NODE}", "--for=condition=Ready", "--timeout=120s")
    return Result(
        f"{outcome.reason} {seen.seconds:.0f} s after the loss, pods on {', '.join(sorted(nodes))} "
        f"(the operator was on {where}); {seen.failed}",
        met=outcome.ready and outcome.serving == wanted and nodes == {OTHER_NODE},
    )


def _operator_node(stage: Stage) -> str:
    selector = steps.OPERATOR_PODS
    found = stage.cluster.kubectl("-n", NAMESPACE, "get", "pods", "-l", selector, "-o", "json")
    return str(json.loads(found)["items"][0]["spec"]["nodeName"])


SCENARIOS = (
    Scenario(
        "operator-killed",
        "operator killed at each step of good and bad rollouts",
        "same end state, nothing promoted twice, nothing leaked",
        operator_killed,
    ),
    Scenario(
        "node-killed",
        "node killed during a rollout",
        "ends Ready on the other node; failed requests counted",
        node_killed,
    ),
)
