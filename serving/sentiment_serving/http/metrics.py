"""The metrics for Prometheus. One series, `sentiment_model_info`, names the model; join it on the instance."""

import math
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    Metric,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from sentiment_model import Prediction
from sentiment_serving.identity import ModelIdentity

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_CONFIDENCE = (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99, 1.0)
_RATIO = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

# A series of creation times beside each counter would double what is scraped.
disable_created_metrics()  # type: ignore[no-untyped-call]


class _Histogram:
    """Counts by upper bound. Its owner holds a lock."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._exemplars: list[tuple[str, float, float] | None] = [None] * len(self._counts)

    def observe(self, value: float, request_id: str = "") -> None:
        place = bisect_left(self._bounds, value)
        self._counts[place] += 1
        self._sum += value
        if request_id:
            self._exemplars[place] = (request_id, value, time.time())

    def add_to(self, family: HistogramMetricFamily, labels: Sequence[str]) -> None:
        buckets: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
        total = 0
        for bound, count, last in zip((*self._bounds, math.inf), self._counts, self._exemplars, strict=True):
            total += count
            upper = str(float(bound)) if bound < math.inf else "+Inf"
            if last is None:
                buckets.append((upper, total))
            else:
                buckets.append((upper, total, Exemplar({"request_id": last[0]}, last[1], last[2])))
        family.add_metric(labels, buckets, self._sum)


class Metrics(Collector):
    """The process's metrics, in a registry of their own so that a test may have several.

    They are counted here, under one lock, and converted to prometheus_client's types at a scrape: its own counters and
    histograms have a lock each and take longer per request than scoring a short text.
    """

    def __init__(self, identity: ModelIdentity, labels: tuple[str, ...]) -> None:
        self._identity = identity
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, int], int] = {}
        self._seconds: dict[str, _Histogram] = {}
        # Every label from the start: a rate over a series that appears later misses its first increments.
        self._predictions = dict.fromkeys(labels, 0)
        self._confidence = _Histogram(_CONFIDENCE)
        self._oov = _Histogram(_RATIO)
        self._empty = 0
        self._gauges: list[tuple[str, str, Callable[[], int]]] = []
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.registry.register(self)

    def watch(self, name: str, documentation: str, value: Callable[[], int]) -> None:
        """Add a gauge whose value is read at each scrape."""
        self._gauges.append((name, documentation, value))

    def answered(self, *, route: str, code: int, seconds: float, request_id: str) -> None:
        """Count one response. `route` is the pattern of a route, never a path from a client."""
        with self._lock:
            self._answers[route, code] = self._answers.get((route, code), 0) + 1
            histogram = self._seconds.get(route)
            if histogram is None:
                histogram = self._seconds[route] = _Histogram(_SECONDS)
            histogram.observe(seconds, request_id)

    def predicted(self, predictions: Iterable[Prediction]) -> None:
        """Count predicted texts."""
        with self._lock:
            for prediction in predictions:
                self._predictions[prediction.label] += 1
                self._confidence.observe(max(prediction.probabilities))
                if prediction.total:
                    self._oov.observe(1.0 - prediction.known / prediction.total)
                else:
                    self._empty += 1

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """All metrics, and the Content-Type: OpenMetrics (with exemplars) where `accept` asks for it."""
        if "application/openmetrics-text" in accept:
            body: bytes = openmetrics.generate_latest(self.registry)  # type: ignore[no-untyped-call]
            return body, openmetrics.CONTENT_TYPE_LATEST
        return generate_latest(self.registry), "text/plain; version=0.0.4; charset=utf-8"

    def collect(self) -> Iterator[Metric]:
        """For prometheus_client."""
        with self._lock:
            families = list(self._families())
        yield from families
        for name, documentation, value in self._gauges:
            yield GaugeMetricFamily(name, documentation, value=value())

    def _families(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "sentiment_requests", "Answers by route and status code.", labels=["route", "code"]
        )
        for (route, code), count in self._answers.items():
            requests.add_metric([route, str(code)], count)
        yield requests
        duration = HistogramMetricFamily(
            "sentiment_request_duration_seconds", "Time from reading the request to its answer.", labels=["route"]
        )
        for route, histogram in self._seconds.items():
            histogram.add_to(duration, [route])
        yield duration
        predictions = CounterMetricFamily("sentiment_predictions", "Predicted texts by label.", labels=["label"])
        for label, count in self._predictions.items():
            predictions.add_metric([label], count)
        yield predictions
        confidence = HistogramMetricFamily("sentiment_confidence", "Probability of the predicted label.")
        self._confidence.add_to(confidence, [])
        yield confidence
        oov = HistogramMetricFamily(
            "sentiment_oov_ratio",
            "Share of a text's n-grams that the model does not know; texts without n-grams do not count.",
        )
        self._oov.add_to(oov, [])
        yield oov
        yield CounterMetricFamily("sentiment_empty_texts", "Predicted texts without a single token.", value=self._empty)
        identity = self._identity
        info = {"name": identity.name, "version": identity.version, "digest": identity.digest}
        yield InfoMetricFamily("sentiment_model", "The model that answers.", value=info)
