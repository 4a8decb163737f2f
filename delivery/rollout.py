"""CI's whole contract with the operator: one patch and two plain waits, then one prediction as a smoke test."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from delivery.cluster import Cluster, DeliveryError
from delivery.forward import port_forward

SMOKE_TEXT = "A wonderful film, I loved every minute of it."


@dataclass(frozen=True)
class Outcome:
    """How a rollout ended: whether the wanted version fully serves, and the operator's own words."""

    ready: bool
    reason: str
    message: str
    serving: str | None


def patch(cluster: Cluster, resource: str, *, version: str, namespace: str) -> None:
    """Ask for a version."""
    change = {"spec": {"model": {"version": version, "alias": None}}}
    cluster.kubectl("-n", namespace, "patch", "smdl", resource, "--type=merge", "-p", json.dumps(change))


def create_missing(cluster: Cluster, resource: str, manifest: Path, *, version: str, namespace: str) -> bool:
    """Make the resource from ``manifest`` with this version, where there is none of that name.

    Returns:
        Whether it was made: one that is there is left alone, whatever the manifest says.

    Raises:
        DeliveryError: the manifest is not that of one SentimentModel.
    """
    if cluster.kubectl("-n", namespace, "get", "smdl", resource, "--ignore-not-found", "-o", "name"):
        return False
    found = yaml.safe_load(manifest.read_text()) if manifest.is_file() else None
    if not isinstance(found, dict) or found.get("kind") != "SentimentModel":
        raise DeliveryError(f"expected one SentimentModel in {manifest}; give the file to start from as MANIFEST")
    model = {"name": found["spec"]["model"]["name"], "version": version}
    made = {**found, "metadata": {"name": resource}, "spec": {**found["spec"], "model": model}}
    cluster.kubectl("-n", namespace, "create", "-f", "-", stdin=json.dumps(made))
    return True


def wait(cluster: Cluster, resource: str, *, namespace: str, timeout: str = "15m") -> Outcome:
    """Wait until the operator has nothing left to do, then ask whether the newest spec serves.

    Raises:
        DeliveryError: the operator is still at work after ``timeout``.
    """
    target = ["-n", namespace, "wait", f"smdl/{resource}"]
    cluster.kubectl(*target, "--for=condition=Reconciling=False", f"--timeout={timeout}")
    ready = cluster.try_kubectl(*target, "--for=condition=Ready", "--timeout=0").returncode == 0
    status = read_status(cluster, resource, namespace=namespace)
    condition = condition_of(status, "Ready")
    return Outcome(
        ready=ready,
        reason=condition.get("reason", ""),
        message=condition.get("message", ""),
        serving=(status.get("serving") or {}).get("version"),
    )


def read_status(cluster: Cluster, resource: str, *, namespace: str) -> dict[str, Any]:
    """The resource's status, empty when it has none yet."""
    found = json.loads(cluster.kubectl("-n", namespace, "get", "smdl", resource, "-o", "json"))
    status: dict[str, Any] = found.get("status") or {}
    return status


def condition_of(status: dict[str, Any], kind: str) -> dict[str, str]:
    """One condition by its type, empty when it is not there."""
    return next((c for c in status.get("conditions", []) if c["type"] == kind), {})


def smoke(cluster: Cluster, resource: str, *, namespace: str, text: str = SMOKE_TEXT) -> dict[str, Any]:
    """Ask for one prediction.

    Returns:
        The answer of ``POST /predict``.

    Raises:
        DeliveryError: no answer, or one without a label.
    """
    with port_forward(cluster, resource, namespace=namespace) as url:
        return predict(url, text)


def predict(url: str, text: str) -> dict[str, Any]:
    """``POST /predict`` for one text."""
    response = httpx.post(f"{url}/predict", json={"text": text}, timeout=10)
    answer: dict[str, Any] = response.json()
    if response.status_code != httpx.codes.OK or "label" not in answer:
        raise DeliveryError(f"expected a prediction and found status {response.status_code}, keys {sorted(answer)}")
    return answer
