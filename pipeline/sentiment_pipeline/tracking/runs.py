"""MLflow runs: one run per trained model, found by its digest, so that stages need not pass a run id on.

Without MLFLOW_TRACKING_URI nothing is recorded. If the server does not answer, a warning is printed and training goes
on; `register` records what is missing.
"""

import logging
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_model.manifest import DIGEST_TAG
from sentiment_pipeline import paths
from sentiment_pipeline.errors import RegistryError
from sentiment_pipeline.failures import MLFLOW, asking
from sentiment_pipeline.params import Params
from sentiment_pipeline.progress import log_line, progress
from sentiment_pipeline.report import read_csv, read_json
from sentiment_pipeline.tracking.address import check_addresses

_EVALUATION = "evaluation"
"""Folder of a run's artifacts."""

_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    # MLflow's default of 7 retries of 120 s would hide an outage for a quarter of an hour.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    # Standard output is for results.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


def connect() -> Any:
    """An MLflow client for MLFLOW_TRACKING_URI.

    Raises:
        RegistryError: the variable is not set, or is no address of an MLflow server or store.
    """
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        raise RegistryError("MLFLOW_TRACKING_URI is not set: export the address of your MLflow server")
    prepare_mlflow()
    import mlflow

    with asking(MLFLOW):
        return mlflow.MlflowClient()


def prepare_mlflow() -> None:
    """Import MLflow with our defaults for its variables, which it reads as it is imported. That takes seconds.

    Raises:
        RegistryError: MLFLOW_TRACKING_URI or MLFLOW_REGISTRY_URI is no address of an MLflow server or store.
    """
    check_addresses(os.environ)
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import mlflow

    logging.getLogger(mlflow.__name__).setLevel(logging.ERROR)


def record_run(params: Params, root: Path) -> None:
    """Record the present reports in MLflow; print a line instead if no server is set or if it does not answer."""
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        log_line("MLFLOW_TRACKING_URI is not set: the run is not recorded in MLflow")
        return
    try:
        client = connect()
        with asking(MLFLOW):
            run_id = ensure_run(client, params, root)
    except RegistryError as error:
        log_line(f"MLflow did not record the run; `sentiment-pipeline register` will. {error}")
    else:
        log_line(f"recorded in MLflow: run {run_id} of experiment {params.tracking.experiment}")


def ensure_run(client: Any, params: Params, root: Path) -> str:
    """The id of the run of the model in models/current, after recording all reports about it.

    Raises:
        DataError: no model was trained here.
        mlflow.exceptions.MlflowException: the server does not answer, or refuses the request.
    """
    trained = read_json(root / paths.TRAIN_REPORT)
    digest = str(trained["digest"])
    experiment_id = _experiment(client, params.tracking.experiment)
    run = _run_of(client, experiment_id, digest)
    if run is None:
        winner = str(trained["winner"])
        run = _create_run(client, experiment_id, digest, winner)
        for key, value in _logged_params(params, winner).items():
            client.log_param(run.info.run_id, key, value)
        _record_recipes(client, experiment_id, run.info.run_id, params, root)
    for key, value in _metrics(trained, root).items():
        if key not in run.data.metrics:
            client.log_metric(run.info.run_id, key, value)
    if _is_evaluated(digest, root):
        _record_evaluation(client, str(run.info.run_id), root)
    client.set_terminated(run.info.run_id)
    return str(run.info.run_id)


def _record_evaluation(client: Any, run_id: str, root: Path) -> None:
    """Record the page, the figures and the reports of `evaluate`; they hold no text of a review."""
    reports = [root / path for path in (paths.EVALUATE_PAGE, paths.EVALUATE_REPORT, paths.BEHAVIOUR_REPORT)]
    for path in (*reports, *sorted((root / paths.FIGURES).glob("*.png"))):
        client.log_artifact(run_id, str(path), _EVALUATION)


@dataclass(frozen=True)
class Conversion:
    """What is recorded in MLflow about a model that was trained elsewhere."""

    experiment: str
    digest: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]


def ensure_conversion(client: Any, conversion: Conversion) -> str:
    """The id of the run of a converted model.

    Raises:
        mlflow.exceptions.MlflowException: the server does not answer, or refuses the request.
    """
    experiment_id = _experiment(client, conversion.experiment)
    run = _run_of(client, experiment_id, conversion.digest)
    if run is None:
        run = _create_run(client, experiment_id, conversion.digest, "converted")
        for key, value in conversion.params.items():
            client.log_param(run.info.run_id, key, value)
        for measure, number in conversion.metrics.items():
            client.log_metric(run.info.run_id, measure, number)
    client.set_terminated(run.info.run_id)
    return str(run.info.run_id)


