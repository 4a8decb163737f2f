"""`make run`: the operator of this checkout, as a process on this machine, against the cluster of KUBECONFIG."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from delivery.cluster import ROOT, Cluster, DeliveryError
from delivery.images import RECORD, pushed_images

NEEDS = {
    "KUBECONFIG": 'the cluster to work on; for the lab: eval "$(.venv/bin/python -m lab env)"',
    "MLFLOW_TRACKING_URI": "the MLflow server, as this machine reaches it",
    "SERVING_IMAGE": "the image of serving pods, unless `make images` has pushed one from this checkout",
}
DEVELOPMENT = {"METRICS_PORT": "9091"}
"""Settings that differ from those of a cluster: the lab's Prometheus has port 9090 of this machine."""
LIVENESS = "--liveness=http://127.0.0.1:8081/healthz"
"""Only this machine needs to reach the liveness probe."""
LABEL = "app.kubernetes.io/name=sentiment-operator"


def settings(environment: Mapping[str, str], *, namespace: str = "") -> dict[str, str]:
    """The operator's environment: that of the shell, with defaults for development.

    Args:
        environment: The shell's variables, which win over the defaults.
        namespace: The one namespace to watch; empty: as WATCH_NAMESPACE has it, otherwise all of them.

    Raises:
        DeliveryError: A needed variable is not set (the message names each), or there is no such KUBECONFIG file.
    """
    found = {**DEVELOPMENT, **environment}
    if not found.get("KUBECONFIG") and Path("~/.kube/config").expanduser().is_file():
        found["KUBECONFIG"] = str(Path("~/.kube/config").expanduser())
    if not found.get("SERVING_IMAGE") and RECORD.is_file():
        found["SERVING_IMAGE"] = pushed_images()["sentiment-serving"]
    if namespace:
        found["WATCH_NAMESPACE"] = namespace
    missing = [f"{name} ({what})" for name, what in NEEDS.items() if not found.get(name)]
    if missing:
        raise DeliveryError(f"make run needs these variables to be set: {'; '.join(missing)}")
    if not any(Path(path).is_file() for path in found["KUBECONFIG"].split(os.pathsep)):
        raise DeliveryError(f"KUBECONFIG is {found['KUBECONFIG']}, and there is no such file")
    return found


def scale_down(deployments: str) -> list[str]:
    """The commands that stop the operators that run in the cluster.

    Args:
        deployments: The answer of `kubectl get deployments -o json`.
    """
    return [
        f"kubectl -n {one['metadata']['namespace']} scale deployment/{one['metadata']['name']} --replicas=0"
        for one in json.loads(deployments)["items"]
        if one["spec"].get("replicas", 1) > 0
    ]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--namespace", default="", help="the one namespace to watch; all of them otherwise")
def main(namespace: str) -> None:
    """Apply the resource definition and run the operator until Ctrl-C.

    It works with your own rights, not with those of its service account. Two operators must not work on the same
    resources, so the one in the cluster has to be scaled to 0 first.
    """
    environment = settings(os.environ, namespace=namespace)
    if not shutil.which("kubectl", path=environment.get("PATH")):
        raise DeliveryError("make run needs kubectl on PATH")
    cluster = Cluster(kind="current", registry="", environment=environment)
    installed = cluster.try_kubectl("get", "deployments", "--all-namespaces", "--selector", LABEL, "--output", "json")
    if installed.returncode != 0:
        raise DeliveryError(f"the cluster of KUBECONFIG cannot be used: {installed.stderr.strip().splitlines()[-1]}")
    if commands := scale_down(installed.stdout):
        raise DeliveryError(f"an operator runs in this cluster; scale it to 0 first: {'; '.join(commands)}")
    cluster.kubectl("apply", "-k", str(ROOT / "crds"))
    cluster.kubectl("wait", "--for=condition=Established", "crd/sentimentmodels.sentiment.dev", "--timeout=30s")
    watched = environment.get("WATCH_NAMESPACE") or "all namespaces"
    print(f"==> running the operator for {watched}, with images of {environment['SERVING_IMAGE']} (Ctrl-C stops it)")
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "sentiment_operator", LIVENESS], environment)  # noqa: S606


if __name__ == "__main__":
    try:
        main(prog_name="python -m delivery.run")
    except DeliveryError as error:
        sys.exit(f"make: {error}")
