"""A ControllerRevision: a pod template that proved itself, kept as it was rendered. What serves is put back from it."""

from typing import Any

from sentiment_operator.api.names import KEY_ANNOTATION, revision_name
from sentiment_operator.api.resource import SentimentModel
from sentiment_operator.children.metadata import metadata
from sentiment_operator.observed.observation import Template


def revision(model: SentimentModel, template: Template, *, number: int, reason: str, message: str) -> dict[str, Any]:
    """The revision that keeps `template` and why it was found good. `number` grows from one to the next."""
    name = revision_name(model.name, template.key)
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": metadata(model, {KEY_ANNOTATION: template.key}, name=name),
        "revision": number,
        "data": {"verified": {"reason": reason, "message": message}, "template": template.body},
    }
