"""The operator of the release that clusters upgrade from: a process on this machine, run from a git worktree."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from delivery.cluster import ROOT, Cluster
from delivery.deploy import NAMESPACE, OPERATOR
from testbed import steps
from testbed.servers import free_port, running

COMMIT = "e8f15c1"


@contextmanager
def checkout(folder: Path) -> Iterator[Path]:
    """The files of that release, in a git worktree that is removed at the end.

    Args:
        folder: Where to put it; must not exist yet.

    Raises:
        AssertionError: This clone lacks the commit, and it cannot be fetched.
    """
    if not _has_commit():
        _git("fetch", "--quiet", "--unshallow")
    assert _has_commit(), (
        f"commit {COMMIT}, the release to upgrade from, is not in this clone and could not be fetched: "
        "clone with the whole history"
    )
    added = _git("worktree", "add", "--detach", str(folder), COMMIT)
    assert added.returncode == 0, f"git worktree add failed: {added.stderr}"
    try:
        yield folder
    finally:
        _git("worktree", "remove", "--force", str(folder))


def _has_commit() -> bool:
    return _git("rev-parse", "--quiet", "--verify", f"{COMMIT}^{{commit}}").returncode == 0


@contextmanager
def in_charge(cluster: Cluster, release: Path, log: Path) -> Iterator[None]:
    """While the block runs, `release` has the cluster: its resource definition and its operator.

    At the end, whatever happened, today's resource definition and the operator in the cluster take over.

    Args:
        cluster: The lab, with today's operator.
        release: A checkout of the former release.
        log: Takes the output of its operator.
    """
    port = free_port()
    health = f"http://127.0.0.1:{port}/healthz"
    environment = {
        **cluster.environment,
        **settings(cluster),
        # Not the default of today's operator: an upgrade mostly brings another serving image, too.
        "SERVING_IMAGE": f"{cluster.registry}/sentiment-serving:dev",
        "METRICS_PORT": "0",
        "PYTHONPATH": str(release / "operator"),
    }
    command = [sys.executable, "-m", "sentiment_operator", f"--liveness={health}"]
    where = [sys.executable, "-c", "import sentiment_operator; print(*sentiment_operator.__path__)"]
    imported = subprocess.run(where, env=environment, cwd=log.parent, check=True, capture_output=True, text=True)
    assert imported.stdout.strip() == str(release / "operator" / "sentiment_operator")
    steps.stop_operator(cluster)
    try:
        cluster.kubectl("apply", "-k", str(release / "crds"))
        with running(command, health, log, environment):
            yield
    finally:
        cluster.kubectl("apply", "-k", str(ROOT / "crds"))
        steps.start_operator(cluster)


def settings(cluster: Cluster) -> dict[str, str]:
    """The environment variables of the operator in the cluster."""
    live = json.loads(cluster.kubectl("-n", NAMESPACE, "get", OPERATOR, "-o", "json"))
    (container,) = live["spec"]["template"]["spec"]["containers"]
    names = [source["configMapRef"]["name"] for source in container["envFrom"]]
    found = [json.loads(cluster.kubectl("-n", NAMESPACE, "get", "configmap", name, "-o", "json")) for name in names]
    return {key: value for one in found for key, value in one["data"].items()}


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=False, capture_output=True, text=True)
