"""What Prometheus sees. Which model it was is in one series, `sentiment_model_info`, to be joined on the instance."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from sentiment_model import Prediction
from sentiment_serving.identity import ModelIdentity

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_CONFIDENCE = (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99, 1.0)
_RATIO = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


# A series of creation times beside each counter would double what is scraped.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The process's metrics, in a registry of their own so that a test may have several."""

    def __init__(self, identity: ModelIdentity, labels: tuple[str, ...]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._requests = Counter(
            "sentiment_requests", "Answers by route and status code.", ["route", "code"], registry=self.registry
        )
        self._duration = Histogram(
            "sentiment_request_duration_seconds",
            "Time from reading the request to its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        predictions = Counter("sentiment_predictions", "Predicted texts by label.", ["label"], registry=self.registry)
        # Every label from the start: a rate over a series that appears later misses its first increments.
        self._predictions = {label: predictions.labels(label) for label in labels}
        self._confidence = Histogram(
            "sentiment_confidence",
            "Probability of the predicted label.",
            buckets=_CONFIDENCE,
            registry=self.registry,
        )
        self._oov = Histogram(
            "sentiment_oov_ratio",
            "Share of a text's n-grams that the model does not know; texts without n-grams do not count.",
            buckets=_RATIO,
            registry=self.registry,
        )
        self._empty = Counter(
            "sentiment_empty_texts", "Predicted texts without a single token.", registry=self.registry
        )
        Info("sentiment_model", "The model that answers.", registry=self.registry).info(
            {"name": identity.name, "version": identity.version, "digest": identity.digest}
        )

    def answered(self, *, route: str, code: int, seconds: float) -> None:
        """Count one answer. `route` is a route's pattern, never a path that a client made up."""
        self._requests.labels(route, str(code)).inc()
        self._duration.labels(route).observe(seconds)

    def predicted(self, prediction: Prediction) -> None:
        """Count one predicted text."""
        self._predictions[prediction.label].inc()
        self._confidence.observe(max(prediction.probabilities))
        if prediction.total:
            self._oov.observe(1.0 - prediction.known / prediction.total)
        else:
            self._empty.inc()

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)
