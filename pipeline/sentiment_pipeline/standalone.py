"""`train --data FILE --out DIR`: all stages in one command, without DVC."""

from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML

from sentiment_pipeline import paths
from sentiment_pipeline.data.ingestion.ingest import ingest
from sentiment_pipeline.data.ingestion.sources import from_anywhere
from sentiment_pipeline.data.inspection.data_report import data_report
from sentiment_pipeline.data.preparation.prepare import prepare
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.evaluation.evaluate import evaluate
from sentiment_pipeline.params import Params, load_params
from sentiment_pipeline.training.train import train

_SHIPPED = (Path(__file__).with_name("params.yaml"), Path(__file__).parents[2] / "params.yaml")
"""In the wheel, and in a checkout."""


def train_alone(source: str, out: Path, columns: dict[str, Any]) -> None:
    """Train and evaluate a model in a new folder.

    Recipes and limits are those of params.yaml in the current folder, otherwise of the one in this package. The
    parameters used are written to params.yaml in the new folder, where `register` and `gate` can be run.

    Args:
        source: a value of `data.source`.
        out: a folder that is empty or does not exist.
        columns: values for `data` in params.yaml: text, label, id, group, labels.

    Raises:
        DataError: the folder is not empty, or the reviews cannot be used for training.
        SourceError: the reviews cannot be fetched.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out} is not empty, and training would overwrite its files: name a new folder with --out")
    params = load_params(params_path())
    # Commands are run in the new folder too, from which a relative path would not lead to the file.
    data = msgspec.structs.replace(params.data, source=from_anywhere(source), sha256="", **columns)
    params = msgspec.structs.replace(params, data=data)
    out.mkdir(parents=True, exist_ok=True)
    _write(params, out / paths.PARAMS)
    ingest(params.data, out)
    prepare(params, out)
    data_report(params.data, out)
    train(params, out)
    evaluate(params, out)


def params_path() -> Path:
    """The params.yaml of the current folder, otherwise that of this package."""
    if paths.PARAMS.exists():
        return paths.PARAMS
    return next(path for path in _SHIPPED if path.exists())


def _write(params: Params, path: Path) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(msgspec.to_builtins(params), file)
