"""`kubectl sentiment` against a real cluster, called through kubectl as users call it.

Covers: status of what serves and of a rejection, history, retry, rollback (dry and real), exit codes, a user who may
see SentimentModels and nothing else.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from testbed.resource import Resource
from testbed.versions import Registry
from testbed.waiting import eventually

pytestmark = pytest.mark.e2e

Plugin = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def sentiment(served: Resource) -> Plugin:
    """Runs `kubectl sentiment COMMAND reviews -n NAMESPACE ...`."""
    plugins = Path(sys.executable).parent

    def run(
        command: str, *arguments: str, name: str = served.name, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        environment = {**served.cluster.environment, **{key.upper(): value for key, value in variables.items()}}
        environment["PATH"] = f"{plugins}:{environment['PATH']}"
        cluster = replace(served.cluster, environment=environment)
        return cluster.try_kubectl("sentiment", command, name, "-n", served.namespace, *arguments)

    return run


@pytest.fixture(scope="module")
def rejected(served: Resource, registry: Registry) -> str:
    """The number of a version that was requested and rejected; version 1 keeps serving."""
    version = registry.publish_unreadable(served.model)
    served.patch_version(version)
    outcome = served.wait()
    assert (outcome.reason, outcome.serving) == ("Rejected", "1")
    return version


def test_status_shows_which_version_serves_on_which_pods(served: Resource, sentiment: Plugin) -> None:
    done = sentiment("status")
    assert done.returncode == 0, done.stderr
    headline, *lines = done.stdout.splitlines()
    assert "version 1 is requested, version 1 serves" in headline
    assert "2/2 pods are ready" in headline
    for pod in served.pods():
        (line,) = [one for one in lines if pod["metadata"]["name"] in one]
        assert "version 1" in line
        assert "Ready" in line
        assert pod["spec"]["nodeName"] in line
    assert any("Normal" in line and "Serving" in line for line in lines), "the Event of the success"


def test_without_an_earlier_version_there_is_no_rollback(served: Resource, sentiment: Plugin) -> None:
    done = sentiment("rollback")
    assert done.returncode == 1
    assert "no version other than 1" in done.stderr
    assert sentiment("retry").returncode == 1


def test_status_shows_why_a_version_was_rejected(rejected: str, served: Resource, sentiment: Plugin) -> None:
    shown = sentiment("status").stdout
    assert f"version {rejected} is requested, version 1 serves" in shown
    assert served.message("Ready") in " ".join(shown.split())
    newest, success = sentiment("history").stdout.splitlines()[1:3]
    assert newest.split()[:3] == [rejected, "Rejected", served.conditions()["ModelVerified"][1]]
    assert success.split()[:2] == ["1", "Succeeded"]
    assert success.endswith("serves")


def test_a_retry_is_a_new_try_of_the_same_version(rejected: str, served: Resource, sentiment: Plugin) -> None:
    before = len(served.status()["rejected"])
    assert sentiment("retry", "--dry-run").returncode == 0
    assert served.get("smdl")["spec"]["rollout"]["retryToken"] == ""
    done = sentiment("retry")
    assert done.returncode == 0, done.stderr
    assert f"version {rejected}" in done.stdout
    token = served.get("smdl")["spec"]["rollout"]["retryToken"]
    assert token
    assert token in done.stdout
    eventually(lambda: len(served.status()["rejected"]) == before + 1, "a second verdict")
    assert served.wait().reason == "Rejected"


def test_a_rollback_requests_the_last_good_version_and_shows_how_to_wait(
    rejected: str, served: Resource, sentiment: Plugin
) -> None:
    dry = sentiment("rollback", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "dry run: nothing was changed" in dry.stdout
    assert served.get("smdl")["spec"]["model"]["version"] == rejected
    done = sentiment("rollback")
    assert done.returncode == 0, done.stderr
    assert f"version 1 is requested instead of {rejected}" in done.stdout
    for line in done.stdout.splitlines():
        if line.startswith("  kubectl "):
            served.cluster.kubectl(*line.split()[1:])
    assert served.conditions()["Ready"] == ("True", "Serving")
    assert sentiment("rollback", "--to", "1").returncode == 1, "it is requested already"


def test_what_is_not_there_is_an_error(sentiment: Plugin) -> None:
    done = sentiment("status", name="missing")
    assert done.returncode == 1
    assert "not found" in done.stderr


def test_an_unreachable_cluster_is_reported_in_one_line(sentiment: Plugin, tmp_path: Path) -> None:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "gone", "cluster": {"server": "http://127.0.0.1:9"}}],
        "contexts": [{"name": "gone", "context": {"cluster": "gone", "user": ""}}],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    done = sentiment("status", "--context", "gone", kubeconfig=str(tmp_path / "kubeconfig"))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: The connection to the server 127.0.0.1:9 was refused")


def test_a_user_who_may_see_nothing_else_sees_the_status(served: Resource, sentiment: Plugin, tmp_path: Path) -> None:
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "viewer"},
        "rules": [{"apiGroups": ["sentiment.dev"], "resources": ["sentimentmodels"], "verbs": ["get"]}],
    }
    served.kubectl("apply", "-f", "-", stdin=json.dumps(role))
    served.kubectl("create", "serviceaccount", "viewer")
    served.kubectl("create", "rolebinding", "viewer", "--role=viewer", f"--serviceaccount={served.namespace}:viewer")
    token = served.kubectl("create", "token", "viewer").strip()
    # A kubeconfig of its own: the session's stays as it is.
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(served.kubectl("config", "view", "--raw", "--minify", "--flatten"))
    environment = {**served.cluster.environment, "KUBECONFIG": str(kubeconfig)}
    viewer = replace(served.cluster, environment=environment)
    server = viewer.kubectl("config", "view", "--output=jsonpath={.clusters[0].name}")
    viewer.kubectl("config", "set-credentials", "viewer", f"--token={token}")
    viewer.kubectl("config", "set-context", "viewer", f"--cluster={server}", "--user=viewer")
    done = sentiment("status", "--context", "viewer", kubeconfig=str(kubeconfig))
    assert done.returncode == 0, done.stderr
    assert "version 1 serves" in done.stdout
    assert "pods is forbidden" in done.stdout
    assert "events is forbidden" in done.stdout
