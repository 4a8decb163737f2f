"""Metadata that all children share."""

from collections.abc import Mapping
from typing import Any

from sentiment_operator.api.names import API_VERSION, KIND, STABLE, child_labels
from sentiment_operator.api.resource import SentimentModel


def metadata(
    model: SentimentModel, annotations: Mapping[str, str] | None = None, *, name: str = "", track: str = STABLE
) -> dict[str, Any]:
    """Metadata of a child, named like `model` by default: labels, and the owner reference that deletes it."""
    return {
        "name": name or model.name,
        "namespace": model.namespace,
        "labels": child_labels(model.name, track=track),
        **({"annotations": dict(annotations)} if annotations else {}),
        "ownerReferences": [
            {
                "apiVersion": API_VERSION,
                "kind": KIND,
                "name": model.name,
                "uid": model.uid,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }
