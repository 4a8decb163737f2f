"""The lab's own reads of the Kubernetes API."""

import http.client
import json
import ssl
from typing import Any

from lab.errors import LabError
from lab.layout import State
from lab.settings import Settings


def ready_nodes(settings: Settings, state: State) -> set[str]:
    """Names of the nodes whose Ready condition is True.

    Raises:
        LabError: the API does not answer.
    """
    context = ssl.create_default_context(cafile=str(state.pki / "ca.crt"))
    client = state.pki / "apiserver-kubelet-client.crt"
    context.load_cert_chain(client, client.with_suffix(".key"))
    connection = http.client.HTTPSConnection(str(settings.host), settings.api_port, timeout=5, context=context)
    try:
        connection.request("GET", "/api/v1/nodes")
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as err:
        raise LabError(f"the Kubernetes API at {settings.host}:{settings.api_port} does not answer: {err}") from err
    finally:
        connection.close()
    if response.status != 200:
        raise LabError(f"the Kubernetes API answered {response.status} when asked for its nodes")
    return ready_names(json.loads(body))


def ready_names(nodes: dict[str, Any]) -> set[str]:
    """Names of the Ready nodes in a NodeList."""
    return {str(node["metadata"]["name"]) for node in nodes["items"] if _is_ready(node["status"].get("conditions", []))}


def _is_ready(conditions: list[dict[str, str]]) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
