"""A SentimentModel for tests: changed through kubectl, as users do, and read in this process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from delivery import rollout
from delivery.cluster import Cluster
from delivery.rollout import Outcome, condition_of
from testbed.objects import read, read_all
from testbed.waiting import eventually

CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")


@dataclass(frozen=True)
class Resource:
    """One SentimentModel in a namespace of its own."""

    cluster: Cluster
    namespace: str
    name: str
    model: str
    """The registered model in MLflow."""

    @property
    def url(self) -> str:
        """The address of its Service inside the cluster."""
        return f"http://{self.name}.{self.namespace}.svc.cluster.local"

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return self.cluster.kubectl("-n", self.namespace, *arguments, stdin=stdin)

    def apply(self, version: str, **spec: object) -> None:
        manifest = {
            "apiVersion": "sentiment.dev/v1alpha1",
            "kind": "SentimentModel",
            "metadata": {"name": self.name},
            "spec": {
                "model": {"name": self.model, "version": version},
                "replicas": 2,
                "credentials": {"secretName": "artifact-store"},
                # The soak has its own tests; the others do not wait for it.
                "rollout": {"verification": {"soakSeconds": 0}},
                **spec,
            },
        }
        self.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))

    def patch_version(self, version: str) -> None:
        rollout.patch(self.cluster, self.name, version=version, namespace=self.namespace)

    def patch(self, change: dict[str, Any]) -> None:
        self.kubectl("patch", "smdl", self.name, "--type=merge", "-p", json.dumps(change))

    def wait(self, timeout: str = "3m") -> Outcome:
        """CI's two waits."""
        return rollout.wait(self.cluster, self.name, namespace=self.namespace, timeout=timeout)

    def get(self, kind: str, name: str = "") -> dict[str, Any]:
        return read(self.cluster, self.namespace, kind, name or self.name)

    def all(self, kind: str, selector: str = "") -> list[dict[str, Any]]:
        return read_all(self.cluster, self.namespace, kind, selector)

    def status(self) -> dict[str, Any]:
        """The status; empty if there is none yet."""
        status: dict[str, Any] = self.get("smdl").get("status") or {}
        return status

    def serving(self) -> str | None:
        version: str | None = (self.status().get("serving") or {}).get("version")
        return version

    def conditions(self) -> dict[str, tuple[str, str]]:
        """Condition type -> (status, reason), for the newest generation only."""
        found = self.get("smdl")
        generation = found["metadata"]["generation"]
        return {
            c["type"]: (c["status"], c["reason"])
            for c in found.get("status", {}).get("conditions", [])
            if c["observedGeneration"] == generation
        }

    def message(self, kind: str) -> str:
        return condition_of(self.status(), kind).get("message", "")

    def wait_for(self, *, seconds: float = 90.0, **wanted: tuple[str, str]) -> None:
        """Wait until the named conditions have this status and reason for the newest generation."""

        def look() -> bool:
            found = self.conditions()
            seen = {kind: found.get(kind) for kind in wanted}
            assert seen == wanted, f"{seen}; {self.message('Ready')}"
            return True

        eventually(look, f"conditions {wanted}", seconds=seconds)

    def pods(self, track: str = "stable") -> list[dict[str, Any]]:
        """The pods that are not being deleted."""
        selector = f"sentiment.dev/model={self.name},sentiment.dev/track={track}"
        return [pod for pod in self.all("pod", selector) if "deletionTimestamp" not in pod["metadata"]]

    def predict(self, text: str = rollout.SMOKE_TEXT) -> dict[str, Any]:
        return rollout.smoke(self.cluster, self.name, namespace=self.namespace, text=text)


@contextmanager
def namespaced(cluster: Cluster) -> Iterator[Resource]:
    """A SentimentModel, not applied yet, in its own namespace with Pod Security enforced and the store's Secret."""
    name = f"e2e-{uuid4().hex[:8]}"
    metadata = {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "artifact-store", "namespace": name},
        "stringData": {key: cluster.environment[key] for key in CREDENTIALS},
    }
    for manifest in ({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, secret):
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    try:
        yield Resource(cluster=cluster, namespace=name, name="reviews", model=f"model-{name}")
    finally:
        cluster.kubectl("delete", "namespace", name, "--wait=false")
