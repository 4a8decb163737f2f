"""Raw files of reviews, whatever their format, as rows of strings."""

import json
from collections.abc import Iterator
from pathlib import Path

from sentiment_pipeline.data.reviews.tables import BadRow, read_rows
from sentiment_pipeline.errors import DataError


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
        DataError: the file is not what its name says, or one of its lines is not.
    """
    for row in read_rows(path):
        if isinstance(row, BadRow):
            raise DataError(f"{path.name}, line {row.line}: {row.reason}; mend or remove it")
        yield {name: value if isinstance(value, str) else json.dumps(value) for name, value in row.values.items()}
