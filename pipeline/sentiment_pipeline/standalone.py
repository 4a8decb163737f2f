"""`train --data FILE --out DIR`: all stages in one go, without DVC."""

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
"""Within the wheel, and within a checkout."""


def train_alone(source: str, out: Path, columns: dict[str, Any]) -> None:
    """Go from a file of reviews to an evaluated model, all in one new folder.

    Recipes and limits are those of params.yaml in the present folder, or of the one that comes with this package. What
    was used is written to params.yaml in the new folder, where `register` and `gate` can be run.

    Args:
        source: whatever `data.source` may be.
        out: a folder to make, or an empty one.
        columns: values for `data` in params.yaml: text, label, id, group, labels.

    Raises:
        DataError: the folder is not empty, or the reviews cannot be learned from.
        SourceError: the reviews cannot be had.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out} is there and not empty: name a new folder with --out, for training overwrites")
    params = load_params(params_path())
    # Commands are run in the new folder as well.
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
    """The params.yaml to begin with."""
    if paths.PARAMS.exists():
        return paths.PARAMS
    return next(path for path in _SHIPPED if path.exists())


def _write(params: Params, path: Path) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(msgspec.to_builtins(params), file)
