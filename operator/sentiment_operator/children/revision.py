"""A ControllerRevision: a verified pod template, kept as it was rendered, from which serving pods are restored."""

from typing import Any

from sentiment_operator.api.names import KEY_ANNOTATION, revision_name
from sentiment_operator.api.resource import SentimentModel
from sentiment_operator.children.metadata import metadata
from sentiment_operator.observed.observation import Template

LAST_NUMBER = 2**63 - 1
"""The highest number that the API server takes."""


def revision(model: SentimentModel, template: Template, *, number: int, reason: str, message: str) -> dict[str, Any]:
    """The revision that keeps `template`.

    Args:
        number: higher than that of any earlier revision, unless one has the last.
        reason: the reason of the condition ModelVerified.
        message: its message.
    """
    name = revision_name(model.name, template.key)
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": metadata(model, {KEY_ANNOTATION: template.key}, name=name),
        "revision": number,
        "data": kept_data(template, reason=reason, message=message),
    }


def kept_data(template: Template, *, reason: str, message: str) -> dict[str, Any]:
    """The data of the revision that keeps `template`."""
    return {"verified": {"reason": reason, "message": message}, "template": template.body}
