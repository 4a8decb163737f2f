"""The stage of the scenarios: the lab with the operator, its registry, and one SentimentModel that serves."""

import json
import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from delivery.cluster import ROOT, Cluster, DeliveryError, connect
from lab import client
from testbed import prepare
from testbed.audit import AuditLog
from testbed.faulty import Behaviour, build_faulty
from testbed.prepare import Prepared
from testbed.resource import Resource, namespaced
from testbed.versions import Registry

OPERATOR_USER = "system:serviceaccount:sentiment-system:sentiment-operator"
QUALITY_SET = "quality"
QUALITY_ROWS = 200
MIN_ACCURACY = "0.80"
"""Below the accuracy of the end-to-end tests' small model on its own test rows."""


@dataclass
class Stage:
    """The prepared lab."""

    cluster: Cluster
    prepared: Prepared
    registry: Registry
    audit: AuditLog
    _faulty: dict[Behaviour, str] = field(default_factory=dict)
    _resource: Resource | None = None
    _kept: ExitStack = field(default_factory=ExitStack)

    @property
    def serving_image(self) -> str:
        return self.prepared.images["sentiment-serving"]

    @property
    def source(self) -> str:
        """The installed code: the commit of this checkout, or the key of another state of a checkout."""
        if self.prepared.checkout != prepare.checkout_key():
            return f"checkout {self.prepared.checkout[:8]}"
        command = ["git", "describe", "--always", "--dirty"]
        return subprocess.run(command, cwd=ROOT, check=True, text=True, capture_output=True).stdout.strip()

    def faulty(self, behaviour: Behaviour) -> str:
        """The serving image with that fault, built on first use."""
        if behaviour not in self._faulty:
            self._faulty[behaviour] = build_faulty(self.cluster, self.serving_image, behaviour)
        return self._faulty[behaviour]

    def served(self) -> Resource:
        """The SentimentModel that scenarios share: a good version serves on 2 pods, and no rollout is in progress."""
        if self._resource is None:
            self._resource = self._kept.enter_context(self.fresh())
            self._resource.apply(self.registry.publish(self._resource.model), rollout={})
            outcome = self._resource.wait()
            if not outcome.ready:
                self.abandon()
                raise DeliveryError(f"a good version does not serve: {outcome.reason}: {outcome.message}")
        return self._resource

    def abandon(self) -> None:
        """Give up the shared resource: the next scenario gets a new one."""
        self._resource = None

    @contextmanager
    def fresh(self) -> Iterator[Resource]:
        """A SentimentModel in its own namespace, not applied yet; the namespace is deleted at the end."""
        with namespaced(self.cluster) as resource:
            yield resource

    def provide_quality_set(self, resource: Resource) -> None:
        """Apply a ConfigMap with labelled texts that the model was not trained on."""
        rows = (Path(self.prepared.workspace) / "data" / "prepared" / "test.jsonl").read_text().splitlines()
        chosen = [json.loads(row) for row in rows[:QUALITY_ROWS]]
        lines = "".join(json.dumps({name: row[name] for name in ("id", "text", "label")}) + "\n" for row in chosen)
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": QUALITY_SET}, "data": {"texts": lines}}
        resource.kubectl("apply", "-f", "-", stdin=json.dumps(body))


@contextmanager
def stage(*, as_installed: bool) -> Iterator[Stage]:
    """Prepare the lab, or take it as it is.

    Args:
        as_installed: measure the installed operator and images, whichever checkout they are from.

    Raises:
        DeliveryError: `as_installed` is set, but nothing is installed.
    """
    if not as_installed:
        prepare.prepare()
    cluster = connect("lab")
    prepared = prepare.noted(cluster)
    if prepared is None:
        raise DeliveryError("nothing was installed in this lab: leave out --as-installed")
    os.environ.update({k: v for k, v in cluster.environment.items() if k.startswith(("AWS_", "MLFLOW_"))})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow.pyfunc  # noqa: F401 (its modules warn about each other while they are imported)
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as kept:
        yield Stage(
            cluster=cluster,
            prepared=prepared,
            registry=Registry(Path(prepared.workspace), Path(scratch)),
            audit=AuditLog(client.audit_log()),
            _kept=kept,
        )
