"""The learning curve as `train` writes it and `evaluate` reads it."""

from dataclasses import dataclass
from pathlib import Path

from sentiment_pipeline.report import read_csv


@dataclass(frozen=True)
class Point:
    """Accuracy of a recipe that was fitted to some of the reviews."""

    rows: int
    """Number of reviews it was fitted to."""
    accuracy: float
    """On reviews it was not fitted to, the same for all points."""
    low: float
    """95 % interval of that accuracy."""
    high: float
    seen_accuracy: float
    """On the reviews it was fitted to."""


def read_curve(path: Path) -> list[Point]:
    """Read the curve that `train` wrote.

    Raises:
        DataError: the file does not exist.
    """
    return [
        Point(
            rows=int(row["rows"]),
            accuracy=float(row["accuracy"]),
            low=float(row["low"]),
            high=float(row["high"]),
            seen_accuracy=float(row["seen_accuracy"]),
        )
        for row in read_csv(path)
    ]
