"""The evaluation as one HTML page that needs no other file, with a light and a dark scheme."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from sentiment_pipeline.evaluation.findings import Findings
from sentiment_pipeline.metrics.learning_curve import Point
from sentiment_pipeline.report import percent

SHOWN_NGRAMS = 12
"""Per label and view."""

_LOW_PASS_RATE = 0.5
_HIGH_ECE = 0.05
_HIGH_IMBALANCE = 3.0
_FLAT = 0.005
"""If doubling the reviews gains less accuracy than this, more reviews help little."""


@dataclass(frozen=True)
class Page:
    """The content of the page."""

    digest: str
    trained: Mapping[str, Any]
    """reports/train.json"""
    found: Findings
    curve: Sequence[Point]
    ngrams: Sequence[Mapping[str, str]]
    """Rows of reports/ngrams.csv."""
    data: Mapping[str, Any] | None
    """reports/data.json; None if it does not exist."""
    figures: Mapping[str, str]
    """SVG elements by name."""


def render(page: Page) -> str:
    """The page as HTML; all values from data are escaped."""
    environment = Environment(
        loader=PackageLoader("sentiment_pipeline.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    template = environment.get_template("evaluate.html.jinja")
    return template.render(
        page=page,
        found=page.found,
        overall=page.found.overall,
        attention=attention(page),
        learning=learning_summary(page.curve),
        ngrams=top_by_label(page.ngrams),
        low_pass_rate=_LOW_PASS_RATE,
    )


def attention(page: Page) -> list[str]:
    """Findings that deserve attention, as sentences."""
    found = page.found
    sentences = []
    comparison = found.champion.comparison if found.champion else None
    if comparison is not None and comparison.high < 0:
        sentences.append("It is less accurate than the champion, and not by chance.")
    if found.overall.ece > _HIGH_ECE:
        sentences.append(f"Its confidence is off by {percent(found.overall.ece)} on average (ECE).")
    worse = [
        f"{name} {bucket} ({percent(part.accuracy)})"
        for name, buckets in found.slices.items()
        for bucket, part in buckets.items()
        if part.high < found.overall.accuracy
    ]
    if worse:
        sentences.append(f"Less accurate than on all reviews, and not by chance: {', '.join(worse)}.")
    failing = [
        f"{name} ({percent(result.pass_rate, 0)})"
        for name, result in found.behaviour.capabilities.items()
        if result.pass_rate < _LOW_PASS_RATE
    ]
    if failing:
        sentences.append(f"It fails most behavioural tests of: {', '.join(failing)}.")
    return sentences + (_attention_to_data(page.data) if page.data is not None else [])


def learning_summary(curve: Sequence[Point]) -> str:
    """The learning curve in a sentence."""
    if len(curve) < 2:
        return "There are too few reviews for a curve."
    before, last = curve[-2:]
    gain, gap = last.accuracy - before.accuracy, last.seen_accuracy - last.accuracy
    advice = "more reviews would help" if gain > _FLAT else "more reviews of this kind would help little"
    return (
        f"From {before.rows:,} to {last.rows:,} reviews: {gain * 100:+.1f} points, so {advice}."
        f" It is {gap * 100:.1f} points more accurate on the reviews that it was trained on."
    )


def top_by_label(ngrams: Sequence[Mapping[str, str]]) -> dict[str, dict[str, list[tuple[str, float]]]]:
    """The n-grams by view and label, with their weight as a share of the largest weight of the view."""
    found: dict[str, dict[str, list[tuple[str, float]]]] = {}
    largest: dict[str, float] = {}
    for row in ngrams:
        view, weight = row["view"], float(row["weight"])
        largest[view] = max(largest.get(view, 0.0), weight)
        shown = found.setdefault(view, {}).setdefault(row["label"], [])
        if len(shown) < SHOWN_NGRAMS:
            shown.append((row["ngram"], weight))
    return {
        view: {label: [(ngram, weight / largest[view]) for ngram, weight in top] for label, top in labels.items()}
        for view, labels in found.items()
    }


def _attention_to_data(data: Mapping[str, Any]) -> list[str]:
    sentences = []
    if data["leakage"]["share"]:
        sentences.append(
            f"{percent(data['leakage']['share'])} of the held-out reviews also occur in training, exactly or nearly."
        )
    if data["train"]["imbalance"] > _HIGH_IMBALANCE:
        sentences.append(
            f"The most frequent label is {data['train']['imbalance']:.1f} times as frequent as the rarest."
        )
    if broken := data["raw"]["oddities"]["mojibake"]:
        sentences.append(f"{broken:,} raw texts look wrongly decoded (mojibake).")
    return sentences
