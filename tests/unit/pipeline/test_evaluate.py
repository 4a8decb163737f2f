"""The metrics, on numbers small enough to check by hand."""

import math

import numpy as np
import pytest

from sentiment_pipeline.errors import DataError
from sentiment_pipeline.evaluate import calibration, labels_of, measure, summary
from sentiment_pipeline.reviews import Review

LABELS = ("negative", "positive")
TRUTH = np.array(["negative", "negative", "positive", "positive", "positive"])
PROBABILITIES = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]])


def test_metrics_of_two_labels() -> None:
    result = measure(TRUTH, PROBABILITIES, LABELS)
    assert result.rows == 5
    assert result.accuracy == pytest.approx(3 / 5)
    assert result.baseline_accuracy == pytest.approx(3 / 5)
    assert result.log_loss == pytest.approx(-sum(map(math.log, (0.9, 0.4, 0.8, 0.7, 0.4))) / 5)
    assert result.brier == pytest.approx((0.1**2 + 0.6**2 + 0.2**2 + 0.3**2 + 0.6**2) / 5)
    # Of 6 pairs of a negative and a positive, 5 are in the right order.
    assert result.roc_auc == pytest.approx(5 / 6)
    # Confidence 0.9, 0.6 twice, 0.8, 0.7, right, wrong twice, right, right.
    assert result.ece == pytest.approx((0.1 + 2 * 0.6 + 0.2 + 0.3) / 5)


def test_metrics_of_three_labels() -> None:
    labels = ("negative", "neutral", "positive")
    truth = np.array(["negative", "neutral", "positive", "neutral"])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1]])
    result = measure(truth, probabilities, labels)
    assert result.accuracy == pytest.approx(3 / 4)
    assert result.baseline_accuracy == pytest.approx(1 / 2)
    assert 0.0 <= result.brier <= 1.0
    assert 0.5 < result.roc_auc <= 1.0


def test_the_calibration_curve_has_no_empty_bins_and_every_row() -> None:
    bins = calibration(TRUTH, PROBABILITIES, LABELS)
    assert sum(b.rows for b in bins) == 5
    assert [round(b.confidence, 1) for b in bins] == [0.6, 0.7, 0.8, 0.9]


def test_full_confidence_falls_into_the_last_bin() -> None:
    (only,) = calibration(np.array(["positive"]), np.array([[0.0, 1.0]]), LABELS)
    assert (only.confidence, only.accuracy, only.rows) == (1.0, 1.0, 1)


def test_a_label_that_the_model_lacks_is_named() -> None:
    with pytest.raises(DataError, match="labels that the model lacks: neutral"):
        labels_of([Review("1", "a", "neutral", "1")], LABELS)


def test_the_summary_shows_the_confusion() -> None:
    predicted = np.array(LABELS)[PROBABILITIES.argmax(axis=1)]
    lines = summary(TRUTH, predicted, LABELS, measure(TRUTH, PROBABILITIES, LABELS))
    assert "accuracy 0.6000 (baseline 0.6000)" in lines[0]
    assert [line.split() for line in lines[2:]] == [["negative", "1", "1"], ["positive", "1", "2"]]
