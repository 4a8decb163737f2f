"""Very many resources: how long a new operator takes to observe them all, and its cost while nothing changes."""

import json
import time

from bench.rollout.scenario import Result, Scenario, pause
from bench.rollout.stage import OPERATOR_USER, Stage
from delivery.deploy import NAMESPACE
from sentiment_operator.observed.quantity import quantity
from testbed import steps
from testbed.resource import Resource
from testbed.waiting import eventually

SUSPENDED, SERVING = 1000, 20
OBSERVED_SECONDS, STATUS_SECONDS, MEMORY_MIB, IDLE_SECONDS = 60.0, 2.0, 300.0, 60.0
SETTLED_SECONDS = 900.0


def many_resources(stage: Stage) -> Result:
    """1,000 suspended SentimentModels beside 20 that serve on one pod each; the operator starts when all exist."""
    with stage.fresh() as resource:
        number = stage.registry.publish(resource.model)
        _create(resource, number, range(SERVING), suspend=False)
        eventually(lambda: _ready(resource) == SERVING, f"{SERVING} resources ready", seconds=SETTLED_SECONDS)
        steps.stop_operator(stage.cluster)
        try:
            _create(resource, number, range(SERVING, SERVING + SUSPENDED), suspend=True)
        finally:
            steps.start_operator(stage.cluster)
        start = time.monotonic()
        eventually(
            lambda: _observed(resource) == SERVING + SUSPENDED, "all resources observed", seconds=SETTLED_SECONDS
        )
        observed = time.monotonic() - start
        status = _patch_to_status(resource, f"many-{SERVING + SUSPENDED // 2}")
        pause(IDLE_SECONDS)
        mark = stage.audit.mark()
        pause(IDLE_SECONDS)
        writes = stage.audit.writes_since(mark, user=OPERATOR_USER, within=f"/namespaces/{resource.namespace}/")
        memory = _memory_mib(stage)
    return Result(
        f"all observed {observed:.0f} s after the operator was ready; a patch in the status after {status:.1f} s; "
        f"{memory:.0f} MiB; {len(writes)} writes in an idle minute",
        met=observed <= OBSERVED_SECONDS and status <= STATUS_SECONDS and memory <= MEMORY_MIB and not writes,
    )


def _create(resource: Resource, number: str, names: range, *, suspend: bool) -> None:
    items = [
        {
            "apiVersion": "sentiment.dev/v1alpha1",
            "kind": "SentimentModel",
            "metadata": {"name": f"many-{i}"},
            "spec": {
                "model": {"name": resource.model, "version": number},
                "replicas": 1,
                "credentials": {"secretName": "artifact-store"},
                "rollout": {"verification": {"soakSeconds": 0}},
                "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
                "suspend": suspend,
            },
        }
        for i in names
    ]
    resource.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


def _ready(resource: Resource) -> int:
    path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
    return resource.kubectl("get", "smdl", "-o", f"jsonpath={path}").split().count("True")


def _observed(resource: Resource) -> int:
    path = '{range .items[*]}{.status.observedGeneration}{"\\n"}{end}'
    return len(resource.kubectl("get", "smdl", "-o", f"jsonpath={path}").split())


def _patch_to_status(resource: Resource, name: str) -> float:
    """Seconds from a patch of the spec until the status has observed it."""
    generation = resource.get("smdl", name)["metadata"]["generation"]
    start = time.monotonic()
    resource.kubectl("patch", "smdl", name, "--type=merge", "-p", '{"spec":{"rollout":{"retryToken":"seen"}}}')
    wanted = f"--for=jsonpath={{.status.observedGeneration}}={generation + 1}"
    resource.kubectl("wait", f"smdl/{name}", wanted, "--timeout=120s")
    return time.monotonic() - start


def _memory_mib(stage: Stage) -> float:
    """The operator's memory, from metrics-server."""
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods"
    pods = json.loads(stage.cluster.kubectl("get", "--raw", path))["items"]
    used = [one["usage"]["memory"] for pod in pods for one in pod["containers"] if one["name"] == "operator"]
    return float(max(quantity(one) for one in used)) / 1024**2


SCENARIOS = (
    Scenario(
        "many",
        f"{SUSPENDED:,} suspended SentimentModels beside {SERVING} that serve",
        f"all observed <= {OBSERVED_SECONDS:.0f} s after the operator's start; patch to status <= {STATUS_SECONDS:.0f} "
        f"s; <= {MEMORY_MIB:.0f} MiB; 0 writes in an idle minute",
        many_resources,
    ),
)
