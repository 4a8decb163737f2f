"""How a delivery ended, for a reader of the job: the line of `kubectl get`, the images, one last sentence."""

import json
import os
from pathlib import Path

from delivery import images
from delivery.cluster import Cluster
from delivery.markdown import block, code
from delivery.rollout import condition_of


def describe(cluster: Cluster, resource: str, *, version: str, namespace: str) -> tuple[str, str]:
    """Markdown about the resource, and one sentence about `version` (empty: none was registered).

    Raises:
        DeliveryError: The cluster cannot be reached, or has no such resource.
    """
    table = cluster.kubectl("-n", namespace, "get", "smdl", resource)
    found = json.loads(cluster.kubectl("-n", namespace, "get", "smdl", resource, "-o", "json"))
    status = found.get("status") or {}
    pushed = json.loads(images.RECORD.read_text()) if images.RECORD.is_file() else {}
    lines = [*block(f"$ kubectl -n {namespace} get smdl {resource}\n{table}", "console"), ""]
    lines += [*(f"- {code(image)}" for image in pushed.values()), ""]
    requested = found["spec"]["model"].get("version")
    serving = (status.get("serving") or {}).get("version")
    ready = condition_of(status, "Ready")
    return "\n".join(lines), sentence(version, requested=requested, serving=serving, ready=ready)


def sentence(version: str, *, requested: str | None, serving: str | None, ready: dict[str, str]) -> str:
    """What became of `version`, in one line."""
    now = f"version {serving} serves" if serving else "nothing serves"
    if not version:
        return f"no version was registered; {now}"
    if requested != version:
        return f"version {version} was not rolled out (see the first step that failed); {now}"
    if ready.get("status") == "True" and serving == version:
        return f"version {version} serves"
    message = " ".join(ready.get("message", "").split())
    return f"version {version} does not serve: {ready.get('reason', 'no condition yet')}: {message} ({now})"


def add_to_job(text: str) -> None:
    """Add Markdown to the summary of the job that runs this, if there is one (GitHub Actions)."""
    if page := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(page).open("a") as file:
            file.write(text)
