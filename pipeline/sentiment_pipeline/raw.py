"""Raw files of reviews, whatever their format, as rows of strings."""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sentiment_pipeline.errors import DataError

_MAX_FIELD_BYTES = 16 << 20
"""csv refuses fields over 128 KiB, which is less than a long review."""


def find_raw(folder: Path) -> Path:
    """The one file that `ingest` left.

    Raises:
        DataError: there is none, or more than one.
    """
    files = sorted(folder.glob("reviews.*"))
    if len(files) != 1:
        raise DataError(f"expected one file of reviews in {folder}, found {len(files)}: run `dvc repro`")
    return files[0]


def read_raw(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV or JSON Lines file (UTF-8, gzipped or not) by column name.

    Raises:
        DataError: the file is not what its name says.
    """
    try:
        with _open(path) as file:
            yield from _json_rows(file) if ".jsonl" in path.suffixes else _csv_rows(file)
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is not UTF-8 (byte {error.start} of a block); convert it first") from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise DataError(f"{path.name} is not a complete gzip file") from None
    except csv.Error as error:
        raise DataError(f"{path.name} is not CSV: {error}") from None


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _csv_rows(file: IO[str]) -> Iterator[dict[str, str]]:
    csv.field_size_limit(_MAX_FIELD_BYTES)
    reader = csv.DictReader(file, strict=True)
    for row in reader:
        if None in row or None in row.values():
            names = len(reader.fieldnames or ())
            raise DataError(
                f"line {reader.line_num}: expected {names} fields as in the first line, found another number"
            )
        yield row


def _json_rows(file: IO[str]) -> Iterator[dict[str, str]]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            raise DataError(f"line {number} is not JSON") from None
        if not isinstance(row, dict):
            raise DataError(f"line {number} is not a JSON object")
        yield {name: value if isinstance(value, str) else json.dumps(value) for name, value in row.items()}
