"""Names that are contracts: group and kind, labels, annotations, children, revisions, and the hash in them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

GROUP = "sentiment.dev"
VERSION = "v1alpha1"
KIND = "SentimentModel"
PLURAL = "sentimentmodels"
API_VERSION = f"{GROUP}/{VERSION}"

FIELD_MANAGER = "sentiment-operator"
HANDOVER_MANAGER = "sentiment-operator-handover"

MODEL_LABEL = f"{GROUP}/model"
TRACK_LABEL = f"{GROUP}/track"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
STABLE = "stable"
CANDIDATE = "candidate"

VERSION_ANNOTATION = f"{GROUP}/version"
DIGEST_ANNOTATION = f"{GROUP}/digest"
KEY_ANNOTATION = f"{GROUP}/key"
VERIFICATION_KEY_ANNOTATION = f"{GROUP}/judged-key"
APPLIED_ANNOTATION = f"{GROUP}/applied"

SCRAPE_PREFIX = "prometheus.io/"
SKIP_CREDENTIALS_ANNOTATION = "eks.amazonaws.com/skip-containers"
"""Containers that do not get the credentials of a role bound to the service account: all but `fetch`."""

CHILD_SELECTOR = f"{MANAGED_BY_LABEL}={FIELD_MANAGER}"
"""Label selector of all children that this operator creates."""

SERVING_PORT = 5000


class Key(NamedTuple):
    """Namespace and name of a SentimentModel."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def selector_labels(name: str) -> dict[str, str]:
    """Labels by which Deployment, Service and PodDisruptionBudget select the serving pods of `name`. Immutable."""
    return {MODEL_LABEL: name, TRACK_LABEL: STABLE}


def selector(name: str) -> str:
    """The same as a selector string."""
    return ",".join(f"{label}={value}" for label, value in selector_labels(name).items())


def child_labels(name: str, *, track: str = STABLE) -> dict[str, str]:
    """Labels of every child and every pod of `name`. The candidate's have a track of their own."""
    return {
        "app.kubernetes.io/name": "sentiment-serving",
        "app.kubernetes.io/instance": name,
        MANAGED_BY_LABEL: FIELD_MANAGER,
        **selector_labels(name),
        TRACK_LABEL: track,
    }


def revision_name(name: str, key: str) -> str:
    """Name of the ControllerRevision that keeps the template of `key`."""
    return f"{name}-{key}"


def candidate_name(name: str) -> str:
    """Name of the Job that verifies a version before it is rolled out."""
    return f"{name}-candidate"


def content_hash(value: object) -> str:
    """The SHA-256 of the canonical JSON of `value`, in hex digits; the order of keys does not matter."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # ControllerRevisions of others may hold halves of surrogate pairs.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def short_hash(value: Mapping[str, Any]) -> str:
    """The first 10 hex digits of `content_hash`."""
    return content_hash(value)[:10]
