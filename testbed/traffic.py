"""Run the load of `testbed.load` in a pod of the cluster and read its counts."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery.cluster import Cluster

SCRIPT = Path(__file__).with_name("load.py")


@dataclass(frozen=True)
class Summary:
    """What the clients observed."""

    requests: int
    failed: int
    answered: dict[str, int]
    by_version: dict[str, int]
    spans: dict[str, tuple[float, float]]
    """Version -> time of its first and last answer, in seconds of Unix time."""
    failures: list[dict[str, Any]]
    seconds: float
    p50_ms: float | None
    p99_ms: float | None

    def sentence(self) -> str:
        """One readable sentence: requests, failures, answers by version."""
        versions = ", ".join(f"{n} answered by version {v}" for v, n in sorted(self.by_version.items()))
        return (
            f"{self.requests} requests in {self.seconds:.0f} s "
            f"({', '.join(f'{n} on {kind} connections' for kind, n in sorted(self.answered.items()))}): "
            f"{self.failed} failed; {versions or 'none answered'}; latency p50 {self.p50_ms} ms, p99 {self.p99_ms} ms"
        )


@dataclass
class Traffic:
    """Running load; `summary` is set once the block of `traffic` has ended."""

    summary: Summary | None = field(default=None)


@contextmanager
def traffic(
    cluster: Cluster,
    url: str,
    *,
    image: str,
    namespace: str,
    rate: float = 50,
    name: str = "load",
    node: str | None = None,
) -> Iterator[Traffic]:
    """Keep `rate` requests a second on `url` from inside the cluster while the block runs.

    Half of the clients keep their connections, half open a new one for each request. They run on `node`, or on any.
    """
    script = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": {"load.py": SCRIPT.read_text()},
    }
    cluster.kubectl("-n", namespace, "delete", "pod", name, "--ignore-not-found", "--wait=true")
    cluster.kubectl("-n", namespace, "apply", "-f", "-", stdin=json.dumps(script))
    client = pod(name, url=url, image=image, rate=rate, node=node)
    cluster.kubectl("-n", namespace, "apply", "-f", "-", stdin=json.dumps(client))
    running = Traffic()
    try:
        cluster.kubectl("-n", namespace, "wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s")
        yield running
        cluster.kubectl("-n", namespace, "exec", name, "--", "touch", "/tmp/stop")  # noqa: S108
        cluster.kubectl(
            "-n", namespace, "wait", "--for=jsonpath={.status.phase}=Succeeded", f"pod/{name}", "--timeout=60s"
        )
        running.summary = Summary(**json.loads(cluster.kubectl("-n", namespace, "logs", name)))
    finally:
        cluster.kubectl("-n", namespace, "delete", f"pod/{name}", f"configmap/{name}", "--wait=false")


def pod(name: str, *, url: str, image: str, rate: float, node: str | None) -> dict[str, Any]:
    """The pod of the load generator, within the restricted Pod Security standard."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/name": "load"}},
        "spec": {
            "restartPolicy": "Never",
            **({"nodeName": node} if node else {}),
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "load",
                    "image": image,
                    "command": ["python", "/load/load.py", "--url", url, "--rate", str(rate)],
                    "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [{"name": "load", "mountPath": "/load"}, {"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
                }
            ],
            "volumes": [{"name": "load", "configMap": {"name": name}}, {"name": "tmp", "emptyDir": {}}],
        },
    }
