"""The Kubernetes API: what the operator needs of it, and the adapter to its client. Calls block: run them in threads.

Bodies are plain JSON: the client's typed models would drop fields that its release does not know.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import urllib3
from kubernetes import client, config

from sentiment_operator.api.errors import MAX_CHARS, ClusterError, Conflict, NamespaceTerminating, Refused
from sentiment_operator.api.names import (
    API_VERSION,
    FIELD_MANAGER,
    HANDOVER_MANAGER,
    KIND,
    MODEL_LABEL,
    PLURAL,
    STABLE,
    TRACK_LABEL,
    Key,
    candidate_name,
)
from sentiment_operator.api.resource import SentimentModel
from sentiment_operator.api.text import one_line
from sentiment_operator.observed.observation import Candidate, Deployment, Json, Observation, Revision
from sentiment_operator.observed.pods import Pod

_PLURALS = {
    KIND: PLURAL,
    "Deployment": "deployments",
    "ControllerRevision": "controllerrevisions",
    "Job": "jobs",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "Service": "services",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "Pod": "pods",
    "Event": "events",
}

MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


class Cluster(Protocol):
    """All methods raise `ClusterError` when the API server cannot be reached or fails."""

    def check(self, namespace: str) -> None:
        """List SentimentModels in `namespace` (empty: in all) to find out whether that works."""

    def get(self, key: Key) -> SentimentModel | None:
        """The resource as it is now; None if it does not exist."""

    def observe(self, key: Key) -> Observation:
        """All children and pods of the resource."""

    def apply(self, manifest: Json) -> Json:
        """Apply server-side, with force: fields that others have set are taken over.

        Returns:
            The object as the API server stored it.

        Raises:
            Refused: the API server does not take it.
        """

    def create(self, manifest: Json) -> None:
        """Create an object that is never changed afterwards.

        Raises:
            Conflict: an object of this name exists by now.
            Refused: the API server does not take it.
        """

    def hand_over_replicas(self, deployment: Json) -> None:
        """Give up ownership of a Deployment's replicas without resetting them.

        See "Transferring ownership" in the Kubernetes documentation of server-side apply.

        Raises:
            Conflict: the count may have changed since it was read.
        """

    def delete(self, api_version: str, kind: str, key: Key, *, uid: str) -> None:
        """Delete an object if it still has this uid."""

    def patch_status(self, model: SentimentModel, patch: Json) -> SentimentModel | None:
        """Merge `patch` into the status. Returns the patched resource, None if it is gone.

        Raises:
            Conflict: the resource has changed since `model` was read.
        """

    def record_event(self, model: SentimentModel, *, warning: bool, reason: str, message: str, time: str) -> None:
        """Create an Event about the resource."""


@dataclass(frozen=True)
class KubernetesCluster:
    """The adapter to the Kubernetes client. Safe to use from several threads."""

    api: client.ApiClient
    timeout_seconds: float

    @classmethod
    def connect(cls, *, timeout_seconds: float, threads: int) -> Self:
        """Connect with the service account of the pod or, outside of one, with KUBECONFIG."""
        configuration = client.Configuration()
        try:
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except config.ConfigException:
            config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        configuration.connection_pool_maxsize = threads
        configuration.retries = 1
        api = client.ApiClient(configuration)
        api.user_agent = FIELD_MANAGER
        return cls(api, timeout_seconds)

    def check(self, namespace: str) -> None:
        scope = f"/namespaces/{namespace}" if namespace else ""
        self._request("GET", f"/apis/{API_VERSION}{scope}/{PLURAL}", query=[("limit", "1")])

    def get(self, key: Key) -> SentimentModel | None:
        body = self._get(API_VERSION, KIND, key)
        return None if body is None else SentimentModel.parse(body)

    def observe(self, key: Key) -> Observation:
        deployment = self._get("apps/v1", "Deployment", key)
        pods = self._list("v1", "Pod", key)
        revisions = [Revision.parse(one) for one in self._list("apps/v1", "ControllerRevision", key)]
        return Observation(
            deployment=Deployment.parse(deployment) if deployment else None,
            service=self._get("v1", "Service", key),
            disruption_budget=self._get("policy/v1", "PodDisruptionBudget", key),
            autoscaler=self._get("autoscaling/v2", "HorizontalPodAutoscaler", key),
            candidate=self._candidate(key, pods),
            revisions=tuple(sorted(revisions, key=lambda one: one.number)),
            pods=tuple(Pod.parse(one) for one in pods if one["metadata"]["labels"].get(TRACK_LABEL) == STABLE),
        )

    def _candidate(self, key: Key, pods: list[dict[str, Any]]) -> Candidate | None:
        job = self._get("batch/v1", "Job", Key(key.namespace, candidate_name(key.name)))
        if job is None:
            return None
        found = Candidate.parse(job, pods)
        return found if found.pods else replace(found, creation_failure=self._why_no_pod(key.namespace, found.uid))

    def _why_no_pod(self, namespace: str, uid: str) -> str:
        """Why no pod could be created, from the newest Event: the Job's status does not have it."""
        query = [("fieldSelector", f"involvedObject.uid={uid},reason=FailedCreate")]
        answer = self._request("GET", _path("v1", "Event", namespace), query=query) or {}
        events = sorted(answer.get("items") or (), key=lambda one: str(one.get("lastTimestamp") or ""))
        return one_line(str(events[-1].get("message", "")), MAX_CHARS) if events else ""

    def apply(self, manifest: Json) -> Json:
        metadata = manifest["metadata"]
        key = Key(metadata["namespace"], metadata["name"])
        return self._apply(manifest, key, manager=FIELD_MANAGER)

    def create(self, manifest: Json) -> None:
        kind, metadata = manifest["kind"], manifest["metadata"]
        path = _path(manifest["apiVersion"], kind, metadata["namespace"])
        try:
            self._request("POST", path, body=manifest, query=[("fieldManager", FIELD_MANAGER)])
        except Conflict as conflict:
            if kind == "Job":
                raise
            # Revisions are found by their labels: one that was not found has lost them, or is not ours.
            text = f"{kind} {metadata['name']} exists without the operator's labels: delete it."
            raise Refused(text, invalid=False) from conflict

    def hand_over_replicas(self, deployment: Json) -> None:
        metadata = deployment["metadata"]
        key = Key(metadata["namespace"], metadata["name"])
        manifest = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": key.name, "namespace": key.namespace, "resourceVersion": metadata["resourceVersion"]},
            "spec": {"replicas": deployment["spec"]["replicas"]},
        }
        self._apply(manifest, key, manager=HANDOVER_MANAGER)

    def delete(self, api_version: str, kind: str, key: Key, *, uid: str) -> None:
        body = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        self._request("DELETE", _path(api_version, kind, key.namespace, key.name), body=body, absent_is_fine=True)

    def patch_status(self, model: SentimentModel, patch: Json) -> SentimentModel | None:
        path = f"{_path(API_VERSION, KIND, model.namespace, model.name)}/status"
        body = {"metadata": {"resourceVersion": model.resource_version, "uid": model.uid}, "status": patch}
        query = [("fieldManager", FIELD_MANAGER)]
        answer = self._request("PATCH", path, body=body, content_type=MERGE_PATCH, query=query, absent_is_fine=True)
        return None if answer is None else SentimentModel.parse(answer)

    def record_event(self, model: SentimentModel, *, warning: bool, reason: str, message: str, time: str) -> None:
        body = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{model.name}.", "namespace": model.namespace},
            "involvedObject": {
                "apiVersion": API_VERSION,
                "kind": KIND,
                "name": model.name,
                "namespace": model.namespace,
                "uid": model.uid,
                "resourceVersion": model.resource_version,
            },
            "type": "Warning" if warning else "Normal",
            "reason": reason,
            "message": one_line(message, 1024),
            "source": {"component": FIELD_MANAGER},
            "reportingComponent": FIELD_MANAGER,
            "firstTimestamp": time,
            "lastTimestamp": time,
            "count": 1,
        }
        self._request("POST", _path("v1", "Event", model.namespace), body=body)

    def _get(self, api_version: str, kind: str, key: Key) -> dict[str, Any] | None:
        return self._request("GET", _path(api_version, kind, key.namespace, key.name), absent_is_fine=True)

    def _list(self, api_version: str, kind: str, key: Key) -> list[dict[str, Any]]:
        query = [("labelSelector", f"{MODEL_LABEL}={key.name}")]
        answer = self._request("GET", _path(api_version, kind, key.namespace), query=query) or {}
        # The items of a list have no apiVersion and kind.
        return [{"apiVersion": api_version, "kind": kind, **item} for item in answer.get("items") or ()]

    def _apply(self, manifest: Json, key: Key, *, manager: str) -> Json:
        path = _path(manifest["apiVersion"], manifest["kind"], key.namespace, key.name)
        query = [("fieldManager", manager), ("force", "true")]
        return self._request("PATCH", path, body=manifest, content_type=APPLY_PATCH, query=query) or {}

    def _request(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        content_type: str = "application/json",
        query: list[tuple[str, str]] | None = None,
        absent_is_fine: bool = False,
    ) -> dict[str, Any] | None:
        headers = {"Accept": "application/json", **({"Content-Type": content_type} if body is not None else {})}
        try:
            request = self.api.param_serialize(
                method, path, query_params=query, header_params=headers, body=body, auth_settings=["BearerToken"]
            )
            response = self.api.call_api(*request, _request_timeout=self.timeout_seconds)
            status, data = int(response.status), bytes(response.read())  # type: ignore[no-untyped-call]
        except (client.ApiException, urllib3.exceptions.HTTPError, OSError) as error:
            raise ClusterError(f"{method} {path}: the API server cannot be reached: {error}") from error
        if status == 404 and absent_is_fine:
            return None
        if not 200 <= status < 300:
            raise _failure(method, path, status, data)
        return _object(method, path, data)


