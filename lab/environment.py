"""The environment variables that point the rest of the project at a lab."""

import shlex
from collections.abc import Mapping

from lab.layout import State
from lab.settings import Settings
from lab.standins import mlflow, monitoring, storage


def variables(settings: Settings, state: State) -> dict[str, str]:
    return {
        "KUBECONFIG": str(state.admin_kubeconfig),
        "REGISTRY": settings.registry,
        "AWS_ENDPOINT_URL": storage.s3_url(settings),
        **storage.CREDENTIALS,
        "MLFLOW_TRACKING_URI": mlflow.mlflow_url(settings),
        "MLFLOW_S3_ENDPOINT_URL": storage.s3_url(settings),
        "PROMETHEUS_URL": monitoring.prometheus_url(settings),
        "ALERTMANAGER_URL": monitoring.alertmanager_url(settings),
    }


def exports(values: Mapping[str, str], state: State) -> str:
    """Lines for a shell to evaluate; the lab's kubectl and promtool come first on PATH."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    return "\n".join([*lines, f'export PATH={shlex.quote(str(state.bin))}:"$PATH"'])
