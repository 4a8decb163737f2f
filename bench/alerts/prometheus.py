"""Queries of the lab's Prometheus and Alertmanager over HTTP."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx

from bench.alerts.recorded import Series
from delivery.cluster import Cluster
from deploy.monitoring.generator.objectives import Objectives
from deploy.monitoring.generator.pace import production, rehearsal
from deploy.monitoring.generator.ratios import recordings
from deploy.monitoring.generator.rules import groups, rule_file
from lab import client

PAUSE_SECONDS = 0.5
EVALUATION = "2s"


class Firing(NamedTuple):
    """One alert in Alertmanager, inhibited or not."""

    alert: str
    severity: str
    namespace: str
    model: str


def query_range(cluster: Cluster, expr: str, *, start: float, end: float, step: float) -> list[Series]:
    """The series of an expression over a time.

    Raises:
        httpx.HTTPStatusError: Prometheus refuses it.
    """
    url = f"{cluster.environment['PROMETHEUS_URL']}/api/v1/query_range"
    answer = httpx.post(url, data={"query": expr, "start": start, "end": end, "step": step}, timeout=30)
    answer.raise_for_status()
    return [
        Series(one["metric"], [(float(at), float(value)) for at, value in one["values"]])
        for one in answer.json()["data"]["result"]
    ]


@contextmanager
def shortened_rules(cluster: Cluster) -> Iterator[None]:
    """Load the shipped rules with short windows while the block runs, and the dashboards' recording rules."""
    rules = client.rules_folder()
    kept = {
        rules / "objectives.yaml": rule_file([Objectives().group()]),
        rules / "recordings.yaml": rule_file([{"name": "recordings", "rules": list(recordings(production))}]),
        rules / "rehearsal.yaml": rule_file(groups(rehearsal, runbooks="docs/runbooks", interval=EVALUATION)),
    }
    for path, text in kept.items():
        path.write_text(text)
    _reload(cluster)
    try:
        yield
    finally:
        for path in kept:
            path.unlink()
        _reload(cluster)


def _reload(cluster: Cluster) -> None:
    httpx.post(f"{cluster.environment['PROMETHEUS_URL']}/-/reload", timeout=30).raise_for_status()


@dataclass
class Watch:
    """When each alert was in Alertmanager first, and when last, on the clock of `time.monotonic`."""

    cluster: Cluster
    first: dict[Firing, float] = field(default_factory=dict)
    last: dict[Firing, float] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _trouble: Exception | None = None

    def firing(self) -> set[Firing]:
        """The alerts that Alertmanager has now."""
        url = f"{self.cluster.environment['ALERTMANAGER_URL']}/api/v2/alerts"
        found: list[dict[str, Any]] = httpx.get(url, timeout=10).raise_for_status().json()
        return {
            Firing(*(one["labels"].get(name, "") for name in ("alertname", "severity", "namespace", "model")))
            for one in found
        }

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Read the alerts every half second while the block runs."""
        thread = threading.Thread(target=self._look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
        if self._trouble:
            raise self._trouble

    def _look(self) -> None:
        try:
            while not self._stop.wait(PAUSE_SECONDS):
                now = time.monotonic()
                for one in self.firing():
                    self.first.setdefault(one, now)
                    self.last[one] = now
        except httpx.HTTPError as error:
            self._trouble = error