def _path(api_version: str, kind: str, namespace: str, name: str = "") -> str:
    root = "/api" if "/" not in api_version else "/apis"
    path = f"{root}/{api_version}/namespaces/{namespace}/{_PLURALS[kind]}"
    return f"{path}/{name}" if name else path


def _object(method: str, path: str, data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data, parse_int=_number)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ClusterError(f"{method} {path}: expected a JSON object, found {len(data)} bytes of something else.")
    return answer


def _number(text: str) -> int | float:
    """A whole number. Python refuses to read one of thousands of digits, which no field of ours can have."""
    return int(text) if len(text) < 20 else float(text)


def _failure(method: str, path: str, status: int, data: bytes) -> ClusterError:
    """The error for an answer that is no success."""
    try:
        answer = json.loads(data)
    except ValueError:
        answer = None
    body: Mapping[str, Any] = answer if isinstance(answer, Mapping) else {}
    message = str(body.get("message", ""))
    text = f"{method} {path}: HTTP {status}. {message}".rstrip()
    if any(cause.get("reason") == "NamespaceTerminating" for cause in (body.get("details") or {}).get("causes") or ()):
        return NamespaceTerminating(text)
    if status == 409:
        return Conflict(text)
    if status in (400, 422) or "failed to create typed patch object" in message:
        # Server-side apply answers 500 to a field that the schema does not know.
        return Refused(f"The API server refuses the spec: {message or status}", invalid=True)
    if status == 403 or "failed calling webhook" in message:
        return Refused(f"The API server forbids it: {message or status}", invalid=False)
    return ClusterError(text)
