"""The target cluster: the lab on this machine, or the cluster of KUBECONFIG."""

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab import client
from lab.client import LabError

ROOT = Path(__file__).resolve().parent.parent
CURRENT_NEEDS = {
    "REGISTRY": "the image registry that the cluster pulls from, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com",
    "MLFLOW_TRACKING_URI": "the MLflow server, under a name that this machine and the cluster can resolve",
}


class DeliveryError(RuntimeError):
    """A step failed; the message states what was expected, what was found and what to do."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster, and the environment with which kubectl, DVC, MLflow and boto3 reach it."""

    kind: Literal["lab", "current"]
    registry: str
    environment: Mapping[str, str]

    @property
    def overlay(self) -> Path:
        """The kustomization that installs the operator: OVERLAY (relative to the checkout) if it is set."""
        return ROOT / (self.environment.get("OVERLAY") or f"deploy/{'overlays/lab' if self.kind == 'lab' else 'base'}")

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl and return its output.

        Raises:
            DeliveryError: kubectl failed; the message has its error output.
        """
        done = self.try_kubectl(*arguments, stdin=stdin)
        if done.returncode != 0:
            raise DeliveryError(f"kubectl {shlex.join(arguments)} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def try_kubectl(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl and accept any exit code."""
        return subprocess.run(
            ["kubectl", *arguments],
            input=stdin,
            env=dict(self.environment),
            text=True,
            capture_output=True,
            check=False,
        )


def connect(kind: Literal["lab", "current"]) -> Cluster:
    """Describe the cluster of that kind.

    Raises:
        DeliveryError: the lab is not up, or a setting of the current cluster is missing.
    """
    return _lab() if kind == "lab" else _current()


def _lab() -> Cluster:
    try:
        environment = {**os.environ, **client.environment()}
    except LabError as error:
        raise DeliveryError(str(error)) from error
    return Cluster(kind="lab", registry=environment["REGISTRY"], environment=environment)


def _current() -> Cluster:
    missing = [f"{name} ({what})" for name, what in CURRENT_NEEDS.items() if not os.environ.get(name)]
    if missing:
        raise DeliveryError(f"CLUSTER=current needs these variables to be set: {'; '.join(missing)}")
    return Cluster(kind="current", registry=os.environ["REGISTRY"], environment=dict(os.environ))
