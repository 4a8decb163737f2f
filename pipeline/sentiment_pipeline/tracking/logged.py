"""Logs the files of a version as a logged model of MLflow: one that an earlier try left, otherwise a new one."""

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from sentiment_model.manifest import DIGEST_TAG
from sentiment_pipeline.tracking import flavor

_NAME = "model"


def log_version(client: Any, run_id: str, folder: Path, digest: str) -> str:
    """The id of the logged model with the files in `folder`, which have this digest, in the experiment of its run.

    `mlflow.models.Model.log` makes a new one, in the default experiment, each time it fails.

    Raises:
        Exception: whatever MLflow or a library of its store raises; the logged model is then marked as failed.
    """
    from mlflow.entities import LoggedModelOutput
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model

    run = client.get_run(run_id)
    logged = _left(client, run, digest) or client.create_logged_model(
        run.info.experiment_id, _NAME, source_run_id=run_id, tags={DIGEST_TAG: digest}, params=run.data.params
    )
    if logged.model_id not in _outputs(run):
        client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    made = Model(
        artifact_path=logged.artifact_location, model_uuid=logged.model_id, run_id=run_id, model_id=logged.model_id
    )
    try:
        with tempfile.TemporaryDirectory() as scratch:
            files = Path(scratch) / _NAME
            flavor.save_model(str(files), made, folder=folder)
            client.log_model_artifacts(logged.model_id, str(files))
    except BaseException:
        with contextlib.suppress(MlflowException):
            client.finalize_logged_model(logged.model_id, "FAILED")
        raise
    client.finalize_logged_model(logged.model_id, "READY")
    return str(logged.model_id)


def _left(client: Any, run: Any, digest: str) -> Any:
    """A logged model of the run for this digest that no version uses, or None.

    Versions share none: each can be deleted alone. One of another digest may be at work in another process.
    """
    from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

    logged = client.search_logged_models([run.info.experiment_id], f"source_run_id = '{run.info.run_id}'")
    free = (model for model in logged if MLFLOW_MODEL_VERSIONS not in model.tags)
    return next((model for model in free if model.tags.get(DIGEST_TAG) == digest), None)


def _outputs(run: Any) -> set[str]:
    return {str(output.model_id) for output in run.outputs.model_outputs} if run.outputs else set()
