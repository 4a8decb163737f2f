"""What a command answers if MLflow or its artifact store refuses: one sentence, exit code 1, and no growing litter."""

from pathlib import Path

import boto3
import joblib
import mlflow
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from mlflow.store.artifact import s3_artifact_repo
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sentiment_pipeline.cli import main
from sentiment_pipeline.data.sample.generator import sample_rows
from sentiment_pipeline.release.sign import KEY_VARIABLE
from testbed.servers import free_port
from tests.integration.conftest import MlflowServer

pytestmark = [
    pytest.mark.integration,
    # MLflow 3.17 writes the input example with what pandas 3 will drop in 4.
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:pandas.errors.Pandas4Warning"),
]

NO_CREDENTIALS = (
    "the artifact store of MLflow: no AWS credentials were found;"
    " set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
)
NO_BUCKET = (
    "the artifact store of MLflow: S3 answered NoSuchBucket; create the bucket, or name another one;"
    " MLFLOW_S3_ENDPOINT_URL decides which store is asked"
)


@pytest.fixture
def client(mlflow_server: MlflowServer) -> mlflow.MlflowClient:
    return mlflow.MlflowClient(mlflow_server.url)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fitted pipeline, pickled."""
    rows = list(sample_rows(200, seed=3))
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    pipeline.fit([row["text"] for row in rows], [row["label"] for row in rows])
    path = tmp_path_factory.mktemp("pickled") / "model.joblib"
    joblib.dump(pipeline, path)
    return path


def command(*arguments: str) -> str:
    """Run a command that has to succeed; returns its result."""
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def refusal(*arguments: str) -> str:
    """Run a command that has to fail in one sentence; returns the sentence."""
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 1
    assert isinstance(refused.exception, SystemExit), refused.exception
    return refused.stderr.splitlines()[-1].removeprefix("Error: ")


def registering(model: Path, folder: Path, name: str, experiment: str) -> list[str]:
    options = ["--trust-pickle", "--out", str(folder / "version"), "--name", name, "--experiment", experiment]
    return ["convert", str(model), *options]


def without_credentials(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Take the keys of this process away, also from what boto3 and MLflow keep."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "none"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    s3_artifact_repo._cached_get_s3_client.cache_clear()


@pytest.fixture
def signing_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = tmp_path / "signing.pem"
    key = Ed25519PrivateKey.generate()
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    monkeypatch.setenv(KEY_VARIABLE, str(pem))


@pytest.mark.usefixtures("signing_key")
def test_without_credentials_the_variables_are_named(
    model: Path, client: mlflow.MlflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.create_experiment("keys", artifact_location="s3://mlflow/keys")
    command(*registering(model, tmp_path, "keys", "keys"))
    try:
        without_credentials(monkeypatch, tmp_path)
        assert refusal(*registering(model, tmp_path, "more-keys", "keys")) == NO_CREDENTIALS
        assert refusal("sign", "--name", "keys", "--version", "1") == NO_CREDENTIALS
        source = refusal("convert", "models:/keys/1", "--trust-pickle", "--out", str(tmp_path / "again"))
        assert source == f"models:/keys/1 could not be loaded. {NO_CREDENTIALS}"
    finally:
        s3_artifact_repo._cached_get_s3_client.cache_clear()


def test_a_failing_try_leaves_one_run_and_one_model_and_a_later_one_completes_them(
    model: Path, client: mlflow.MlflowClient, tmp_path: Path
) -> None:
    experiment = client.create_experiment("nowhere", artifact_location="s3://nowhere/here")
    arguments = registering(model, tmp_path, "late", "nowhere")
    for _ in range(3):
        assert refusal(*arguments) == NO_BUCKET
    (run,) = client.search_runs([experiment])
    (left,) = client.search_logged_models([experiment])
    assert left.source_run_id == run.info.run_id

    boto3.client("s3").create_bucket(Bucket="nowhere")
    command(*arguments)
    (completed,) = client.search_logged_models([experiment])
    assert (completed.model_id, str(completed.status)) == (left.model_id, "READY")
    assert len(client.search_runs([experiment])) == 1
    assert mlflow.pyfunc.load_model("models:/late/1").metadata is not None

    # Another name gets files of its own: deleting one version takes nothing from the other.
    command(*registering(model, tmp_path, "later", "nowhere"))
    assert len(client.search_logged_models([experiment])) == 2


@pytest.mark.parametrize(
    ("scheme", "module"), [("gs://bucket/x", "google.cloud"), ("wasbs://c@a.blob.core.windows.net/x", "azure")]
)
def test_a_store_whose_library_is_not_installed_is_named(
    scheme: str, module: str, model: Path, client: mlflow.MlflowClient, tmp_path: Path
) -> None:
    client.create_experiment(module, artifact_location=scheme)
    sentence = refusal(*registering(model, tmp_path, "cloud", module))
    assert sentence.startswith(f"the artifact store of MLflow needs the Python module {module}")
    assert "which is not installed; install it where this command runs" in sentence


@pytest.mark.usefixtures("signing_key")
def test_a_registry_that_is_down_or_no_server_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:secret@127.0.0.1:{free_port()}")
    down = "MLflow cannot be reached; is it running? check MLFLOW_TRACKING_URI and the network"
    assert refusal("sign", "--name", "m", "--version", "1") == down
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "arn:aws:sagemaker:eu-west-1:111122223333:mlflow-tracking-server/x")
    sentence = refusal("sign", "--name", "m", "--version", "1")
    assert sentence.startswith("MLFLOW_TRACKING_URI names a managed service (arn), which needs a plugin")
