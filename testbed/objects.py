"""Reads of cluster objects, in this process.

A test that polls several times a second would start as many kubectls, each a fifth of a second of a core, and so
disturb what it observes. What users do (apply, patch, wait) still goes through kubectl.
"""

import json
from functools import cache
from typing import Any

import urllib3
from kubernetes import client, config

from delivery.cluster import Cluster, DeliveryError

FOUND, NOT_FOUND = 200, 404
TIMEOUT_SECONDS = 10

_WHERE = {
    "smdl": "apis/sentiment.dev/v1alpha1/{}/sentimentmodels",
    "deployment": "apis/apps/v1/{}/deployments",
    "replicaset": "apis/apps/v1/{}/replicasets",
    "controllerrevision": "apis/apps/v1/{}/controllerrevisions",
    "job": "apis/batch/v1/{}/jobs",
    "horizontalpodautoscaler": "apis/autoscaling/v2/{}/horizontalpodautoscalers",
    "poddisruptionbudget": "apis/policy/v1/{}/poddisruptionbudgets",
    "pod": "api/v1/{}/pods",
    "service": "api/v1/{}/services",
    "secret": "api/v1/{}/secrets",
    "resourcequota": "api/v1/{}/resourcequotas",
}


def read(cluster: Cluster, namespace: str, kind: str, name: str) -> dict[str, Any]:
    """One object.

    Raises:
        DeliveryError: the object does not exist, or the API server does not answer.
    """
    found = _get(cluster, f"/{_path(namespace, kind)}/{name}")
    if found is None:
        raise DeliveryError(f"{kind} {name} is not found in namespace {namespace}")
    return found


def read_all(cluster: Cluster, namespace: str, kind: str, selector: str = "") -> list[dict[str, Any]]:
    """The objects of a kind; none if the namespace does not exist.

    Raises:
        DeliveryError: the API server does not answer.
    """
    found = _get(cluster, f"/{_path(namespace, kind)}", selector)
    items: list[dict[str, Any]] = (found or {}).get("items", [])
    return items


def _path(namespace: str, kind: str) -> str:
    return _WHERE[kind].format(f"namespaces/{namespace}")


def _get(cluster: Cluster, path: str, selector: str = "") -> dict[str, Any] | None:
    api = _client(cluster.environment["KUBECONFIG"])
    query = [("labelSelector", selector)] if selector else []
    request = api.param_serialize("GET", path, query_params=query, header_params={"Accept": "application/json"})
    try:
        response = api.call_api(*request, _request_timeout=TIMEOUT_SECONDS)
        status, data = int(response.status), bytes(response.read())  # type: ignore[no-untyped-call]
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise DeliveryError(f"GET {path}: the API server cannot be reached: {error}") from error
    if status == NOT_FOUND:
        return None
    if status != FOUND:
        raise DeliveryError(f"GET {path}: HTTP {status}: {data.decode(errors='replace')}")
    found: dict[str, Any] = json.loads(data)
    return found


@cache
def _client(kubeconfig: str) -> client.ApiClient:
    """The administrator's client, one per process."""
    configuration = client.Configuration()
    config.load_kube_config(kubeconfig, client_configuration=configuration)  # type: ignore[no-untyped-call]
    return client.ApiClient(configuration)
