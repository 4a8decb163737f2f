"""The servers that the integration tests share: S3 by moto, MLflow with its artifacts in that S3."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from testbed import servers


@dataclass(frozen=True)
class MlflowServer:
    """A running server and the file of its database."""

    url: str
    database: Path


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an S3 server with the buckets `raw`, `dvc` and `mlflow`; this process's AWS variables point to it."""
    with servers.moto(tmp_path_factory.mktemp("moto")) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", url)
        patch.setenv("MLFLOW_S3_ENDPOINT_URL", url)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        for bucket in ("raw", "dvc", "mlflow"):
            boto3.client("s3").create_bucket(Bucket=bucket)
        yield url


@pytest.fixture(scope="session")
def mlflow_server(
    store: str, mlflow_imported: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MlflowServer]:
    """MLflow's own server; this process's MLFLOW_TRACKING_URI points to it."""
    folder = tmp_path_factory.mktemp("mlflow")
    with servers.mlflow(folder) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", url)
        yield MlflowServer(url, folder / "mlflow.db")
