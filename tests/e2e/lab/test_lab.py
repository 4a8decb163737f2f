"""The lab itself, tested on a second lab with another name, other ranges and another folder.

| claim | how it is tested |
|---|---|
| two labs run side by side | every range differs, the ports do not |
| `up` twice is harmless | no process is restarted |
| `up` restarts what has died | a service is killed |
| a killed node becomes NotReady and recovers | `kill-node`, `start-node`, with a pod on it |
| a stopped service refuses connections and keeps its data | S3 (in memory), MLflow, the API server |
| `down` leaves nothing | after all of the above, and after an `up` killed at several points |
"""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from testbed.waiting import eventually
from tests.e2e.lab import machine

pytestmark = [pytest.mark.e2e, pytest.mark.lengthy]

ROOT = Path(__file__).resolve().parents[3]
HOST = "10.188.0.1"
RANGES = {
    "LAB_NAME": "labtest",
    "LAB_BRIDGE_SUBNET": "10.188.0.0/24",
    "LAB_POD_CIDR": "10.144.0.0/16",
    "LAB_SERVICE_CIDR": "10.196.0.0/16",
}
POD: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "pause"},
    "spec": {
        "selector": {"matchLabels": {"app": "pause"}},
        "template": {
            "metadata": {"labels": {"app": "pause"}},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "containers": [{"name": "pause", "image": "lab.local/pause:1", "imagePullPolicy": "Never"}],
            },
        },
    },
}


