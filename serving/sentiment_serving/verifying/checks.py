"""The checks on a candidate's answers. Pure functions from rows and answers to a finding."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from sentiment_serving.verifying.rows import GoldenRow, QualityRow
from sentiment_serving.verifying.verdict import Check, CheckName, CheckOutcome, Flip, figure

PARITY_TOLERANCE = 1e-4
"""How far a probability may be from the one computed at training time.

Golden rows are the 64-bit probabilities of the fitted estimator; the model file holds weights and coefficients in 32
bits. That rounding is relative, 2^-24 for each factor: it moves a margin by about 1.2e-7 times the sum of the absolute
contributions of its n-grams, and a probability by a quarter of that. With l2-normalised features, as this project's
pipeline makes them, that is below 1e-6; contributions would have to add up to thousands to reach 1e-4. An error in
tokens, weights or labels moves a probability by far more on some of the texts."""

CONFIDENCE = 0.95
"""One-sided: a model of exactly the accuracy asked for passes with a chance of about 5 %."""

_Z = NormalDist().inv_cdf(CONFIDENCE)


@dataclass(frozen=True)
class Prediction:
    """A server's prediction for one text."""

    label: str
    probabilities: Mapping[str, float]
    """By label."""


@dataclass(frozen=True)
class Finding:
    """A check and the rows that failed it, in the order of the rows."""

    check: Check
    flips: tuple[Flip, ...] = ()


def parity(rows: Sequence[GoldenRow], answers: Sequence[Prediction]) -> Finding:
    """Whether the server computes what the estimator computed at training time: same label, same probability."""
    flips = []
    largest = 0.0
    for row, answer in zip(rows, answers, strict=True):
        # The model gives no probability to a label that it does not have.
        difference = abs(answer.probabilities.get(row.label, 0.0) - row.probability)
        largest = max(largest, difference)
        if answer.label != row.label:
            flips.append(_flip(CheckName.PARITY, row.id, expected=row.label, got=answer.label))
        elif difference > PARITY_TOLERANCE:
            got = answer.probabilities[row.label]
            expected = f"{row.label} {figure(row.probability)}"
            flips.append(_flip(CheckName.PARITY, row.id, expected=expected, got=f"{answer.label} {figure(got)}"))
    return _finding(
        CheckName.PARITY,
        rows=len(rows),
        flips=flips,
        value=largest,
        limit=PARITY_TOLERANCE,
        failed=bool(flips),
        detail=f"{len(flips)} of {len(rows)} golden rows differ; a probability by {figure(largest)} at most",
    )


def disagreement(
    rows: Sequence[GoldenRow], answers: Sequence[Prediction], serving: Sequence[Prediction | None], *, limit: float
) -> Finding:
    """How often the candidate's labels differ from the serving version's, among the rows that the latter has answered.

    Args:
        serving: the serving version's answers; None where it gave none.
        limit: the largest share that passes.
    """
    pairs = [
        (row, answer, other) for row, answer, other in zip(rows, answers, serving, strict=True) if other is not None
    ]
    # With fewer than half of the rows the comparison no longer represents the golden texts.
    if 2 * len(pairs) < len(rows) or not pairs:
        why = f"what serves answered {len(pairs)} of {len(rows)} golden texts"
        return Finding(Check.skipped(CheckName.DISAGREEMENT, why))
    _, answer, other = pairs[0]
    if set(answer.probabilities) != set(other.probabilities):
        return Finding(Check.skipped(CheckName.DISAGREEMENT, "the label sets differ"))
    flips = [
        _flip(CheckName.DISAGREEMENT, row.id, expected=other.label, got=answer.label)
        for row, answer, other in pairs
        if answer.label != other.label
    ]
    share = len(flips) / len(pairs)
    return _finding(
        CheckName.DISAGREEMENT,
        rows=len(pairs),
        flips=flips,
        value=share,
        limit=limit,
        failed=share > limit,
        detail=f"{len(flips)} of {len(pairs)} golden texts get another label than from what serves",
    )


def quality(rows: Sequence[QualityRow], answers: Sequence[Prediction], *, min_accuracy: float) -> Finding:
    """Whether the accuracy on labelled texts is, with confidence, at least `min_accuracy`."""
    flips = [
        _flip(CheckName.QUALITY, str(row.id), expected=row.label, got=answer.label)
        for row, answer in zip(rows, answers, strict=True)
        if answer.label != row.label
    ]
    right = len(rows) - len(flips)
    bound = wilson_lower_bound(right, len(rows))
    detail = f"accuracy {figure(right / len(rows))} on {len(rows)} texts, with 95 % confidence at least {figure(bound)}"
    if unknown := sorted({row.label for row in rows} - set(answers[0].probabilities)):
        detail += f"; the model has no label {', '.join(ascii(label[:32]) for label in unknown[:3])}"
    return _finding(
        CheckName.QUALITY,
        rows=len(rows),
        flips=flips,
        value=bound,
        limit=min_accuracy,
        failed=bound < min_accuracy,
        detail=detail,
    )


def wilson_lower_bound(successes: int, trials: int) -> float:
    """The lower end of Wilson's score interval for a proportion, one-sided at CONFIDENCE.

    Unlike the textbook's p - z*sqrt(p(1-p)/n) it keeps its confidence near 1 and for few trials: 20 right answers of
    20 are 0.88, not 1. E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22
    (1927) 209-212; recommended by Brown, Cai and DasGupta, "Interval Estimation for a Binomial Proportion",
    Statistical Science 16 (2001) 101-133, section 4.
    """
    share = successes / trials
    square = _Z * _Z
    centre = share + square / (2 * trials)
    spread = _Z * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return max(0.0, (centre - spread) / (1 + square / trials))


def smallest_sufficient_set(min_accuracy: float) -> int | None:
    """The smallest set that can reach `min_accuracy` with every answer right; None if no size can."""
    if min_accuracy >= 1.0:
        return None
    # The bound for n right answers of n is n / (n + z^2).
    count = max(1, math.floor(_Z * _Z * min_accuracy / (1 - min_accuracy)))
    while wilson_lower_bound(count, count) < min_accuracy:
        count += 1
    return count


def _finding(
    name: CheckName, *, rows: int, flips: Sequence[Flip], value: float, limit: float, failed: bool, detail: str
) -> Finding:
    outcome = CheckOutcome.FAILED if failed else CheckOutcome.PASSED
    check = Check(name=name, outcome=outcome, detail=detail, rows=rows, flipped=len(flips), value=value, limit=limit)
    return Finding(check, tuple(flips))


def _flip(check: CheckName, id_: str, *, expected: str, got: str) -> Flip:
    return Flip(id=id_, expected=expected, got=got, check=check)
