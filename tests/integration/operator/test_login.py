"""deploy/mlflow as shipped: its init container and its server, with their arguments and variables, on this machine.

| login     | reads | registers, tags, moves aliases | more                                                   |
|-----------|-------|--------------------------------|--------------------------------------------------------|
| none      | no    | no                             | /health answers                                        |
| wrong     | no    | no                             | the operator reports Unauthorized and shows no password |
| operator  | yes   | no                             | an administrator can let it tag                        |
| delivery  | yes   | yes                            | by the pipeline's own code                             |
| any other | no    | no                             |                                                        |

Only addresses differ from the manifest: sqlite instead of PostgreSQL, a free port, one worker.
"""

import json
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from delivery.cluster import ROOT
from sentiment_operator.api.errors import ModelNotFound, Unauthorized
from sentiment_operator.api.resource import Reference
from sentiment_pipeline import paths
from sentiment_pipeline.params import load_params
from sentiment_pipeline.release.register import register
from sentiment_pipeline.tracking.registry import CHALLENGER
from sentiment_pipeline.tracking.registry import MlflowRegistry as PipelineRegistry
from testbed.servers import free_port, running
from tests.unit.serving.tiny_model import write_version

if TYPE_CHECKING:  # importing MLflow warns; that is done once, silently, by `mlflow_imported`
    from sentiment_operator.registry.mlflow import MlflowRegistry

pytestmark = [
    pytest.mark.integration,
    pytest.mark.usefixtures("mlflow_imported"),
    # MLflow 3.17 writes the input example with what pandas 3 will drop in 4.
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:pandas.errors.Pandas4Warning"),
]

SHIPPED = ROOT / "deploy" / "mlflow"
PASSWORDS = {name: f"the-password-of-{name}" for name in ("admin", "operator", "delivery")}
NAME = "sentiment-reviews"
TAG = "deployed.shop.reviews"
GRANT = re.compile(r"--json '(?P<body>\{.*?\})' http://localhost:5000(?P<path>\S+)", re.DOTALL)
"""The command of docs/eks.md that lets the operator tag."""

