"""On a laptop: a version by its name in the registry, and Flask's own server while one works on the code."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from testbed.servers import free_port
from tests.integration.serving.process import environment, run, started
from tests.unit.serving.tiny_model import write_version

pytestmark = pytest.mark.integration


REGISTER = """
import sys
from mlflow import MlflowClient

address, source, digest, *names = sys.argv[1:]
client = MlflowClient(address)
for name in names:
    client.create_registered_model(name)
    version = client.create_model_version(name, source, tags={"sentiment.digest": digest})
    client.set_registered_model_alias(name, "champion", version.version)
"""
AWKWARD = 'what\'s "on"? 100% <b> #1 @home'


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Address of a registry with version 1 of two models, which is the champion; the version's digest."""
    folder = tmp_path_factory.mktemp("registry")
    digest = write_version(folder / "version")
    address = f"sqlite:///{folder}/mlflow.db"
    # In a process of its own: MLflow's store warns, and leaves connections open.
    command = [sys.executable, "-c", REGISTER, address, (folder / "version").as_uri(), digest, "reviews", AWKWARD]
    subprocess.run(command, env=environment(HOME=str(folder)), cwd=folder, check=True, capture_output=True)
    return address, digest


@pytest.mark.parametrize(
    ("name", "shown"),
    [("models:/reviews@champion", "reviews"), (f"models:/{AWKWARD}/1", AWKWARD)],
    ids=["plain", "not"],
)
def test_a_version_is_served_by_its_name_in_the_registry(
    registry: tuple[str, str], tmp_path: Path, name: str, shown: str
) -> None:
    address, digest = registry
    port = free_port()
    command = ["sentiment_serving", "serve", "--model", name, "--port", str(port), "--host", "127.0.0.1"]
    env = environment(HOME=str(tmp_path), MLFLOW_TRACKING_URI=address)
    with started([sys.executable, "-m", *command], port, folder=tmp_path, env=env) as server:
        model = json.loads(server.get("/version"))["model"]
    assert model == {"name": shown, "version": "1", "digest": digest}


@pytest.mark.parametrize("name", ["models:/reviews@other", "models:/other/1", "models:/reviews", "models:x"])
def test_a_version_that_is_not_there_is_refused(registry: tuple[str, str], tmp_path: Path, name: str) -> None:
    env = environment(MLFLOW_TRACKING_URI=registry[0], HOME=str(tmp_path))
    ended = run("serve", tmp_path / "termination", env, "--model", name, cwd=tmp_path)
    assert ended.termination is not None
    assert ended.termination["reason"] == "BadConfiguration"
    assert name in ended.termination["message"]


def test_flasks_own_server_runs_it(tmp_path: Path) -> None:
    write_version(tmp_path / "models" / "current")
    port = free_port()
    command = [sys.executable, "-m", "flask", "--app", "sentiment_serving", "run", "--port", str(port)]
    with started(command, port, folder=tmp_path, env=environment(HOME=str(tmp_path))) as server:
        request = urllib.request.Request(
            f"{server.url}/predict", b'{"text": "good"}', {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request) as response:
            assert json.load(response)["label"] == "positive"


def test_flasks_own_server_reports_what_is_missing(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "sentiment_serving", "run"],
        env=environment(HOME=str(tmp_path)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert "models/current" in ended.stderr
    assert "Traceback" not in ended.stderr
