"""Registering, gating and promoting against a real MLflow server whose artifacts lie in S3 (moto).

| command  | accepted                                  | refused                                                |
|----------|-------------------------------------------|--------------------------------------------------------|
| register | a trained model, once; again the same     | altered after training; never evaluated                |
| gate     | good enough, no champion or no worse one  | outside the limits; worse than the champion            |
| promote  | what the cluster serves                   | what it does not serve, by version and by digest       |
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import boto3
import httpx
import mlflow
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

from sentiment_model.manifest import DIGEST_TAG, GOLDEN, MANIFEST, MODEL, REFERENCE, digest_of
from sentiment_operator.api.errors import SignatureInvalid
from sentiment_operator.api.resource import Reference
from sentiment_operator.registry.mlflow import MlflowRegistry as OperatorsRegistry
from sentiment_operator.registry.signature import Signers
from sentiment_pipeline import paths
from sentiment_pipeline.params import load_params
from sentiment_pipeline.release.sign import KEY_VARIABLE, SIGNATURE_TAG, signature
from testbed import servers
from testbed.servers import free_port
from tests.integration.conftest import MlflowServer
from tests.integration.pipeline.workspace import Outcome, Workspace

pytestmark = [
    pytest.mark.integration,
    # MLflow 3.17 writes the input example with what pandas 3 will drop in 4.
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:pandas.errors.Pandas4Warning"),
]

NAME = "sentiment-reviews"


@pytest.fixture(scope="module")
def trained(mlflow_server: MlflowServer, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a trained and evaluated model."""
    workspace = Workspace(tmp_path_factory.mktemp("trained"), {"data": {"sample_rows": 1500}, "train": {"folds": 2}})
    workspace.train()
    return workspace


@pytest.fixture
def client(mlflow_server: MlflowServer) -> mlflow.MlflowClient:
    return mlflow.MlflowClient(mlflow_server.url)


def test_a_registered_version_has_its_files_at_the_root_and_the_digest_of_its_manifest(
    trained: Workspace, client: mlflow.MlflowClient
) -> None:
    line = trained.must("register", "--name", NAME, "--output", "register.json")
    result = json.loads((trained.root / "register.json").read_text())
    digest = digest_of((trained.root / "models/current" / MANIFEST).read_bytes())
    assert line == f"version {result['version']} digest {digest}\n"

    version = client.get_model_version(NAME, result["version"])
    assert version.tags["sentiment.digest"] == digest
    assert float(version.tags["sentiment.accuracy"]) > 0.8

    assert [item.path for item in client.list_artifacts(result["run_id"])] == ["evaluation", "params.yaml"]
    evaluation = {Path(item.path).name for item in client.list_artifacts(result["run_id"], "evaluation")}
    assert {"evaluate.html", "evaluate.json", "behaviour.json", "confusion.png", "calibration.png"} <= evaluation
    metrics = client.get_run(result["run_id"]).data.metrics
    assert {"accuracy", "accuracy_low", "behaviour.negation", "accuracy.negation.with"} <= set(metrics)

    uri = client.get_model_version_download_uri(NAME, result["version"])
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    listed = boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    names = {item["Key"].removeprefix(prefix).lstrip("/") for item in listed}
    assert {MODEL, GOLDEN, REFERENCE, MANIFEST, "MLmodel"} <= names
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib", ".pyc"))]


