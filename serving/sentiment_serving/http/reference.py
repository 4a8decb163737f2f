"""The model's distributions at training time, as gauges beside the live ones: drift is measured against them."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

import msgspec
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sentiment_model.manifest import REFERENCE, REFERENCE_FORMAT

MAX_BYTES = 1024 * 1024
_SUM_TOLERANCE = 1e-3
"""Shares are written with six digits."""

_LOG = logging.getLogger("sentiment_serving.reference")


class Histogram(msgspec.Struct, frozen=True):
    """Shares of texts per bin [edge, next edge)."""

    edges: list[float]
    shares: list[float]

    def __post_init__(self) -> None:
        if len(self.edges) != len(self.shares) + 1 or any(low >= high for low, high in pairwise(self.edges)):
            raise ValueError("a histogram has one rising edge more than shares")
        if any(share < 0 for share in self.shares) or abs(sum(self.shares) - 1) > _SUM_TOLERANCE:
            raise ValueError("the shares of a histogram are positive and add up to 1")

    def cumulative(self) -> Iterator[tuple[float, float]]:
        """Each upper edge, and the share of texts below it."""
        yield from zip(self.edges[1:], accumulate(self.shares), strict=True)


class Reference(msgspec.Struct, frozen=True):
    """The parts of reference.json that are compared with live predictions."""

    format: str
    confidence: Histogram
    oov_ratio: Histogram
    labels: dict[str, float]


def read_reference(folder: Path) -> Reference | None:
    """The reference beside a model file; None, with a line in the log, if there is no usable one.

    The model is served all the same, without the reference metrics.
    """
    path = folder / REFERENCE
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES} bytes")
        reference = msgspec.json.decode(path.read_bytes(), type=Reference)
        if reference.format != REFERENCE_FORMAT:
            raise ValueError(f"its format is not {REFERENCE_FORMAT}")
    except FileNotFoundError:
        _LOG.info("no %s beside the model: drift from its training cannot be measured", REFERENCE)
        return None
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        _LOG.warning("%s cannot be used, so that drift cannot be measured: %s", REFERENCE, error)
        return None
    return reference


@dataclass(frozen=True, eq=False)
class ReferenceMetrics(Collector):
    """The reference as gauges, with the upper edges as `le` like those of the live histograms."""

    reference: Reference

    def collect(self) -> Iterator[Metric]:
        for name, what, histogram in (
            ("confidence", "a probability of the predicted label", self.reference.confidence),
            ("oov_ratio", "a share of unknown n-grams", self.reference.oov_ratio),
        ):
            family = GaugeMetricFamily(
                f"sentiment_reference_{name}_share",
                f"Share of texts with {what} up to `le`, at training time.",
                labels=["le"],
            )
            for edge, share in histogram.cumulative():
                family.add_metric([str(edge)], share)
            yield family
        labels = GaugeMetricFamily(
            "sentiment_reference_label_share", "Share of texts with that label, at training time.", labels=["label"]
        )
        for label, share in self.reference.labels.items():
            labels.add_metric([label], share)
        yield labels
