"""Reach a Service of any cluster from this machine: `kubectl port-forward` to a free port of 127.0.0.1."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from delivery.cluster import Cluster, DeliveryError

LISTENING = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+) ")


@contextmanager
def port_forward(cluster: Cluster, service: str, *, namespace: str, port: int = 80) -> Iterator[str]:
    """Yield the URL of `service` while the block runs.

    Raises:
        DeliveryError: No running pod is behind the Service.
    """
    command = ["kubectl", "-n", namespace, "port-forward", "--address=127.0.0.1", f"service/{service}", f":{port}"]
    with subprocess.Popen(
        command, env=dict(cluster.environment), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            found = LISTENING.match(first)
            if not found:
                raise DeliveryError(f"cannot reach service/{service} in namespace {namespace}: {first.strip()}")
            yield f"http://127.0.0.1:{found[1]}"
        finally:
            process.terminate()
