"""How long containers have been seen running, on the operator's own clock: a node's clock may be wrong by minutes."""

from collections.abc import Callable
from dataclasses import replace

from sentiment_operator.names import Key
from sentiment_operator.observed import Observation, Pod


class Sightings:
    """Remembers when each run of a container was first seen. A new operator counts anew: later, never sooner."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first: dict[Key, dict[str, float]] = {}

    def mark(self, key: Key, seen: Observation) -> Observation:
        """`seen` with `running_seconds` filled in."""
        now, before = self._clock(), self._first.get(key, {})
        pods = (*seen.pods, *(seen.candidate.pods if seen.candidate else ()))
        first = {
            pod.serving.container_id: before.get(pod.serving.container_id, now)
            for pod in pods
            if pod.serving and pod.serving.running
        }
        self._first[key] = first

        def marked(pod: Pod) -> Pod:
            if pod.serving is None or pod.serving.container_id not in first:
                return pod
            seconds = now - first[pod.serving.container_id]
            return replace(pod, serving=replace(pod.serving, running_seconds=seconds))

        candidate = seen.candidate and replace(seen.candidate, pods=tuple(map(marked, seen.candidate.pods)))
        return replace(seen, pods=tuple(map(marked, seen.pods)), candidate=candidate)

    def forget(self, key: Key) -> None:
        self._first.pop(key, None)
