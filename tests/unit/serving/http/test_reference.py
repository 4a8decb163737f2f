"""The model's distributions at training time, as Prometheus sees them.

Covers: what the pipeline writes is what serving reads; the edges are among those of the live histograms; a reference
that is absent, damaged or of another format costs nothing but the comparison.
"""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from sentiment_model import Prediction
from sentiment_model.manifest import REFERENCE, REFERENCE_FORMAT
from sentiment_pipeline.version.golden import write_reference
from sentiment_serving.http.metrics import Metrics
from sentiment_serving.http.reference import ReferenceMetrics, read_reference
from sentiment_serving.identity import ModelIdentity

HALVES = {"edges": [0.0, 0.5, 1.0], "shares": [0.25, 0.75]}
GOOD: dict[str, Any] = {"format": REFERENCE_FORMAT, "labels": {"good": 1.0}, "confidence": HALVES, "oov_ratio": HALVES}


def prediction(confidence: float, known: int) -> Prediction:
    return Prediction("positive", (1 - confidence, confidence), (1.0,), known, 10)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with the reference of four predictions, as the pipeline writes it."""
    predictions = [prediction(0.55, 10), prediction(0.65, 9), prediction(0.95, 8), prediction(1.0, 0)]
    write_reference(tmp_path / REFERENCE, ("negative", "positive"), ["text"] * 4, predictions)
    return tmp_path


@pytest.fixture
def series(written: Path) -> CollectorRegistry:
    reference = read_reference(written)
    assert reference is not None
    registry = CollectorRegistry()
    registry.register(ReferenceMetrics(reference))
    return registry


def share(series: CollectorRegistry, name: str, le: str) -> float | None:
    return series.get_sample_value(f"sentiment_reference_{name}_share", {"le": le})


def test_the_pipelines_reference_is_shown_as_cumulative_shares(series: CollectorRegistry) -> None:
    assert [share(series, "confidence", le) for le in ("0.5", "0.6", "0.7", "0.9", "1.0")] == [0, 0.25, 0.5, 0.5, 1]
    assert share(series, "oov_ratio", "1.0") == 1
    assert series.get_sample_value("sentiment_reference_label_share", {"label": "positive"}) == 1


@pytest.mark.parametrize("name", ["confidence", "oov_ratio"])
def test_the_edges_are_boundaries_of_the_live_histogram(series: CollectorRegistry, name: str) -> None:
    live = Metrics(ModelIdentity(name="reviews", version="1", digest=""), ("negative", "positive")).registry
    boundaries = {
        sample.labels["le"]
        for metric in live.collect()
        for sample in metric.samples
        if sample.name == f"sentiment_{name}_bucket"
    }
    edges = {sample.labels["le"] for metric in series.collect() for sample in metric.samples if name in sample.name}
    # From 0.5 on for the confidence: of two labels, the likelier one has at least that.
    assert {edge for edge in edges if name == "oov_ratio" or float(edge) >= 0.5} <= boundaries


@pytest.mark.parametrize(
    "content",
    [
        "{",
        json.dumps({**GOOD, "format": "sentiment.dev/reference/v9"}),
        json.dumps({**GOOD, "confidence": {"edges": [0.0, 1.0], "shares": [0.5, 0.5]}}),
        json.dumps({**GOOD, "confidence": {"edges": [1.0, 0.5, 0.0], "shares": [0.5, 0.5]}}),
        json.dumps({**GOOD, "oov_ratio": {"edges": [0.0, 1.0], "shares": [0.5]}}),
        json.dumps({**GOOD, "oov_ratio": {"edges": [0.0, 0.5, 1.0], "shares": [-0.5, 1.5]}}),
        " " * 2_000_000,
    ],
    ids=["no JSON", "format", "edges", "order", "sum", "negative", "size"],
)
def test_a_damaged_reference_is_left_aside_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    (tmp_path / REFERENCE).write_text(content)
    assert read_reference(tmp_path) is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_good_reference_is_read_and_an_absent_one_is_none(tmp_path: Path) -> None:
    assert read_reference(tmp_path) is None
    (tmp_path / REFERENCE).write_text(json.dumps(GOOD))
    assert read_reference(tmp_path) is not None
