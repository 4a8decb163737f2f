"""The checks, on answers made by hand."""

import math

import pytest
from scipy.stats import binomtest

from sentiment_serving.verifying.checks import (
    PARITY_TOLERANCE,
    Prediction,
    disagreement,
    parity,
    quality,
    smallest_sufficient_set,
    wilson_lower_bound,
)
from sentiment_serving.verifying.rows import GoldenRow, QualityRow
from sentiment_serving.verifying.verdict import CheckOutcome

PASSED, FAILED, SKIPPED = CheckOutcome.PASSED, CheckOutcome.FAILED, CheckOutcome.SKIPPED


def predicted(label: str, probability: float = 0.9, *, other: str | None = None) -> Prediction:
    other = other or ("negative" if label == "positive" else "positive")
    return Prediction(label, {label: probability, other: 1 - probability})


def golden(*labels: str, probability: float = 0.9) -> list[GoldenRow]:
    return [GoldenRow(f"row-{n}", "A text.", label, probability) for n, label in enumerate(labels, 1)]


def labelled(right: int, wrong: int) -> tuple[list[QualityRow], list[Prediction]]:
    rows = [QualityRow("A text.", "positive", str(n)) for n in range(right + wrong)]
    return rows, [predicted("positive")] * right + [predicted("negative")] * wrong


def test_parity_is_the_same_label_and_the_same_probability() -> None:
    finding = parity(golden("positive", "negative"), [predicted("positive"), predicted("negative")])
    assert finding.check.outcome is PASSED
    assert (finding.check.rows, finding.check.flipped) == (2, 0)
    assert finding.flips == ()


def test_rounding_to_32_bits_is_no_difference() -> None:
    finding = parity(golden("positive"), [predicted("positive", 0.9 + PARITY_TOLERANCE / 2)])
    assert finding.check.outcome is PASSED
    assert finding.check.value == pytest.approx(PARITY_TOLERANCE / 2)


def test_one_row_with_another_label_fails_parity() -> None:
    finding = parity(golden("positive", "negative"), [predicted("positive"), predicted("positive")])
    assert finding.check.outcome is FAILED
    (flip,) = finding.flips
    assert (flip.id, flip.expected, flip.got) == ("row-2", "negative", "positive")


def test_one_row_with_another_probability_fails_parity_and_both_are_shown() -> None:
    finding = parity(golden("positive"), [predicted("positive", 0.8)])
    assert finding.check.outcome is FAILED
    (flip,) = finding.flips
    assert (flip.expected, flip.got) == ("positive 0.9", "positive 0.8")


def test_a_label_that_the_model_does_not_have_fails_parity() -> None:
    finding = parity(golden("neutral"), [predicted("positive")])
    assert finding.check.outcome is FAILED
    assert finding.check.value == pytest.approx(0.9)


@pytest.mark.parametrize(("limit", "outcome"), [(0.2, FAILED), (0.3, PASSED), (0.31, PASSED), (1.0, PASSED)])
def test_disagreement_up_to_its_limit_passes(limit: float, outcome: CheckOutcome) -> None:
    answers = [predicted("positive")] * 10
    serving = [predicted("negative")] * 3 + [predicted("positive")] * 7
    finding = disagreement(golden(*["positive"] * 10), answers, serving, limit=limit)
    assert finding.check.outcome is outcome
    assert finding.check.value == 0.3
    assert [flip.id for flip in finding.flips] == ["row-1", "row-2", "row-3"]


def test_rows_that_the_serving_version_did_not_answer_do_not_count() -> None:
    serving = [predicted("negative")] + [predicted("positive")] * 5 + [None] * 4
    finding = disagreement(golden(*["positive"] * 10), [predicted("positive")] * 10, serving, limit=0.2)
    assert (finding.check.rows, finding.check.flipped) == (6, 1)
    assert finding.check.outcome is PASSED


@pytest.mark.parametrize("answered", [0, 4])
def test_less_than_half_of_the_rows_is_no_comparison(answered: int) -> None:
    serving = [predicted("negative")] * answered + [None] * (10 - answered)
    finding = disagreement(golden(*["positive"] * 10), [predicted("positive")] * 10, serving, limit=0.0)
    assert finding.check.outcome is SKIPPED
    assert f"{answered} of 10" in finding.check.detail


def test_other_labels_are_no_disagreement() -> None:
    serving = [predicted("pos", other="neg")]
    finding = disagreement(golden("positive"), [predicted("positive")], serving, limit=0.0)
    assert finding.check.outcome is SKIPPED
    assert "label sets" in finding.check.detail


def test_quality_is_compared_by_its_lower_bound() -> None:
    rows, answers = labelled(right=90, wrong=10)
    below = quality(rows, answers, min_accuracy=0.9)
    assert below.check.outcome is FAILED, "0.9 of 100 texts may well be 0.85"
    assert below.check.value == pytest.approx(0.8396, abs=1e-4)
    assert len(below.flips) == 10
    assert quality(rows, answers, min_accuracy=0.83).check.outcome is PASSED


def test_labels_that_only_the_quality_set_has_are_named() -> None:
    rows = [QualityRow("A text.", "pos", "1"), QualityRow("A text.", "neg", "2")]
    finding = quality(rows, [predicted("positive"), predicted("negative")], min_accuracy=0.5)
    assert finding.check.outcome is FAILED
    assert "no label 'neg', 'pos'" in finding.check.detail


@pytest.mark.parametrize(("successes", "trials"), [(20, 20), (0, 20), (90, 100), (400, 400), (1, 2), (1, 1)])
def test_the_bound_is_that_of_scipy(successes: int, trials: int) -> None:
    # One-sided 95 % is the lower end of two-sided 90 %.
    interval = binomtest(successes, trials).proportion_ci(confidence_level=0.9, method="wilson")
    assert wilson_lower_bound(successes, trials) == pytest.approx(interval.low, abs=1e-12)


def test_the_bound_keeps_its_confidence() -> None:
    # A model of exactly 0.9 on 200 texts: how likely is a result whose bound is above 0.9? Averaged over the steps of
    # the binomial distribution it is 5 %.
    trials, accuracy = 200, 0.9
    chance = sum(
        math.comb(trials, right) * accuracy**right * (1 - accuracy) ** (trials - right)
        for right in range(trials + 1)
        if wilson_lower_bound(right, trials) > accuracy
    )
    assert 0.03 < chance < 0.07


@pytest.mark.parametrize(
    ("accuracy", "count"), [(0.0, 1), (0.5, 3), (0.8, 11), (0.9, 25), (0.95, 52), (0.99, 268), (0.999999, None)]
)
def test_the_smallest_set_that_can_pass(accuracy: float, count: int | None) -> None:
    found = smallest_sufficient_set(accuracy)
    assert found is not None
    if count is not None:
        assert found == count
    assert wilson_lower_bound(found, found) >= accuracy
    assert found == 1 or wilson_lower_bound(found - 1, found - 1) < accuracy


def test_no_set_shows_that_every_answer_is_right() -> None:
    assert smallest_sufficient_set(1.0) is None
