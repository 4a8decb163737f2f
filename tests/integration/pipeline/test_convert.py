"""A scikit-learn model that was trained elsewhere and logged to MLflow becomes a version without pickle.

| what | shown |
|---|---|
| with --trust-pickle | the answers are the same; files, tags and run are those of any version |
| again | the same version |
| without | nothing is unpickled |
| another flavor, no such version | a sentence |
"""

import json
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from sentiment_model.manifest import GOLDEN, MANIFEST, MODEL, REFERENCE
from sentiment_pipeline.cli import main
from sentiment_pipeline.data.sample.generator import sample_rows, write_sample
from sentiment_pipeline.version.files import verified_digest
from tests.integration.conftest import MlflowServer

pytestmark = [
    pytest.mark.integration,
    # MLflow 3.17 writes the input example with what pandas 3 will drop in 4.
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:pandas.errors.Pandas4Warning"),
]

TEXTS = ["A wonderful film, I loved it.", "Dull and boring.", ""]


@pytest.fixture(scope="module")
def theirs(mlflow_server: MlflowServer) -> Pipeline:
    """Fitted, and logged as version 1 of `theirs`."""
    rows = list(sample_rows(400, seed=5))
    pipeline = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10.0))
    pipeline.fit([row["text"] for row in rows], [int(row["label"] == "positive") for row in rows])
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            pipeline, name="model", registered_model_name="theirs", serialization_format="cloudpickle"
        )
    return pipeline


def convert(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["convert", *arguments])


def test_a_registered_pipeline_becomes_a_version_with_the_same_predictions(
    theirs: Pipeline, mlflow_server: MlflowServer, tmp_path: Path
) -> None:
    write_sample(tmp_path / "reviews.csv", rows=300, seed=8)
    options = [
        *("models:/theirs/1", "--trust-pickle", "--name", "ours", "--out", str(tmp_path / "version")),
        *("--data", str(tmp_path / "reviews.csv"), "--rename", "0=negative", "--rename", "1=positive"),
        *("--output", str(tmp_path / "converted.json")),
    ]
    done = convert(*options)
    assert done.exit_code == 0, done.stderr
    assert "converted TfidfVectorizer, LogisticRegression: differs by at most" in done.stderr
    result = json.loads((tmp_path / "converted.json").read_text())
    assert done.stdout == f"version {result['version']} digest {result['digest']}\n"
    assert result["digest"] == verified_digest(tmp_path / "version")
    assert result["tags"]["sentiment.converted_from"] == "models:/theirs/1"
    asked = list(sample_rows(300, seed=8))
    right = theirs.score([row["text"] for row in asked], [int(row["label"] == "positive") for row in asked])
    assert float(result["tags"]["sentiment.accuracy"]) == pytest.approx(right)

    client = mlflow.MlflowClient(mlflow_server.url)
    logged = client.get_run(result["run_id"])
    assert logged.data.params["estimator"] == "TfidfVectorizer, LogisticRegression"
    assert logged.data.metrics["parity_max_difference"] <= 1e-6

    loaded = mlflow.pyfunc.load_model(f"models:/ours/{result['version']}")
    rows = loaded.predict(pd.DataFrame({"text": TEXTS}))
    expected = theirs.predict_proba(TEXTS)
    assert [row["label"] for row in rows] == [("negative", "positive")[index] for index in expected.argmax(axis=1)]
    assert [row["probability"] for row in rows] == pytest.approx(expected.max(axis=1).tolist(), abs=1e-6)
    files = Path(mlflow.artifacts.download_artifacts(f"models:/ours/{result['version']}", dst_path=str(tmp_path)))
    names = {path.name for path in files.rglob("*")}
    assert {MODEL, GOLDEN, REFERENCE, MANIFEST} <= names
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib"))]

    again = convert(*options)
    assert again.stdout == done.stdout
    assert "already registered" in again.stderr


def test_without_the_flag_nothing_is_fetched_or_unpickled(theirs: Pipeline, tmp_path: Path) -> None:
    refused = convert("models:/theirs/1", "--out", str(tmp_path / "version"))
    assert refused.exit_code == 1
    assert "add --trust-pickle if you trust its author" in refused.stderr
    assert not (tmp_path / "version").exists()


def test_the_error_names_the_flavor_of_another_kind_of_model(theirs: Pipeline, tmp_path: Path) -> None:
    convert("models:/theirs/1", "--trust-pickle", "--name", "again", "--out", str(tmp_path / "version"))
    other = convert("models:/again/1", "--trust-pickle", "--out", str(tmp_path / "other"))
    assert other.exit_code == 1
    assert "models:/again/1 is not a scikit-learn model: its MLflow flavors are python_function" in other.stderr
    absent = convert("models:/theirs/9", "--trust-pickle", "--out", str(tmp_path / "other"))
    assert absent.exit_code == 1
    assert "models:/theirs/9 could not be loaded. MLflow: " in absent.stderr