class SecondLab:
    """`python -m lab` on another folder and other ranges."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.environment = {**os.environ, **RANGES, "LAB_STATE": str(state)}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "lab", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        with self.start(*arguments) as process:
            out, err = process.communicate(stdin)
        assert process.returncode == 0, f"lab {' '.join(arguments)}: {err}"
        return out

    def fails(self, *arguments: str) -> str:
        with self.start(*arguments) as process:
            _, err = process.communicate()
        assert process.returncode == 1, f"lab {' '.join(arguments)} ended with {process.returncode}"
        return err

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run("kubectl", "get", *arguments, "-o", "json"))

    def services(self) -> dict[str, tuple[int, str]]:
        """Name -> process and start time of everything that was started."""
        records = {path.name: json.loads(path.read_text()) for path in (self.state / "processes").iterdir()}
        return {name: (record["pid"], record["started_ticks"]) for name, record in records.items()}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondLab]:
    """A lab that is up with one node; what a test does to it, it undoes."""
    second = SecondLab(tmp_path_factory.mktemp("lab") / "state")
    before = machine.snapshot(second.state)
    host = machine.network_namespaces(lambda process: process.name == str(os.getpid()))
    try:
        second.run("up", "--nodes", "1")
        second.run("kubectl", "apply", "-f", "-", stdin=json.dumps(POD))
        second.run("kubectl", "rollout", "status", "deployment/pause", "--timeout=60s")
        yield second
        ours = machine.network_namespaces(machine.belongs_to(second.state)) - host
        assert ours
    finally:
        second.run("down")
    assert machine.left_behind(before, machine.snapshot(second.state)) == {}
    assert ours & machine.network_namespaces(lambda process: True) == set()


def pod(lab: SecondLab) -> dict[str, Any]:
    (found,) = lab.json("pods", "-l", "app=pause")["items"]
    return dict(found)


def node_is(lab: SecondLab, status: str) -> bool:
    (node,) = lab.json("nodes")["items"]
    return any(c["type"] == "Ready" and c["status"] == status for c in node["status"]["conditions"])


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_addresses_come_from_the_ranges_it_was_given(lab: SecondLab) -> None:
    assert pod(lab)["status"]["podIP"].startswith("10.144.1.")
    assert lab.json("service", "kubernetes")["spec"]["clusterIP"].startswith("10.196.")
    assert lab.json("node", "node1")["status"]["addresses"][0]["address"] == "10.188.0.11"


def test_status_shows_all_healthy_with_their_urls(lab: SecondLab) -> None:
    status = lab.run("status")
    assert "node1                    Ready" in status
    assert f"mlflow                   healthy  http://{HOST}:5001" in status
    assert "unreachable" not in status


def test_up_twice_is_harmless(lab: SecondLab) -> None:
    before = lab.services()
    assert "healthy" in lab.run("up", "--nodes", "1")
    assert lab.services() == before


def test_another_number_of_nodes_is_refused_with_what_to_do(lab: SecondLab) -> None:
    assert "the lab is up with 1 nodes, not 2: run `python -m lab down` first" in lab.fails("up", "--nodes", "2")


def test_up_starts_again_what_has_died(lab: SecondLab) -> None:
    before = lab.services()
    os.kill(before["registry"][0], 9)
    lab.run("up", "--nodes", "1")
    after = lab.services()
    assert {name for name in before if before[name] != after[name]} == {"registry"}
    assert get(5000, "/v2/")[0] == 200


def test_stopped_s3_refuses_and_keeps_its_objects(lab: SecondLab) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{HOST}:9000",
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    client.put_object(Bucket="raw", Key="kept", Body=b"content")
    lab.run("stop", "s3")
    with pytest.raises(ConnectionRefusedError):
        get(9000, "/")
    lab.run("start", "s3")
    assert client.get_object(Bucket="raw", Key="kept")["Body"].read() == b"content"


def test_stopped_mlflow_refuses_and_keeps_its_database(lab: SecondLab) -> None:
    path = "/api/2.0/mlflow/experiments/get?experiment_id=0"
    before = get(5001, path)
    lab.run("stop", "mlflow")
    with pytest.raises(ConnectionRefusedError):
        get(5001, path)
    lab.run("start", "mlflow")
    assert get(5001, path) == before


def test_api_server_comes_back_with_what_it_knew(lab: SecondLab) -> None:
    lab.run("stop", "kube-apiserver")
    assert "does not answer" not in lab.run("start", "kube-apiserver")
    assert lab.json("deployment", "pause")["spec"]["replicas"] == 1


def test_killed_node_is_noticed_and_its_pod_comes_back_with_it(lab: SecondLab) -> None:
    address = pod(lab)["status"]["podIP"]
    lab.run("kill-node", "1")
    eventually(lambda: node_is(lab, "Unknown"), "node1 is NotReady", seconds=40)
    lab.run("start-node", "1")
    eventually(lambda: node_is(lab, "True"), "node1 is Ready", seconds=40)

    def restarted() -> bool:
        status = pod(lab)["status"]
        (container,) = status["containerStatuses"]
        return bool(container["ready"] and container["restartCount"] > 0 and status["podIP"].startswith("10.144.1."))

    eventually(restarted, f"the pod that had {address} runs again", seconds=60)


def test_writes_are_in_the_audit_log_and_reads_are_not(lab: SecondLab) -> None:
    lab.run("kubectl", "create", "configmap", "audited")
    events = [json.loads(line) for line in (lab.state / "log" / "audit.log").read_text().splitlines()]
    mine = [e for e in events if e["userAgent"].startswith("kubectl/")]
    assert any(e["verb"] == "create" and e["objectRef"]["name"] == "audited" for e in mine)
    assert {e["verb"] for e in events} <= {"create", "update", "patch", "delete", "deletecollection"}


@pytest.mark.parametrize("last_started", ["mlflow", "etcd", "node1", "prometheus"])
def test_up_that_was_killed_is_cleaned_away_by_down(tmp_path: Path, last_started: str) -> None:
    """Killed as soon as one program has been started, whatever it is doing then."""
    second = SecondLab(tmp_path / "state")
    second.environment |= {
        "LAB_NAME": "labcrash",
        "LAB_BRIDGE_SUBNET": "10.189.0.0/24",
        "LAB_POD_CIDR": "10.145.0.0/16",
        "LAB_SERVICE_CIDR": "10.197.0.0/16",
    }
    before = machine.snapshot(second.state)
    with second.start("up", "--nodes", "1") as up:
        eventually(lambda: (second.state / "processes" / last_started).exists(), f"{last_started} is started")
        up.kill()
    assert machine.left_behind(before, machine.snapshot(second.state)) != {}
    second.run("down")
    assert machine.left_behind(before, machine.snapshot(second.state)) == {}
