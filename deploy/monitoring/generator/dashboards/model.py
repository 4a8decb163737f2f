"""Predictions on live texts, compared with those at training time."""

from deploy.monitoring.generator.drift import MIN_TEXTS, distance
from deploy.monitoring.generator.objectives import DRIFT_DISTANCE
from deploy.monitoring.generator.panels import SELECTED, VERSIONED, Dashboard, Panel, Query, Row, quantiles, query


def _mean(metric: str) -> str:
    total, count = (
        f"sum by (namespace, model, version) (rate({metric}_{part}{{{SELECTED}}}[$__rate_interval]) {VERSIONED})"
        for part in ("sum", "count")
    )
    return f"{total} / {count}"


def _drift(metric: str) -> tuple[Query, ...]:
    return (
        Query(distance(metric, window="1h", selector=SELECTED), "{{namespace}}/{{model}}"),
        Query(DRIFT_DISTANCE, "alert"),
    )


_DRIFT = f"Largest difference between cumulative shares, over an hour; no data below {MIN_TEXTS} texts."
_ANSWERS = Row(
    title="Answers",
    panels=(
        Panel(
            title="Predictions a second",
            description="Texts per second, by version.",
            queries=query(
                f"sum by (namespace, model, version) (rate(sentiment_predictions_total{{{SELECTED}}}[$__rate_interval])"
                f" {VERSIONED})",
                "{{namespace}}/{{model}} {{version}}",
            ),
        ),
        Panel(
            title="Label mix",
            description="Share of each label among the predictions.",
            unit="percentunit",
            stacked=True,
            queries=query(
                f"sum by (label) (rate(sentiment_predictions_total{{{SELECTED}}}[$__rate_interval]) {VERSIONED})"
                f" / on () group_left () "
                f"sum(rate(sentiment_predictions_total{{{SELECTED}}}[$__rate_interval]) {VERSIONED})",
                "{{label}}",
            ),
        ),
        Panel(
            title="Label mix at training time",
            description="From the reference of the serving model.",
            unit="percentunit",
            stacked=True,
            queries=query(
                f"avg by (label) (sentiment_reference_label_share{{{SELECTED}}} {VERSIONED})",
                "{{label}}",
            ),
        ),
    ),
)
_CONFIDENCE = Row(
    title="Confidence: probability of the predicted label",
    panels=(
        Panel(
            title="Mean confidence",
            description="Mean by version.",
            unit="percentunit",
            queries=query(_mean("sentiment_confidence"), "{{namespace}}/{{model}} {{version}}"),
        ),
        Panel(
            title="Confidence p10, p50, p90",
            description="Quantiles over the predictions.",
            unit="percentunit",
            queries=quantiles(
                f"rate(sentiment_confidence_bucket{{{SELECTED}}}[$__rate_interval]) {VERSIONED}", 0.1, 0.5, 0.9
            ),
        ),
        Panel(
            title="Confidence: distance from training time",
            description=_DRIFT,
            queries=_drift("confidence"),
        ),
    ),
)
_VOCABULARY = Row(
    title="Vocabulary: n-grams that the model does not know",
    panels=(
        Panel(
            title="Unknown n-grams",
            description="Mean share in a text, by version.",
            unit="percentunit",
            queries=query(_mean("sentiment_oov_ratio"), "{{namespace}}/{{model}} {{version}}"),
        ),
        Panel(
            title="Unknown n-grams: distance from training time",
            description=_DRIFT,
            queries=_drift("oov_ratio"),
        ),
        Panel(
            title="Empty texts a second",
            description="Texts without any token.",
            queries=query(
                f"sum by (namespace, model) (rate(sentiment_empty_texts_total{{{SELECTED}}}[$__rate_interval]) "
                f"{VERSIONED})",
                "{{namespace}}/{{model}}",
            ),
        ),
    ),
)
DASHBOARD = Dashboard(
    name="model",
    title="SentimentModel / Model",
    description="Predictions on live texts, compared with those at training time.",
    rows=(_ANSWERS, _CONFIDENCE, _VOCABULARY),
    variables=("namespace", "model", "version"),
)
