"""How long things have been seen, on the operator's own clock: those of the nodes and of the API server may be wrong.

The wall clock of the operator's machine may be set meanwhile, too: all of this is measured on one that only goes on.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from sentiment_operator.api.names import Key
from sentiment_operator.observed.observation import Candidate, Observation
from sentiment_operator.observed.pods import Pod


class Ages:
    """Remembers since when something has been seen. A new operator counts anew: later, never sooner."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first: dict[Key, dict[str, float]] = {}

    def mark(self, key: Key, observed: Observation) -> Observation:
        """`seen` with the seconds filled in that containers run, pods are being deleted and the candidate exists."""
        now, before = self._clock(), self._first.get(key, {})
        first = self._first[key] = {sight: before.get(sight, now) for sight in _sights(observed)}

        def marked(pod: Pod) -> Pod:
            if pod.serving and (since := first.get(_run(pod))) is not None:
                pod = replace(pod, running_seconds=now - since)
            return replace(pod, terminating_seconds=now - first[_deletion(pod)]) if pod.terminating else pod

        def judged(found: Candidate) -> Candidate:
            return replace(found, age_seconds=now - first[found.uid], pods=tuple(map(marked, found.pods)))

        candidate = judged(observed.candidate) if observed.candidate else None
        return replace(observed, pods=tuple(map(marked, observed.pods)), candidate=candidate)

    def forget(self, key: Key) -> None:
        self._first.pop(key, None)


def _sights(observed: Observation) -> Iterator[str]:
    """All that time is measured for, each by a name of its own."""
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
