"""Stage `data-report`: statistics of the reviews, their duplicates, and leakage between the sides of the split."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sentiment_pipeline import paths
from sentiment_pipeline.data.inspection.duplicates import Pair, normalised, similar_pairs
from sentiment_pipeline.data.inspection.oddities import oddities
from sentiment_pipeline.data.reviews.raw import find_raw, read_raw
from sentiment_pipeline.data.reviews.review import Review, read_reviews
from sentiment_pipeline.params import DataParams
from sentiment_pipeline.progress import log_line
from sentiment_pipeline.report import percent, write_json, write_records

SHOWN_PAIRS = 200

_QUANTILES = {"min": 0.0, "p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95, "max": 1.0}


@dataclass(frozen=True)
class Duplicate:
    """Two reviews that are (nearly) the same, by their ids."""

    sides: str
    """`train`, `test`, or `both`."""
    id: str
    other_id: str
    similarity: float
    """See `Pair`."""
    same_label: bool


def data_report(data: DataParams, root: Path = Path()) -> None:
    """Report on data/raw and data/prepared.

    Raises:
        DataError: one of them is missing.
    """
    texts = [row.get(data.text, "") for row in read_raw(find_raw(root / paths.RAW))]
    train, test = read_reviews(root / paths.TRAIN), read_reviews(root / paths.TEST)
    pairs = similar_pairs([review.text for review in (*train, *test)])
    duplicates = [_duplicate(pair, train, test) for pair in pairs]
    leakage = leaks(train, test, pairs)
    report = {
        "raw": {"rows": len(texts), "oddities": oddities(texts), "duplicates": repeated(texts)},
        "train": side(train, [d for d in duplicates if d.sides == "train"]),
        "test": side(test, [d for d in duplicates if d.sides == "test"]),
        "leakage": leakage,
    }
    write_json(root / paths.DATA_REPORT, report)
    # Pairs across the sides come first: they make a model look better than it is.
    duplicates.sort(key=lambda duplicate: duplicate.sides != "both")
    write_records(root / paths.DUPLICATES_REPORT, Duplicate, duplicates[:SHOWN_PAIRS])
    for line in summary(report):
        log_line(line)


def repeated(texts: Sequence[str]) -> dict[str, int]:
    """How many texts repeat an earlier one: exactly, and when case and punctuation are ignored."""
    return {
        "exact": len(texts) - len(set(texts)),
        "normalised": len(texts) - len({normalised(_encodable(text)) for text in texts}),
    }


def side(reviews: Sequence[Review], duplicates: Sequence[Duplicate]) -> dict[str, Any]:
    """Statistics of one side of the split; `duplicates` are the pairs within it."""
    labels = Counter(review.label for review in reviews)
    groups = Counter(review.group for review in reviews)
    words = np.array([len(review.text.split()) for review in reviews])
    return {
        "rows": len(reviews),
        "labels": dict(sorted(labels.items())),
        "imbalance": max(labels.values()) / min(labels.values()),
        "groups": len(groups),
        "largest_group": max(groups.values()),
        "words": {name: float(np.quantile(words, q)) for name, q in _QUANTILES.items()} | {"mean": float(words.mean())},
        "duplicates": {
            "normalised": sum(duplicate.similarity == 1.0 for duplicate in duplicates),
            "near": sum(duplicate.similarity < 1.0 for duplicate in duplicates),
            "other_label": sum(not duplicate.same_label for duplicate in duplicates),
        },
    }


def leaks(train: Sequence[Review], test: Sequence[Review], pairs: Sequence[Pair]) -> dict[str, float]:
    """Numbers of held-out reviews that also occur in training, by kind of match, and the share of all kinds."""
    seen_texts, seen_groups = {review.text for review in train}, {review.group for review in train}
    across = [pair for pair in pairs if _sides(pair, len(train)) == "both"]
    by_text = {place for place, review in enumerate(test) if review.text in seen_texts}
    by_group = {place for place, review in enumerate(test) if review.group in seen_groups}
    normalised_too = {pair.second - len(train) for pair in across if pair.similarity == 1.0}
    near = {pair.second - len(train) for pair in across if pair.similarity < 1.0}
    return {
        "same_group": len(by_group),
        "same_text": len(by_text),
        "same_normalised": len(normalised_too),
        "near_duplicate": len(near),
        "share": len(by_text | by_group | normalised_too | near) / len(test),
    }


def summary(report: dict[str, Any]) -> list[str]:
    """The report in a few lines."""
    raw, leakage = report["raw"], report["leakage"]
    odd = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in raw["oddities"].items() if count)
    seen = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in leakage.items() if name != "share")
    return [
        f"{raw['rows']:,} raw rows: {raw['duplicates']['normalised']:,} repeat another; oddities: {odd or 'none'}",
        f"held-out reviews that also occur in training: {percent(leakage['share'], 2)} ({seen})",
    ]


def _duplicate(pair: Pair, train: Sequence[Review], test: Sequence[Review]) -> Duplicate:
    first, second = (train[n] if n < len(train) else test[n - len(train)] for n in (pair.first, pair.second))
    return Duplicate(_sides(pair, len(train)), first.id, second.id, pair.similarity, first.label == second.label)


def _sides(pair: Pair, train: int) -> str:
    if pair.second < train:
        return "train"
    return "test" if pair.first >= train else "both"


def _encodable(text: str) -> str:
    return text.encode(errors="replace").decode()
