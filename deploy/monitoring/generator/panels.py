"""The content of a dashboard, independent of the program that displays it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Unit = Literal["short", "reqps", "s", "bytes", "Bps", "percentunit", "none"]
"""Units by Grafana's names."""

Variable = Literal["namespace", "model", "version"]

SELECTED = 'namespace=~"$namespace", model=~"$model"'
"""Selects the serving pods' series by the choices at the top of a dashboard."""

RESOURCE = "{{namespace}}/{{name}}"
"""The legend of a SentimentModel in the operator's series."""

SELECTED_RESOURCES = 'namespace=~"$namespace", name=~"$model"'
"""Selects the operator's series of the same SentimentModels."""

VERSIONED = (
    "* on (namespace, pod) group_left (version) "
    f'max by (namespace, pod, version) (sentiment_model_info{{{SELECTED}, version=~"$version"}})'
)
"""Follows a series of a pod: keeps the chosen versions and adds the label `version`."""

OF_SERVING_PODS = (
    f"* on (namespace, pod) group_left (model) max by (namespace, pod, model) (sentiment_model_info{{{SELECTED}}})"
)
"""Follows a series of the kubelet: keeps the chosen serving pods."""


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
    """Has no data as long as everything is well."""


@dataclass(frozen=True, kw_only=True)
class Row:
    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    name: str
    """Names its file, and is part of its address."""
    title: str
    description: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ("namespace", "model")

    @property
    def panels(self) -> Iterator[Panel]:
        for row in self.rows:
            yield from row.panels


def query(expr: str, legend: str) -> tuple[Query, ...]:
    """The single query of a panel."""
    return (Query(expr, legend),)


def quantiles(rate: str, *shares: float) -> tuple[Query, ...]:
    """One query per quantile of a histogram; `rate` is the rate of its buckets."""
    return tuple(Query(f"histogram_quantile({q:g}, sum by (le) ({rate}))", f"p{100 * q:g}") for q in shares)


def chosen(expr: str, *, namespace: str = ".+", model: str = ".+", version: str = ".+", interval: str = "1m") -> str:
    """Fill in the variables of an expression as Grafana does: regular expressions, and the interval of rates."""
    values = {"$namespace": namespace, "$model": model, "$version": version, "$__rate_interval": interval}
    for name, value in values.items():
        expr = expr.replace(name, value)
    return expr
