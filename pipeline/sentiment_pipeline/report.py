"""Reads and writes the reports of the stages, for `dvc metrics`, `dvc plots` and MLflow."""

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
    """Write a report as indented JSON; floats are rounded to 6 decimals, beyond which is noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_rounded(content), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read a report written by `write_json`.

    Raises:
        DataError: the file does not exist.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _missing(path) from None
    return content


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write a table for `dvc plots`; floats are rounded as in `write_json`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_rounded(list(row)) for row in rows])


def write_records(path: Path, kind: "type[DataclassInstance]", records: "Sequence[DataclassInstance]") -> None:
    """Write records as a table with a column for each field; without records only the header."""
    write_csv(path, [field.name for field in fields(kind)], [astuple(record) for record in records])


def percent(share: float, digits: int = 1) -> str:
    """Format a share: 0.805 is `80.5 %`."""
    return f"{share * 100:.{digits}f} %"


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a table written by `write_csv`, each row as a mapping of column names to values.

    Raises:
        DataError: the file does not exist.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise _missing(path) from None


def _missing(path: Path) -> DataError:
    return DataError(f"{path} is not here: run `dvc repro`, or `dvc pull` if another machine has run it")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}") if abs(value) < 1e-4 else round(value, 6)
    if isinstance(value, Mapping):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
