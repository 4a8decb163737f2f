"""Labelled reviews, and the files in which stages exchange them: JSON Lines, one review per line."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from sentiment_pipeline.errors import DataError


@dataclass(frozen=True)
class Review:
    """One labelled text."""

    id: str
    text: str
    label: str
    group: str
    """Its film, product or author; its own id if no group column is set."""
    slices: Mapping[str, str] = field(default_factory=dict)
    """Values of the columns `data.slices`, as far as the file has them."""


def hashed_id(text: str) -> str:
    """An id for a text: the first 16 hex digits of its SHA-256."""
    return sha256(text.encode()).hexdigest()[:16]


def write_reviews(path: Path, reviews: Iterable[Review]) -> None:
    """Write reviews in the given order; equal reviews always give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for review in reviews:
            file.write(json.dumps(asdict(review), ensure_ascii=False) + "\n")


def read_reviews(path: Path) -> list[Review]:
    """Read reviews written by `write_reviews`.

    Raises:
        DataError: the file does not exist.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return [Review(**json.loads(line)) for line in file]
    except FileNotFoundError:
        raise DataError(f"{path} is not here: run `dvc repro`, or `dvc pull` if another machine has run it") from None
