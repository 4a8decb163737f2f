"""The image registry (docker-registry) and S3 (moto)."""

import http.client
import sys
from pathlib import Path

from lab.errors import LabError
from lab.layout import State, python_environment
from lab.service import Service
from lab.settings import Settings

BUCKETS = ("raw", "dvc", "mlflow")

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "lab", "AWS_SECRET_ACCESS_KEY": "lab-secret", "AWS_DEFAULT_REGION": "us-east-1"}
"""moto accepts any key, but clients need one."""


def s3_url(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.s3_port}"


def s3(settings: Settings) -> Service:
    module = (sys.executable, "-P", "-m", "moto.server")
    return Service(
        name="s3",
        argv=(*module, "--host", str(settings.host), "--port", str(settings.s3_port)),
        health=f"{s3_url(settings)}/",
        environment=python_environment(settings.cache),
        url=s3_url(settings),
        in_memory=True,
    )


def create_buckets(settings: Settings) -> None:
    """Make the buckets that the pipeline, DVC and MLflow use, unless they exist."""
    connection = http.client.HTTPConnection(str(settings.host), settings.s3_port, timeout=20)
    for bucket in BUCKETS:
        connection.request("PUT", f"/{bucket}")
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 400 and answer.status != 409:
            raise LabError(f"the S3 stand-in refused to make the bucket {bucket}: it answered {answer.status}")
    connection.close()


def registry_config(settings: Settings, data: Path) -> str:
    return f"""\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {data}}}
  delete: {{enabled: true}}
http: {{addr: "{settings.registry}"}}
"""


def registry(settings: Settings, state: State) -> Service:
    return Service(
        name="registry",
        argv=("docker-registry", "serve", str(_registry_config_file(state))),
        health=f"http://{settings.registry}/v2/",
        url=f"http://{settings.registry}",
    )


def write_registry_config(settings: Settings, state: State) -> None:
    _registry_config_file(state).write_text(registry_config(settings, state.data("registry")))


def _registry_config_file(state: State) -> Path:
    return state.config / "registry.yaml"
