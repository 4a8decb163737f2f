"""How long containers, deletions and candidates have been seen, on the operator's own monotonic clock.

The clocks of nodes and of the API server may be wrong, and the operator's wall clock may be set.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from sentiment_operator.api.names import Key
from sentiment_operator.observed.observation import Candidate, Observation
from sentiment_operator.observed.pods import Pod


class Ages:
    """Remembers when each thing was first seen. A restarted operator counts from zero: later, never sooner."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first: dict[Key, dict[str, float]] = {}

    def mark(self, key: Key, observed: Observation) -> Observation:
        """`observed` with the ages filled in: of running containers, of deletions and of the candidate."""
        now, before = self._clock(), self._first.get(key, {})
        first = self._first[key] = {name: before.get(name, now) for name in _timed(observed)}

        def marked(pod: Pod) -> Pod:
            if pod.serving and (since := first.get(_run(pod))) is not None:
                pod = replace(pod, running_seconds=now - since)
            return replace(pod, terminating_seconds=now - first[_deletion(pod)]) if pod.terminating else pod

        def aged(found: Candidate) -> Candidate:
            return replace(found, age_seconds=now - first[found.uid], pods=tuple(map(marked, found.pods)))

        candidate = aged(observed.candidate) if observed.candidate else None
        return replace(observed, pods=tuple(map(marked, observed.pods)), candidate=candidate)

    def forget(self, key: Key) -> None:
        self._first.pop(key, None)


def _timed(observed: Observation) -> Iterator[str]:
    """A unique name for each thing whose age is measured."""
    if observed.candidate:
        yield observed.candidate.uid
    for pod in (*observed.pods, *(observed.candidate.pods if observed.candidate else ())):
        if pod.serving and pod.serving.running:
            yield _run(pod)
        if pod.terminating:
            yield _deletion(pod)


def _run(pod: Pod) -> str:
    return pod.serving.container_id if pod.serving else ""


def _deletion(pod: Pod) -> str:
    return f"deletion of {pod.name}"
