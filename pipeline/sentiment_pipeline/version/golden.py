"""Golden rows, with which a server proves parity, and the reference, against which drift is measured."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sentiment_model import Prediction
from sentiment_model.manifest import REFERENCE_FORMAT
from sentiment_pipeline.data.reviews.cleaning import clean
from sentiment_pipeline.data.reviews.review import Review
from sentiment_pipeline.data.reviews.split import position
from sentiment_pipeline.data.sample.generator import sample_rows
from sentiment_pipeline.params import GoldenParams

MAX_TEXT_LENGTH = 10_000
"""Golden texts must be within the limits of every server that predicts them."""

_GOLDEN_SEED = 7
_SHARE_EDGES = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
_LENGTH_EDGES = [0, 50, 100, 200, 400, 800, 1600, 3200, 6400, 12800]


class Estimator(Protocol):
    """A fitted classifier of texts."""

    @property
    def classes_(self) -> npt.NDArray[np.str_]:
        """[labels]"""

    def predict_proba(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """[texts, labels]"""


def golden_texts(golden: GoldenParams, held_out: Sequence[Review]) -> list[tuple[str, str]]:
    """The ids and texts of the golden rows, chosen by a hash of the id: the same data gives the same rows."""
    if golden.texts == "builtin":
        return [(row["id"], clean(row["text"])) for row in sample_rows(golden.rows, _GOLDEN_SEED)]
    short = [review for review in held_out if len(review.text) <= MAX_TEXT_LENGTH]
    short.sort(key=lambda review: (position(review.id, "golden"), review.id))
    return [(review.id, review.text) for review in short[: golden.rows]]


def write_golden(path: Path, fitted: Estimator, rows: Sequence[tuple[str, str]]) -> None:
    """Write label and probability of each text as predicted by the fitted estimator, not by the exported file."""
    probabilities = fitted.predict_proba([text for _, text in rows])
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for (name, text), row in zip(rows, probabilities, strict=True):
            best = int(row.argmax())
            # 9 digits are enough for parity at 1e-6, and hide the last bits, in which machines differ.
            golden = {
                "id": name,
                "text": text,
                "label": str(fitted.classes_[best]),
                "probability": round(float(row[best]), 9),
            }
            file.write(json.dumps(golden, ensure_ascii=False) + "\n")


def write_reference(path: Path, labels: Sequence[str], texts: Sequence[str], predictions: Sequence[Prediction]) -> None:
    """Write the distributions of labels, confidence, unknown n-grams and lengths: the baseline for drift."""
    counts = Counter(prediction.label for prediction in predictions)
    content = {
        "format": REFERENCE_FORMAT,
        "texts": len(texts),
        "labels": {label: round(counts[label] / len(texts), 6) for label in labels},
        "confidence": _histogram([max(p.probabilities) for p in predictions], _SHARE_EDGES),
        "oov_ratio": _histogram([1 - p.known / p.total if p.total else 1.0 for p in predictions], _SHARE_EDGES),
        "length_characters": _histogram([len(text) for text in texts], _LENGTH_EDGES),
    }
    path.write_text(json.dumps(content, sort_keys=True, indent=1) + "\n", encoding="utf-8")


def _histogram(values: Sequence[float], edges: Sequence[float]) -> dict[str, Any]:
    """Shares per bin [edge, next edge); values beyond the last edge count in the last bin."""
    counts, _ = np.histogram(np.minimum(values, edges[-1]), bins=edges)
    return {"edges": list(edges), "shares": [round(count / len(values), 6) for count in counts.tolist()]}
