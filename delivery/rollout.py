"""CI's contract with the operator: one patch and two waits, then one prediction as a smoke test."""

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
    """How a rollout ended: whether the requested version fully serves, and the operator's reason and message."""

    ready: bool
    reason: str
    message: str
    serving: str | None


def patch(cluster: Cluster, resource: str, *, version: str, namespace: str) -> None:
    """Request a version."""
    change = {"spec": {"model": {"version": version, "alias": None}}}
    cluster.kubectl("-n", namespace, "patch", "smdl", resource, "--type=merge", "-p", json.dumps(change))


def create_missing(cluster: Cluster, resource: str, manifest: Path, *, version: str, namespace: str) -> bool:
    """Create the resource from `manifest` with this version, unless a resource of that name exists.

    Returns:
        Whether it was created; an existing resource is left alone, whatever the manifest contains.

    Raises:
        DeliveryError: The manifest does not hold exactly one SentimentModel.
    """
    if cluster.kubectl("-n", namespace, "get", "smdl", resource, "--ignore-not-found", "-o", "name"):
        return False
    found = yaml.safe_load(manifest.read_text()) if manifest.is_file() else None
    if not isinstance(found, dict) or found.get("kind") != "SentimentModel":
        raise DeliveryError(f"expected one SentimentModel in {manifest}; name the file to create it from with MANIFEST")
    model = {"name": found["spec"]["model"]["name"], "version": version}
    made = {**found, "metadata": {"name": resource}, "spec": {**found["spec"], "model": model}}
    cluster.kubectl("-n", namespace, "create", "-f", "-", stdin=json.dumps(made))
    return True


def wait(cluster: Cluster, resource: str, *, namespace: str, timeout: str = "15m") -> Outcome:
    """Wait until the operator is done, then check whether the newest spec serves.

    Raises:
        DeliveryError: The operator is not done after `timeout`.
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
    """The resource's status, empty if it has none yet."""
    found = json.loads(cluster.kubectl("-n", namespace, "get", "smdl", resource, "-o", "json"))
    status: dict[str, Any] = found.get("status") or {}
    return status


def condition_of(status: dict[str, Any], kind: str) -> dict[str, str]:
    """The condition of a type, empty if it is missing."""
    return next((c for c in status.get("conditions", []) if c["type"] == kind), {})


def smoke(cluster: Cluster, resource: str, *, namespace: str, text: str = SMOKE_TEXT) -> dict[str, Any]:
    """Request one prediction.

    Returns:
        The response of `POST /predict`.

    Raises:
        DeliveryError: There is no response, or it has no label.
    """
    with port_forward(cluster, resource, namespace=namespace) as url:
        return predict(url, text)


def predict(url: str, text: str) -> dict[str, Any]:
    """`POST /predict` for one text."""
    response = httpx.post(f"{url}/predict", json={"text": text}, timeout=10)
    answer: dict[str, Any] = response.json()
    if response.status_code != httpx.codes.OK or "label" not in answer:
        raise DeliveryError(f"expected a prediction and found status {response.status_code}, keys {sorted(answer)}")
    return answer