def test_mlflow_loads_a_version_as_any_pyfunc_model(trained: Workspace, client: mlflow.MlflowClient) -> None:
    trained.must("register", "--name", "loaded", "--output", "loaded.json")
    number = json.loads((trained.root / "loaded.json").read_text())["version"]
    # In a process that has no sentiment_model installed but the one that travels with the version.
    script = f"""
import sys
sys.path = [p for p in sys.path if not p.endswith(("/model", "/pipeline"))]
sys.meta_path = [f for f in sys.meta_path if "editable" not in repr(f).lower()]
import mlflow.pyfunc, pandas, json
model = mlflow.pyfunc.load_model("models:/loaded/{number}")
import sentiment_model
assert "/code/" in sentiment_model.__file__, sentiment_model.__file__
print(json.dumps(model.predict(pandas.DataFrame({{"text": ["A wonderful film, I loved it.", "Dull and boring."]}}))))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, done.stderr
    assert [row["label"] for row in json.loads(done.stdout)] == ["positive", "negative"]


def test_mlflow_serves_a_version_as_any_model(trained: Workspace, mlflow_server: MlflowServer, tmp_path: Path) -> None:
    trained.must("register", "--name", "served", "--output", "served.json")
    number = json.loads((trained.root / "served.json").read_text())["version"]
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", f"models:/served/{number}"]
    options = ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    # It looks for uvicorn on PATH.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    log = tmp_path / "serve.log"
    with servers.running([*command, *options], f"http://127.0.0.1:{port}/ping", log, environment):
        asked = {
            "dataframe_split": {"columns": ["text"], "data": [["A wonderful film, I loved it."], ["Dull and boring."]]}
        }
        answer = httpx.post(f"http://127.0.0.1:{port}/invocations", json=asked, timeout=60)
    assert answer.status_code == 200, answer.text
    assert [row["label"] for row in answer.json()["predictions"]] == ["positive", "negative"]


def test_a_version_has_a_signature_and_requirements(trained: Workspace, client: mlflow.MlflowClient) -> None:
    trained.must("register", "--name", "described", "--output", "described.json")
    number = json.loads((trained.root / "described.json").read_text())["version"]
    info = mlflow.models.get_model_info(f"models:/described/{number}")
    assert info.signature.inputs.input_names() == ["text"]
    assert info.signature.outputs.input_names() == ["label", "probability"]
    assert info.saved_input_example_info is not None
    assert info.flavors["python_function"]["loader_module"] == "sentiment_model.pyfunc"
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/described/{number}"))
    assert (folder / "requirements.txt").read_text().split() == [f"mlflow=={mlflow.__version__}"]


def test_registering_twice_gives_one_version(trained: Workspace, client: mlflow.MlflowClient) -> None:
    name = 'it\'s "once", 100 % <é>'
    first = trained.must("register", "--name", name)
    second = trained.must("register", "--name", name, "--output", "again.json")
    assert first == second
    again = json.loads((trained.root / "again.json").read_text())
    assert (again["name"], again["created"]) == (name, False)
    assert [one.name for one in client.search_model_versions()].count(name) == 1


def test_an_operator_with_keys_resolves_signed_versions_only(
    trained: Workspace, client: mlflow.MlflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Ed25519PrivateKey.generate()
    registry = OperatorsRegistry(client.tracking_uri, False, client, Signers((key.public_key(),)))
    trained.must("register", "--name", "signed")
    with pytest.raises(SignatureInvalid, match=r"no tag sentiment\.signature"):
        registry.resolve(Reference(name="signed", version="1"))
    another = signature(
        Ed25519PrivateKey.generate(), "signed", client.get_model_version("signed", "1").tags[DIGEST_TAG]
    )
    client.set_model_version_tag("signed", "1", SIGNATURE_TAG, another)
    with pytest.raises(SignatureInvalid, match="not signed by a key that this operator trusts"):
        registry.resolve(Reference(name="signed", version="1"))

    pem = tmp_path / "signing.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    monkeypatch.setenv(KEY_VARIABLE, str(pem))
    assert trained.must("sign", "--name", "signed", "--version", "1").startswith("signed version 1 of signed, digest")
    assert registry.resolve(Reference(name="signed", version="1")).version == "1"
    trained.must("register", "--name", "signed-at-once")
    assert registry.resolve(Reference(name="signed-at-once", version="1")).version == "1"
    client.set_model_version_tag("signed", "1", DIGEST_TAG, "sha256:" + "b" * 64)
    with pytest.raises(SignatureInvalid, match="another model or digest"):
        registry.resolve(Reference(name="signed", version="1"))


def test_a_logged_model_of_another_digest_that_is_at_work_is_left_alone(
    trained: Workspace, client: mlflow.MlflowClient
) -> None:
    trained.must("register", "--name", "beside", "--output", "beside.json")
    run = client.get_run(json.loads((trained.root / "beside.json").read_text())["run_id"])
    other = client.create_logged_model(
        run.info.experiment_id, "model", source_run_id=run.info.run_id, tags={DIGEST_TAG: "sha256:" + "b" * 64}
    )
    trained.must("register", "--name", "beside-another")
    assert str(client.get_logged_model(other.model_id).status) == "PENDING"
    assert MLFLOW_MODEL_VERSIONS not in client.get_logged_model(other.model_id).tags
    client.delete_logged_model(other.model_id)


def test_an_altered_model_is_not_registered(trained: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "altered"
    shutil.copytree(trained.root / "models/current", folder)
    with (folder / GOLDEN).open("a") as file:
        file.write("\n")
    refused = trained.run("register", "--name", "altered", "--model-dir", str(folder))
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1] == (
        f"Error: golden.jsonl in {folder} changed after training: run `dvc repro`"
    )


def test_a_version_goes_from_challenger_to_champion_only_when_the_cluster_serves_it(
    trained: Workspace, client: mlflow.MlflowClient
) -> None:
    trained.must("register", "--name", "story", "--output", "story.json")
    result = json.loads((trained.root / "story.json").read_text())
    number, digest = result["version"], result["digest"]

    assert trained.must("gate", "--name", "story", "--version", number).startswith(f"passed: version {number} ")
    assert client.get_model_version_by_alias("story", "challenger").version == number

    def promote(version: str, served_digest: str) -> Outcome:
        resource = {
            "kind": "SentimentModel",
            "spec": {"model": {"name": "story", "version": number}},
            "status": {"serving": {"version": version, "digest": served_digest}},
        }
        options = ("--name", "story", "--version", number, "--resource", "reviews", "--serving-json", "-")
        return trained.run("promote", *options, stdin=json.dumps(resource))

    overtaken = promote("99", digest)
    assert overtaken.returncode == 1
    assert f"reviews serves version 99, not version {number}" in overtaken.stderr
    other_bytes = promote(number, "sha256:" + "0" * 64)
    assert other_bytes.returncode == 1
    with pytest.raises(MlflowException):
        client.get_model_version_by_alias("story", "champion")

    assert promote(number, digest).returncode == 0
    assert client.get_model_version_by_alias("story", "champion").version == number


def test_a_worse_version_is_refused_and_the_challenger_stays(trained: Workspace, client: mlflow.MlflowClient) -> None:
    trained.must("register", "--name", "contest", "--output", "first.json")
    first = json.loads((trained.root / "first.json").read_text())["version"]
    trained.must("gate", "--name", "contest", "--version", first)
    client.set_registered_model_alias("contest", "champion", first)

    kept = (trained.root / "params.yaml").read_text()
    shutil.copytree(trained.root / "models/current", trained.root / "models/first")
    try:
        # So few n-grams that it must be worse.
        weak = [{"name": "weak", "ngrams": [1, 1], "min_df": 400, "c": 0.01}]
        trained.change(
            {
                "train": {"folds": 2, "candidates": weak},
                "gate": {"min_accuracy": 0.4},
                "evaluate": {"champion": "contest"},
            }
        )
        trained.must("train")
        compared = trained.run("evaluate")
        champion = json.loads((trained.root / paths.EVALUATE_REPORT).read_text())["champion"]
        trained.must("register", "--name", "contest", "--output", "second.json")
        second = json.loads((trained.root / "second.json").read_text())["version"]
        refused = trained.run("gate", "--name", "contest", "--version", second)
        unregistered = trained.run("gate", "--name", "contest")
    finally:
        shutil.rmtree(trained.root / "models/current")
        (trained.root / "models/first").rename(trained.root / "models/current")
        (trained.root / "params.yaml").write_text(kept)
        trained.must("evaluate")

    assert f"points against the champion (version {first})" in compared.stderr
    assert champion["version"] == first
    assert champion["difference"] == pytest.approx(
        champion["challenger_accuracy"] - champion["champion_accuracy"], abs=1e-6
    )
    assert champion["low"] < champion["difference"] < champion["high"] < 0
    assert champion["p_value"] < 0.01

    assert second != first
    assert refused.returncode == unregistered.returncode == 1
    assert "  - the champion (version 1) is better, and not by chance" in refused.stderr
    assert "is more than 0.0100 (gate.max_drop)" in refused.stderr
    assert "the model in models/current has accuracy" in unregistered.stderr
    assert client.get_model_version_by_alias("contest", "challenger").version == first


def evaluate_against(trained: Workspace, champion: str) -> Outcome:
    """Evaluate once with another champion."""
    kept = (trained.root / "params.yaml").read_text()
    try:
        trained.change({"train": {"folds": 2}, "evaluate": {"champion": champion}})
        return trained.run("evaluate")
    finally:
        (trained.root / "params.yaml").write_text(kept)


def test_a_missing_champion_is_reported_and_costs_nothing(trained: Workspace) -> None:
    done = evaluate_against(trained, "unknown")
    assert done.returncode == 0
    assert "unknown has no champion yet" in done.stderr
    assert "champion" not in json.loads((trained.root / paths.EVALUATE_REPORT).read_text())


def test_a_champion_whose_files_are_not_those_of_its_digest_is_not_compared_with(
    trained: Workspace, client: mlflow.MlflowClient
) -> None:
    trained.must("register", "--name", "forged", "--output", "forged.json")
    number = json.loads((trained.root / "forged.json").read_text())["version"]
    client.set_registered_model_alias("forged", "champion", number)
    equal = evaluate_against(trained, "forged")
    assert f"+0.00 points against the champion (version {number})" in equal.stderr

    client.set_model_version_tag("forged", number, "sentiment.digest", "sha256:" + "0" * 64)
    refused = evaluate_against(trained, "forged")
    assert refused.returncode == 1
    assert f"version {number} of forged has the files of sha256:" in refused.stderr


def test_training_is_recorded_as_one_run_with_the_metrics_of_all_stages(
    trained: Workspace, client: mlflow.MlflowClient
) -> None:
    digest = digest_of((trained.root / "models/current" / MANIFEST).read_bytes())
    experiment = client.get_experiment_by_name("sentiment-reviews")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], f"tags.`sentiment.digest` = '{digest}'")
    assert len(runs) == 1
    assert {"cv_accuracy", "parity_max_difference", "accuracy", "macro_f1", "ece"} <= set(runs[0].data.metrics)
    params = load_params(trained.root / paths.PARAMS)
    recipes = [candidate.name for candidate in params.train.candidates]
    assert runs[0].data.params["recipe"] in recipes

    def children(run: mlflow.entities.Run) -> list[mlflow.entities.Run]:
        below = f"tags.`mlflow.parentRunId` = '{run.info.run_id}'"
        return list(client.search_runs([run.info.experiment_id], below))

    compared = children(runs[0])
    assert {run.data.params["recipe"] for run in compared} == set(recipes)
    assert all({"accuracy", "accuracy_error", "log_loss", "ece"} <= set(run.data.metrics) for run in compared)
    folds = sorted(children(compared[0]), key=lambda run: int(run.data.params["fold"]))
    assert [run.data.params["fold"] for run in folds] == list(map(str, range(params.train.folds)))
    mean = sum(run.data.metrics["accuracy"] for run in folds) / len(folds)
    assert compared[0].data.metrics["accuracy"] == pytest.approx(mean, abs=1e-5)


def test_a_registry_that_is_down_is_reported_and_does_not_cost_the_training(
    trained: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    done = trained.run("evaluate")
    assert done.returncode == 0
    assert "MLflow did not record the run" in done.stderr
    asked = trained.run("register", "--name", "down")
    assert asked.returncode == 1
    assert "Traceback" not in asked.stderr
