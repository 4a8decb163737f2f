"""The metrics, on numbers small enough to check by hand, and against scikit-learn."""

import math

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from sentiment_pipeline.metrics.classification import calibration, confusion, measure, per_label

LABELS = ("negative", "positive")
TRUTH = np.array(["negative", "negative", "positive", "positive", "positive"])
PROBABILITIES = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]])

THREE = ("negative", "neutral", "positive")
TRUTH_OF_THREE = np.array(["negative", "neutral", "positive", "neutral"])
PROBABILITIES_OF_THREE = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1]])


def test_metrics_of_two_labels() -> None:
    result = measure(TRUTH, PROBABILITIES, LABELS)
    assert result.rows == 5
    assert result.accuracy == pytest.approx(3 / 5)
    assert 0.2 < result.accuracy_low < 3 / 5 < result.accuracy_high < 0.9
    assert result.baseline_accuracy == pytest.approx(3 / 5)
    assert result.log_loss == pytest.approx(-sum(map(math.log, (0.9, 0.4, 0.8, 0.7, 0.4))) / 5)
    assert result.brier == pytest.approx((0.1**2 + 0.6**2 + 0.2**2 + 0.3**2 + 0.6**2) / 5)
    # Of 6 pairs of a negative and a positive, 5 are in the right order.
    assert result.roc_auc == pytest.approx(5 / 6)
    # Confidence 0.9, 0.6 twice, 0.8, 0.7, right, wrong twice, right, right.
    assert result.ece == pytest.approx((0.1 + 2 * 0.6 + 0.2 + 0.3) / 5)


def test_metrics_of_three_labels() -> None:
    result = measure(TRUTH_OF_THREE, PROBABILITIES_OF_THREE, THREE)
    assert result.accuracy == pytest.approx(3 / 4)
    assert result.baseline_accuracy == pytest.approx(1 / 2)
    # F1 of 2/3 for negative and neutral, 1 for positive.
    assert result.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert result.brier == pytest.approx((3 * (0.2**2 + 2 * 0.1**2) + 0.6**2 + 0.7**2 + 0.1**2) / 4 / 2)
    assert result.ece == pytest.approx((3 * 0.2 + 0.6) / 4)
    one_against_the_rest = [roc_auc_score(THREE[k] == TRUTH_OF_THREE, PROBABILITIES_OF_THREE[:, k]) for k in range(3)]
    assert result.roc_auc == pytest.approx(np.mean(one_against_the_rest))


@pytest.mark.parametrize("labels", [THREE, ("positive", "neutral", "negative")], ids=["sorted", "unsorted"])
def test_metrics_are_those_of_scikit_learn_in_whatever_order_the_labels_are(labels: tuple[str, ...]) -> None:
    generator = np.random.default_rng(5)
    truth = generator.choice(labels, 300)
    probabilities = generator.dirichlet(np.ones(3), 300)
    result = measure(truth, probabilities, labels)
    by_name = np.argsort(labels)
    assert result.log_loss == pytest.approx(log_loss(truth, probabilities[:, by_name]))
    assert result.roc_auc == pytest.approx(roc_auc_score(truth, probabilities[:, by_name], multi_class="ovr"))
    assert result.brier == pytest.approx(brier_score_loss(truth, probabilities[:, by_name]) / 2)


def test_the_calibration_curve_has_no_empty_bins_and_every_row() -> None:
    bins = calibration(TRUTH, PROBABILITIES, LABELS)
    assert sum(b.rows for b in bins) == 5
    assert [round(b.confidence, 1) for b in bins] == [0.6, 0.7, 0.8, 0.9]


def test_full_confidence_falls_into_the_last_bin() -> None:
    (only,) = calibration(np.array(["positive"]), np.array([[0.0, 1.0]]), LABELS)
    assert (only.confidence, only.accuracy, only.rows) == (1.0, 1.0, 1)


def test_the_confusion_and_the_numbers_of_a_label_agree() -> None:
    predicted = np.array(THREE)[PROBABILITIES_OF_THREE.argmax(axis=1)]
    assert confusion(TRUTH_OF_THREE, predicted, THREE) == {
        "negative": {"negative": 1, "neutral": 0, "positive": 0},
        "neutral": {"negative": 1, "neutral": 1, "positive": 0},
        "positive": {"negative": 0, "neutral": 0, "positive": 1},
    }
    numbers = per_label(TRUTH_OF_THREE, predicted, THREE)
    assert (numbers["negative"].precision, numbers["negative"].recall, numbers["negative"].rows) == (0.5, 1.0, 1)
    assert (numbers["neutral"].precision, numbers["neutral"].recall, numbers["neutral"].rows) == (1.0, 0.5, 2)


def test_a_label_that_is_never_predicted_has_no_precision() -> None:
    numbers = per_label(np.array(["a", "b"]), np.array(["a", "a"]), ("a", "b"))
    assert (numbers["b"].precision, numbers["b"].recall, numbers["b"].f1) == (0.0, 0.0, 0.0)
