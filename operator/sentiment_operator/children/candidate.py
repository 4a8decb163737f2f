"""The candidate: a Job of one pod that fetches a version, loads it and verifies it. No Service routes to it."""

from collections.abc import Mapping
from typing import Any

from sentiment_operator.api.names import (
    CANDIDATE,
    KEY_ANNOTATION,
    SCRAPE_PREFIX,
    SERVING_PORT,
    SKIP_CREDENTIALS_ANNOTATION,
    VERIFICATION_KEY_ANNOTATION,
    candidate_name,
    child_labels,
)
from sentiment_operator.api.resource import SentimentModel, Target
from sentiment_operator.api.status import Serving
from sentiment_operator.children.deployment import MODEL_DIR, RESTRICTED, env
from sentiment_operator.children.metadata import metadata
from sentiment_operator.children.service import endpoint

QUALITY_DIR = "/quality"

GRACE_SECONDS = 5
"""Short: a candidate has no requests of clients to finish."""

_LEFT_OUT = frozenset({"readinessProbe", "livenessProbe", "lifecycle"})
"""What a candidate's serving container lacks: no Service routes to it, and a probe's kill would look like a crash."""


def candidate(
    model: SentimentModel,
    target: Target,
    template: Mapping[str, Any],
    *,
    against: Serving | None,
    not_compared: str = "",
) -> dict[str, Any]:
    """The Job that verifies `target`.

    Args:
        template: the pod template that stable pods of `target` would have.
        against: the serving version, whose predictions are compared; None to compare with none.
        not_compared: why there is nothing to compare with.
    """
    annotations = {KEY_ANNOTATION: target.key, VERIFICATION_KEY_ANNOTATION: target.judged_key}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(model, annotations, name=candidate_name(model.name), track=CANDIDATE),
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "template": _pod(model, target, template, against, not_compared),
        },
    }


def _pod(
    model: SentimentModel,
    target: Target,
    template: Mapping[str, Any],
    against: Serving | None,
    not_compared: str,
) -> dict[str, Any]:
    metadata, spec = template["metadata"], template["spec"]
    quality = model.spec.rollout.verification.get("qualitySet") or {}
    sidecar = {name: value for name, value in spec["containers"][0].items() if name not in _LEFT_OUT}
    annotations = {
        **{
            name: text
            for name, text in (metadata.get("annotations") or {}).items()
            if not name.startswith(SCRAPE_PREFIX)
        },
        SKIP_CREDENTIALS_ANNOTATION: "serving,verify",
    }
    volumes = [*spec["volumes"]]
    if quality:
        # Optional, so that the verifier starts without it and can report that it is missing.
        volumes.append({"name": "quality", "configMap": {"name": quality["configMapName"], "optional": True}})
    return {
        "metadata": {
            "labels": {**(metadata.get("labels") or {}), **child_labels(model.name, track=CANDIDATE)},
            "annotations": annotations,
        },
        "spec": {
            **{name: value for name, value in spec.items() if name != "topologySpreadConstraints"},
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": GRACE_SECONDS,
            "initContainers": [*spec["initContainers"], {**sidecar, "restartPolicy": "Always"}],
            "containers": [_verify(model, target, image=sidecar["image"], against=against, not_compared=not_compared)],
            "volumes": volumes,
        },
    }


def _verify(
    model: SentimentModel, target: Target, *, image: str, against: Serving | None, not_compared: str
) -> dict[str, Any]:
    rules = model.spec.rollout.verification
    compared = (
        {"SERVING_URL": endpoint(model), "SERVING_DIGEST": against.digest}
        if against
        else {"DISAGREEMENT_SKIPPED": not_compared}
    )
    quality = {"MIN_ACCURACY": rules["minAccuracy"], "QUALITY_DIR": QUALITY_DIR} if rules.get("qualitySet") else {}
    mounts = [
        {"name": "model", "mountPath": MODEL_DIR, "readOnly": True},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
    ]
    if quality:
        mounts.append({"name": "quality", "mountPath": QUALITY_DIR, "readOnly": True})
    return {
        "name": "verify",
        "image": image,
        "args": ["verify"],
        "env": env(
            MODEL_DIR=MODEL_DIR,
            MODEL_NAME=model.spec.reference.name,
            MODEL_VERSION=target.version,
            MODEL_DIGEST=target.digest,
            CANDIDATE_URL=f"http://127.0.0.1:{SERVING_PORT}",
            PARITY="true" if rules.get("parity", True) else "false",
            MAX_DISAGREEMENT=rules.get("maxDisagreement", "0.20"),
            SOAK_SECONDS=str(rules.get("soakSeconds", 10)),
            **compared,
            **quality,
        ),
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "volumeMounts": mounts,
        "securityContext": RESTRICTED,
        "terminationMessagePolicy": "File",
    }
