"""The loader that MLflow calls: a registered version as a pyfunc model. It imports neither MLflow nor pandas."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sentiment_model.manifest import MODEL
from sentiment_model.scorer import Scorer


class PyFunc:
    """The object that `mlflow.pyfunc.load_model` wraps."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> list[dict[str, str | float]]:
        """Label each row of a table with a column `text` (a data frame, or a mapping of columns).

        Args:
            data: `data["text"]` yields the texts.
            params: Unused; MLflow passes it.

        Returns:
            For each row, the label and its probability.
        """
        texts: Iterable[str] = data["text"]
        rows: list[dict[str, str | float]] = []
        for text in texts:
            prediction = self._scorer.predict(text)
            rows.append({"label": prediction.label, "probability": max(prediction.probabilities)})
        return rows


def _load_pyfunc(path: str) -> PyFunc:
    return PyFunc(Scorer.open(Path(path) / MODEL))
