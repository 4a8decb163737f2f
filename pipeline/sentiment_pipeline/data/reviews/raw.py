"""Reads raw files of reviews of any supported format as rows of strings."""

import json
from collections.abc import Iterator
from pathlib import Path

from sentiment_pipeline.data.reviews.tables import BadRow, read_rows
from sentiment_pipeline.errors import DataError


def find_raw(folder: Path) -> Path:
    """The raw file that `ingest` wrote.

    Raises:
        DataError: there is no such file, or more than one.
    """
    files = sorted(folder.glob("reviews.*"))
    if len(files) != 1:
        raise DataError(f"expected one file of reviews in {folder}, found {len(files)}: run `dvc repro`")
    return files[0]


def read_raw(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV or JSON Lines file (UTF-8, gzipped or not) by column name.

    Raises:
        DataError: the file or one of its lines does not have the format that its name states.
    """
    for row in read_rows(path):
        if isinstance(row, BadRow):
            raise DataError(f"{path.name}, line {row.line}: {row.reason}; fix or remove it")
        yield {name: value if isinstance(value, str) else json.dumps(value) for name, value in row.values.items()}
