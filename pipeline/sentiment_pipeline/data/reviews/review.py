"""Labelled reviews as the stages hand them to each other: JSON Lines, one review a line."""

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
    """What its film, product or author is called; its own id where no group column is named."""
    slices: Mapping[str, str] = field(default_factory=dict)
    """Values of the columns of `data.slices` that its file has."""


def hashed_id(text: str) -> str:
    """A name for a text that has none: 16 hex digits of its sha256."""
    return sha256(text.encode()).hexdigest()[:16]


def write_reviews(path: Path, reviews: Iterable[Review]) -> None:
    """Write reviews in the given order; equal reviews give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for review in reviews:
            file.write(json.dumps(asdict(review), ensure_ascii=False) + "\n")


def read_reviews(path: Path) -> list[Review]:
    """Read what `write_reviews` wrote.

    Raises:
        DataError: the file is not there.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return [Review(**json.loads(line)) for line in file]
    except FileNotFoundError:
        raise DataError(f"{path} is not here: run `dvc repro`, or `dvc pull` where it has run before") from None
