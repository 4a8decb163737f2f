"""How long containers have been seen running, on the operator's own clock: a node's clock may be wrong by minutes."""

from collections.abc import Callable
from dataclasses import replace

from sentiment_operator.names import Key
from sentiment_operator.observed import Container, Observation


class Sightings:
    """Remembers when each run of a container was first seen. A new operator counts anew: later, never sooner."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first: dict[Key, dict[str, float]] = {}

    def mark(self, key: Key, seen: Observation) -> Observation:
        """`seen` with `running_seconds` filled in."""
        now, before = self._clock(), self._first.get(key, {})
        first = {
            pod.serving.container_id: before.get(pod.serving.container_id, now)
            for pod in seen.pods
            if pod.serving and pod.serving.running
        }
        self._first[key] = first

        def marked(container: Container | None) -> Container | None:
            if container is None or container.container_id not in first:
                return container
            return replace(container, running_seconds=now - first[container.container_id])

        return replace(seen, pods=tuple(replace(pod, serving=marked(pod.serving)) for pod in seen.pods))

    def forget(self, key: Key) -> None:
        self._first.pop(key, None)