# The containers of the pod in one process, one after the other: importing MLflow takes longer than all the rest.
POD = """
import json, os, runpy, sys
own = dict(os.environ)
for container in json.loads(sys.argv[1]):
    os.environ.clear()
    os.environ.update(own | container["environment"])
    sys.argv = container["arguments"]
    if sys.argv[0] == "mlflow":
        runpy.run_module("mlflow", run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class Login:
    """The running server, and its clients by user."""

    url: str
    folder: Path

    def ask(self, method: str, path: str, user: str = "", **options: Any) -> httpx.Response:
        auth = (user, PASSWORDS[user]) if user else None
        return httpx.request(method, self.url + path, auth=auth, timeout=60, **options)

    def use(self, monkeypatch: pytest.MonkeyPatch, user: str, password: str = "") -> None:
        """Set the variables that the operator's Secret and delivery's environment set."""
        monkeypatch.setenv("MLFLOW_TRACKING_URI", self.url)
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", user)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password or PASSWORDS[user])

    def operator(self, monkeypatch: pytest.MonkeyPatch, password: str = "") -> "MlflowRegistry":
        from sentiment_operator.registry.mlflow import MlflowRegistry

        for name in ("REQUEST_TIMEOUT", "REQUEST_MAX_RETRIES", "REQUEST_BACKOFF_FACTOR", "RESPECT_RETRY_AFTER_HEADER"):
            monkeypatch.setenv(f"MLFLOW_HTTP_{name}", "1")  # so that it is put back afterwards
        self.use(monkeypatch, "operator", password)
        return MlflowRegistry.connect(self.url, timeout_seconds=30, allow_http=False)


def variables(container: Mapping[str, Any], secrets: Mapping[tuple[str, str], str], folder: Path) -> dict[str, str]:
    """The environment of a container: its settings, its values, and those of its Secrets."""
    found = {}
    if "envFrom" in container:
        lines = (SHIPPED / "mlflow.env").read_text().splitlines()
        found = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
        found["MLFLOW_DEFAULT_ARTIFACT_ROOT"] = "s3://mlflow/"
    for one in container["env"]:
        if "value" in one:
            found[one["name"]] = one["value"].replace("/auth/", f"{folder}/")
        else:
            reference = one["valueFrom"]["secretKeyRef"]
            found[one["name"]] = secrets[reference["name"], reference["key"]]
    return found


@pytest.fixture(scope="module")
def login(store: str, mlflow_imported: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Login]:
    folder = tmp_path_factory.mktemp("login")
    port = str(free_port())
    objects = list(yaml.safe_load_all((SHIPPED / "mlflow.yaml").read_text()))
    (pod,) = (item["spec"]["template"]["spec"] for item in objects if item["kind"] == "Deployment")
    secrets = {("mlflow-logins", name): password for name, password in PASSWORDS.items()}
    secrets |= {
        ("mlflow-logins", "secret-key"): "any random text",
        ("mlflow-database", "uri"): f"sqlite:///{folder}/mlflow%20.db",
    }
    containers = []
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        given = container["command"][1:] if "command" in container else ["mlflow", *container["args"]]
        here = {"/opt/users.py": str(SHIPPED / "users.py"), "--host=0.0.0.0": "--host=127.0.0.1"}
        here["--workers=2"] = "--workers=1"
        arguments = [here.get(word, word).replace("5000", port) for word in given]
        containers.append({"arguments": arguments, "environment": variables(container, secrets, folder)})
    url = f"http://localhost:{port}"
    # `mlflow server` looks for uvicorn on PATH.
    around = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-c", POD, json.dumps(containers)]
    with running(command, f"{url}/health", folder / "mlflow.log", {**around, "MLFLOW_DISABLE_TELEMETRY": "true"}):
        yield Login(url, folder)


@pytest.fixture(scope="module")
def registered(login: Login, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of version 1, which delivery has registered and aliased with the code of `register` and `gate`."""
    root = tmp_path_factory.mktemp("trained")
    digest = write_version(root / paths.MODEL_DIR)
    (root / "reports").mkdir()
    (root / paths.TRAIN_REPORT).write_text(json.dumps({"digest": digest, "winner": "pairs", "recipes": {}}))
    (root / paths.CANDIDATES_PLOT).write_text("recipe,fold\n")
    evaluated = {"digest": digest, "accuracy": 0.9, "slices": {}}
    (root / paths.EVALUATE_REPORT).write_text(json.dumps(evaluated))
    (root / paths.BEHAVIOUR_REPORT).write_text(json.dumps({"capabilities": {}}))
    (root / paths.EVALUATE_PAGE).write_text("<p>evaluated</p>")
    with pytest.MonkeyPatch.context() as patch:
        login.use(patch, "delivery")
        registry = PipelineRegistry()
        params = load_params(ROOT / paths.PARAMS)
        assert register(registry, params, NAME, root / paths.MODEL_DIR, root).created
        assert not register(registry, params, NAME, root / paths.MODEL_DIR, root).created
        registry.set_alias(NAME, CHALLENGER, "1")
        assert registry.by_alias(NAME, CHALLENGER) == registry.version(NAME, "1")
    return digest


VERSION = {"name": NAME, "version": "1"}
READS = [
    ("GET", "model-versions/get?name=sentiment-reviews&version=1", None),
    ("GET", "registered-models/alias?name=sentiment-reviews&alias=challenger", None),
]
WRITES = [
    ("POST", "model-versions/create", {"name": NAME, "source": "https://elsewhere.example/model"}),
    ("POST", "model-versions/set-tag", {**VERSION, "key": "sentiment.digest", "value": "sha256:" + "0" * 64}),
    ("DELETE", "model-versions/delete-tag", {**VERSION, "key": "sentiment.digest"}),
    ("POST", "registered-models/alias", {**VERSION, "alias": "champion"}),
    ("DELETE", "model-versions/delete", VERSION),
    ("POST", "users/create", {"username": "mallory", "password": "a-long-password"}),
]


