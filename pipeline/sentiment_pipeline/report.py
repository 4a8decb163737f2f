"""The numbers and tables that the stages leave for `dvc metrics`, `dvc plots` and MLflow."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment_pipeline.errors import DataError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write numbers that a person may read too; floats are cut to 6 decimals, below which is noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_rounded(content), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read what `write_json` wrote.

    Raises:
        DataError: the file is not there.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _missing(path) from None
    return content


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write a table for `dvc plots`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_rounded(list(row)) for row in rows])


def write_records(path: Path, kind: "type[DataclassInstance]", records: "Sequence[DataclassInstance]") -> None:
    """Write records of one kind as such a table, a column a field; without records the head alone."""
    write_csv(path, [field.name for field in fields(kind)], [astuple(record) for record in records])


def percent(share: float, digits: int = 1) -> str:
    """A share as a person reads it."""
    return f"{share * 100:.{digits}f} %"


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read what `write_csv` wrote, a row as names and values.

    Raises:
        DataError: the file is not there.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise _missing(path) from None


def _missing(path: Path) -> DataError:
    return DataError(f"{path} is not here: run `dvc repro`, or `dvc pull` where it has run before")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}") if abs(value) < 1e-4 else round(value, 6)
    if isinstance(value, Mapping):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
