"""The contribution of each n-gram of a text to the margins. It is exact because the model is linear."""

from collections.abc import Sequence
from dataclasses import dataclass

from sentiment_model.linear import LinearModel, View
from sentiment_model.scoring import Match, frequency, length_part, scale_of


@dataclass(frozen=True)
class Contribution:
    """One known n-gram of a text."""

    ngram: str
    """The preprocessed n-gram, its words joined by spaces."""
    view: str
    """Name of the view whose vocabulary has it."""
    count: int
    contributions: tuple[float, ...]
    """What it adds to each margin."""


@dataclass(frozen=True)
class Explanation:
    """The margins of a prediction as a sum: the bias plus all contributions."""

    bias: tuple[float, ...]
    contributions: tuple[Contribution, ...]
    """By view, then in the order of first occurrence."""


def explain(model: LinearModel, matches: Sequence[Sequence[Match]]) -> Explanation:
    """Compute the contributions of the known n-grams of a text, given per view."""
    found = [
        contribution
        for view, of_view in zip(model.views, matches, strict=True)
        for contribution in _of_view(view, of_view, model.outputs)
    ]
    return Explanation(tuple(map(float, model.bias)), tuple(found))


def _of_view(view: View, matches: Sequence[Match], k: int) -> list[Contribution]:
    values = [frequency(view, count) * view.weight[place] for _, count, place in matches]
    scale = scale_of(view, sum(length_part(view, value) for value in values))
    return [
        Contribution(
            ngram, view.name, count, tuple(value * scale * view.coef[place * k + output] for output in range(k))
        )
        for (ngram, count, place), value in zip(matches, values, strict=True)
    ]
