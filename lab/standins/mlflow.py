"""The MLflow tracking server and model registry, with sqlite and artifacts in S3.

`mlflow server` imports all of MLflow to check its options, then starts uvicorn, which imports all of it again:
five seconds of a core each time. The lab starts uvicorn directly, with the variables that MLflow 3.17 sets for it
(see `_run_server` in `mlflow/server/__init__.py`).
"""

import sys

from lab.layout import State, python_environment
from lab.service import Service
from lab.settings import Settings
from lab.standins.storage import CREDENTIALS, s3_url

STORE, ARTIFACTS = "_MLFLOW_SERVER_FILE_STORE", "_MLFLOW_SERVER_ARTIFACT_ROOT"
"""Names from `mlflow.server.constants`, for `--backend-store-uri` and `--default-artifact-root`."""


def mlflow_url(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.mlflow_port}"


def mlflow(settings: Settings, state: State) -> Service:
    """The MLflow server. Its health check reads the database: the first request makes the tables."""
    # MLflow refuses requests whose Host header is not listed; pods and people both call it by its address.
    hosts = [f"{host}{port}" for host in (settings.host, "localhost") for port in ("", f":{settings.mlflow_port}")]
    listen = ("--host", str(settings.host), "--port", str(settings.mlflow_port), "--workers", "1")
    return Service(
        name="mlflow",
        argv=(
            sys.executable,
            "-P",
            "-m",
            "uvicorn",
            *listen,
            "--log-level",
            "warning",
            "mlflow.server.fastapi_app:app",
        ),
        environment={
            **python_environment(settings.cache),
            **CREDENTIALS,
            STORE: f"sqlite:///{state.data('mlflow')}/mlflow.db",
            ARTIFACTS: "s3://mlflow/",
            "MLFLOW_S3_ENDPOINT_URL": s3_url(settings),
            "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(hosts),
            "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": mlflow_url(settings),
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        },
        health=f"{mlflow_url(settings)}/api/2.0/mlflow/experiments/get?experiment_id=0",
        url=mlflow_url(settings),
    )
