"""The Service in front of the serving pods."""

from typing import Any

from sentiment_operator.api.names import selector_labels
from sentiment_operator.api.resource import SentimentModel
from sentiment_operator.children.metadata import metadata


def service(model: SentimentModel) -> dict[str, Any]:
    """The Service, of the type and with the port and annotations of the spec."""
    spec = model.spec.service
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(model, spec.annotations),
        "spec": {
            "type": spec.type,
            "selector": selector_labels(model.name),
            "ports": [{"name": "http", "port": spec.port, "targetPort": "http", "protocol": "TCP"}],
        },
    }


def endpoint(model: SentimentModel) -> str:
    """The URL under which callers inside the cluster reach the model."""
    return f"http://{model.name}.{model.namespace}.svc:{model.spec.service.port}"
