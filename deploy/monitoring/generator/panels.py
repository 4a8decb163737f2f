"""What a dashboard is made of, apart from any program that shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Unit = Literal["short", "reqps", "s", "bytes", "Bps", "percentunit", "none"]
"""Grafana's names."""

Variable = Literal["namespace", "model", "version"]

SELECTED = 'namespace=~"$namespace", model=~"$model"'
"""The serving pods' series of what is chosen at the top of a dashboard."""

RESOURCE = "{{namespace}}/{{name}}"
"""How a legend calls a SentimentModel by the operator's series."""

SELECTED_RESOURCES = 'namespace=~"$namespace", name=~"$model"'
"""The operator's series of the same SentimentModels."""

VERSIONED = (
    "* on (namespace, pod) group_left (version) "
    f'max by (namespace, pod, version) (sentiment_model_info{{{SELECTED}, version=~"$version"}})'
)
"""Behind a series of a pod: keeps the chosen versions, and tells which it is."""

OF_SERVING_PODS = (
    f"* on (namespace, pod) group_left (model) max by (namespace, pod, model) (sentiment_model_info{{{SELECTED}}})"
)
"""Behind a series of the kubelet: keeps the chosen serving pods."""


@dataclass(frozen=True)
class Query:
    expr: str
    legend: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    title: str
    description: str
    queries: tuple[Query, ...]
    unit: Unit = "short"
    stacked: bool = False
    kind: Literal["timeseries", "stat"] = "timeseries"
    width: int = 8
    """Of 24 columns."""
    empty_when_well: bool = False
    """By design without data while nothing is amiss."""


@dataclass(frozen=True, kw_only=True)
class Row:
    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    name: str
    """Of its file and in its address."""
    title: str
    description: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ("namespace", "model")

    @property
    def panels(self) -> Iterator[Panel]:
        for row in self.rows:
            yield from row.panels


def query(expr: str, legend: str) -> tuple[Query, ...]:
    """One query, as most panels have it."""
    return (Query(expr, legend),)


def quantiles(rate: str, *shares: float) -> tuple[Query, ...]:
    """Quantiles of a histogram, a query each; `rate` is that of its buckets."""
    return tuple(Query(f"histogram_quantile({q:g}, sum by (le) ({rate}))", f"p{100 * q:g}") for q in shares)


def chosen(expr: str, *, namespace: str = ".+", model: str = ".+", version: str = ".+", interval: str = "1m") -> str:
    """The expression with its variables filled in, as Grafana does: regular expressions, and the interval of rates."""
    values = {"$namespace": namespace, "$model": model, "$version": version, "$__rate_interval": interval}
    for name, value in values.items():
        expr = expr.replace(name, value)
    return expr