def _run_of(client: Any, experiment_id: str, digest: str) -> Any:
    """The run of a model, or None."""
    found = client.search_runs([experiment_id], f"tags.`{DIGEST_TAG}` = '{digest}'", max_results=1)
    return found[0] if found else None


def _create_run(client: Any, experiment_id: str, digest: str, what: str) -> Any:
    name = f"{what}-{digest.removeprefix('sha256:')[:8]}"
    return client.create_run(experiment_id, tags={DIGEST_TAG: digest}, run_name=name)


def _record_recipes(client: Any, experiment_id: str, parent: str, params: Params, root: Path) -> None:
    """Record a child run per recipe, and below it one per fold."""
    recipes = read_json(root / paths.TRAIN_REPORT)["recipes"]
    folds = read_csv(root / paths.CANDIDATES_PLOT)
    with progress("record the recipes in MLflow", len(recipes) + len(folds)) as advance:
        for name, metrics in recipes.items():
            logged = _logged_params(params, name)
            child = _child_run(client, experiment_id, parent, name=name, metrics=metrics, params=logged)
            advance(1)
            for row in folds:
                if row["recipe"] == name:
                    fold = row["fold"]
                    found = {key: float(value) for key, value in row.items() if key not in ("recipe", "fold")}
                    _child_run(
                        client, experiment_id, child, name=f"{name}, fold {fold}", metrics=found, params={"fold": fold}
                    )
                    advance(1)


def _child_run(
    client: Any, experiment_id: str, parent: str, *, name: str, metrics: dict[str, float], params: dict[str, Any]
) -> str:
    from mlflow.entities import Metric, Param
    from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

    run_id = str(client.create_run(experiment_id, tags={MLFLOW_PARENT_RUN_ID: parent}, run_name=name).info.run_id)
    now = time.time_ns() // 1_000_000
    client.log_batch(
        run_id,
        metrics=[Metric(measure, value, now, 0) for measure, value in metrics.items()],
        params=[Param(key, str(value)) for key, value in params.items()],
    )
    client.set_terminated(run_id)
    return run_id


def _experiment(client: Any, name: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    try:
        return str(client.create_experiment(name))
    except MlflowException:
        # Another pipeline created it in the meantime.
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return str(found.experiment_id)


def _logged_params(params: Params, winner: str) -> dict[str, Any]:
    recipe = next((c for c in params.train.candidates if c.name == winner), None)
    logged: dict[str, Any] = {
        "recipe": winner,
        "group": params.data.group,
        "test_share": params.split.test_share,
        "folds": params.train.folds,
    }
    if recipe is not None:
        logged |= {
            "ngrams": f"{recipe.ngrams[0]}-{recipe.ngrams[1]}",
            "min_df": recipe.min_df,
            "sublinear": recipe.sublinear,
            "weighting": recipe.weighting,
            "classifier": recipe.classifier,
            "max_features": recipe.max_features,
            "characters": f"{recipe.characters[0]}-{recipe.characters[1]}",
            "c": recipe.c,
            "alpha": recipe.alpha,
        }
    return logged


def _metrics(trained: dict[str, Any], root: Path) -> dict[str, float]:
    metrics = _numbers(trained)
    if not _is_evaluated(str(trained["digest"]), root):
        return metrics
    evaluated, behaviour = read_json(root / paths.EVALUATE_REPORT), read_json(root / paths.BEHAVIOUR_REPORT)
    metrics |= _numbers(evaluated)
    for name, buckets in evaluated["slices"].items():
        for bucket, part in buckets.items():
            # MLflow accepts only some characters in a name.
            metrics[re.sub(r"[^\w .-]", "_", f"accuracy.{name}.{bucket}")] = float(part["accuracy"])
    for name, result in behaviour["capabilities"].items():
        metrics[f"behaviour.{name}"] = float(result["pass_rate"])
    return metrics


def _is_evaluated(digest: str, root: Path) -> bool:
    """Whether the report of `evaluate` is about this model: after a training it is about the previous one."""
    path = root / paths.EVALUATE_REPORT
    return path.exists() and bool(read_json(path)["digest"] == digest)


def _numbers(report: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in report.items() if isinstance(value, int | float)}
