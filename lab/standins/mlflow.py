"""The MLflow tracking server and model registry: sqlite, artifacts straight in S3."""

import sys

from lab.layout import State, python_environment
from lab.service import Service
from lab.settings import Settings
from lab.standins.storage import CREDENTIALS, s3_url


def mlflow_url(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.mlflow_port}"


def mlflow(settings: Settings, state: State) -> Service:
    # MLflow refuses requests whose Host header it was not told of; pods and people both call it by its address.
    hosts = ",".join(
        f"{host}{port}" for host in (settings.host, "localhost") for port in ("", f":{settings.mlflow_port}")
    )
    return Service(
        name="mlflow",
        argv=(
            *(sys.executable, "-P", "-m", "mlflow", "server"),
            *("--host", str(settings.host), "--port", str(settings.mlflow_port), "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{state.data('mlflow')}/mlflow.db"),
            *("--no-serve-artifacts", "--default-artifact-root", "s3://mlflow/"),
            *("--allowed-hosts", hosts, "--cors-allowed-origins", mlflow_url(settings)),
        ),
        environment={
            **python_environment(settings.cache),
            **CREDENTIALS,
            "MLFLOW_S3_ENDPOINT_URL": s3_url(settings),
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        },
        health=f"{mlflow_url(settings)}/health",
        url=mlflow_url(settings),
    )