def answers(login: Login, user: str, requests: list[tuple[str, str, Any]]) -> set[int]:
    return {
        login.ask(method, f"/api/2.0/mlflow/{path}", user, json=body).status_code for method, path, body in requests
    }


def test_without_a_login_nothing_is_read_or_written(login: Login, registered: str) -> None:
    create = ("POST", "registered-models/create", {"name": "mallorys"})
    assert answers(login, "", [*READS, *WRITES, create]) == {401}


def test_the_probes_need_no_login(login: Login) -> None:
    assert login.ask("GET", "/health").status_code == 200


def test_the_operator_resolves_what_delivery_registered(
    login: Login, registered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = login.operator(monkeypatch)
    by_alias = operator.resolve(Reference(name=NAME, version="", alias=CHALLENGER))
    assert by_alias == operator.resolve(Reference(name=NAME, version="1", alias=""))
    assert (by_alias.version, by_alias.digest) == ("1", registered)
    assert by_alias.source_uri.startswith("s3://mlflow/")


def test_an_absent_model_is_not_taken_for_a_refused_login(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelNotFound):
        login.operator(monkeypatch).resolve(Reference(name="absent", version="1"))


def test_the_operators_login_writes_nothing(login: Login, registered: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answers(login, "operator", WRITES) == {403}
    with pytest.raises(Unauthorized, match="does not let the operator tag"):
        login.operator(monkeypatch).set_tag(NAME, "1", TAG, "now")


def test_an_administrator_can_let_the_operator_tag_and_nothing_else(
    login: Login, registered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    documented = GRANT.search((ROOT / "docs" / "eks.md").read_text())
    assert documented is not None
    path, body = documented["path"], json.loads(documented["body"])
    assert login.ask("POST", path, "operator", json=body).status_code == 403
    assert login.ask("POST", path, "admin", json=body).status_code == 200
    operator = login.operator(monkeypatch)
    operator.set_tag(NAME, "1", TAG, "now")
    assert operator.client.get_model_version(NAME, "1").tags[TAG] == "now"
    others = [request for request in WRITES if request[1] != "model-versions/set-tag"]
    assert answers(login, "operator", others) == {403}


def test_a_wrong_password_is_unauthorized_and_shown_nowhere(
    login: Login, registered: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    operator = login.operator(monkeypatch, "not-the-password")
    with pytest.raises(Unauthorized, match="check the credentials in the operator's environment") as raised:
        operator.resolve(Reference(name=NAME, version="1", alias=""))
    assert (raised.value.reason, raised.value.unknown) == ("Unauthorized", False)  # the condition ModelResolved
    error = "".join(traceback.format_exception(raised.value))
    shown = [repr(operator), error, *capfd.readouterr(), (login.folder / "mlflow.log").read_text()]
    assert not [text for text in shown if "not-the-password" in text]


def test_another_user_reads_and_writes_nothing_of_others(login: Login, registered: str) -> None:
    PASSWORDS["someone"] = "a-long-password"
    body = {"username": "someone", "password": PASSWORDS["someone"]}
    assert login.ask("POST", "/api/2.0/mlflow/users/create", "admin", json=body).status_code == 200
    assert answers(login, "someone", [*READS, *WRITES]) == {403}


def test_the_passwords_are_in_files_of_the_server_only(login: Login) -> None:
    assert (login.folder / "basic_auth.ini").stat().st_mode & 0o777 == 0o600
    log = (login.folder / "mlflow.log").read_text()
    assert not [password for password in PASSWORDS.values() if password in log]
