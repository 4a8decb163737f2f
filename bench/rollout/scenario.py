"""Scenarios, and what is measured while a change is made under load."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.rollout.pods import ReadyPods, watching
from bench.rollout.stage import OPERATOR_USER, Stage
from delivery.rollout import Outcome
from testbed.resource import Resource
from testbed.traffic import Summary, traffic

RATE = 100.0
"""Requests a second, half on kept-alive and half on fresh connections."""
AFTERWARDS_SECONDS = 3.0
"""How long the load continues after the change."""


@dataclass(frozen=True)
class Result:
    """The measurement in words, and whether the target was met."""

    measured: str
    met: bool


@dataclass(frozen=True)
class Scenario:
    """One row of the table."""

    name: str
    title: str
    target: str
    play: Callable[[Stage], Result]


@dataclass
class Observed:
    """What callers and kubectl observed of a change."""

    outcome: Outcome | None = None
    seconds: float = 0.0
    """From the patch until both waits have returned."""
    patched: float = 0.0
    """The time of the patch, in seconds of Unix time."""
    writes: list[str] = field(default_factory=list)
    """The operator's writes, each as "verb path"."""
    pods: ReadyPods = field(default_factory=ReadyPods)
    load: Summary | None = None

    @property
    def failed(self) -> str:
        """The number of failed requests and why they failed, as a readable phrase."""
        assert self.load is not None
        kinds = sorted({str(failure["what"]) for failure in self.load.failures})
        why = f" ({'; '.join(kinds[:3])})" if kinds else ""
        return f"{self.load.failed} of {self.load.requests} requests failed{why}"

    def answers(self, version: str) -> int:
        """The number of requests that this version answered."""
        assert self.load is not None
        return self.load.by_version.get(version, 0)

    def last_answer_seconds(self, version: str) -> float:
        """Seconds from the patch to the last answer of that version."""
        assert self.load is not None
        return self.load.spans[version][1] - self.patched if version in self.load.spans else 0.0


@contextmanager
def under_load(stage: Stage, resource: Resource, *, node: str | None = None) -> Iterator[Observed]:
    """Watch `resource` under load while the block runs, and for some seconds after it."""
    seen = Observed()
    load = traffic(
        stage.cluster, resource.url, image=stage.serving_image, namespace=resource.namespace, rate=RATE, node=node
    )
    with watching(resource) as pods, load as running:
        mark = stage.audit.mark()
        yield seen
        pause(AFTERWARDS_SECONDS)
        seen.writes = stage.audit.writes_since(mark, user=OPERATOR_USER, within=f"/namespaces/{resource.namespace}/")
    seen.pods, seen.load = pods, running.summary


def change(seen: Observed, resource: Resource, spec: dict[str, Any], *, timeout: str = "4m") -> Outcome:
    """Patch the spec and wait twice, as CI does."""
    seen.patched, start = time.time(), time.monotonic()
    resource.patch({"spec": spec})
    seen.outcome = resource.wait(timeout)
    seen.seconds = time.monotonic() - start
    return seen.outcome


def version(number: str) -> dict[str, Any]:
    """The part of a spec that requests a version."""
    return {"model": {"version": number, "alias": None}}


def pause(seconds: float) -> None:
    threading.Event().wait(seconds)
