"""The ready pods of a SentimentModel over time, by version."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from testbed.resource import Resource

_COLUMNS = (
    "{.type}",
    "{.object.metadata.name}",
    r"{.object.metadata.annotations.sentiment\.dev/version}",
    '{.object.status.conditions[?(@.type=="Ready")].status}',
    "{.object.metadata.deletionTimestamp}",
)
_LINE = "jsonpath=" + "|".join(_COLUMNS) + r'{"\n"}'


@dataclass
class ReadyPods:
    """The number of ready pods by version, after each event of a watch."""

    history: list[dict[str, int]] = field(default_factory=list)
    _ready: dict[str, str] = field(default_factory=dict)

    def read(self, line: str) -> None:
        """Read one event, given as columns."""
        event, name, version, ready, deleted = line.rstrip("\n").split("|")
        if event == "DELETED" or ready != "True" or deleted:
            self._ready.pop(name, None)
        else:
            self._ready[name] = version
        versions = list(self._ready.values())
        self.history.append({one: versions.count(one) for one in set(versions)})

    def fewest(self, version: str, *, of: int) -> int:
        """The smallest number of ready pods of that version after there were `of` of them."""
        counts = [seen.get(version, 0) for seen in self.history]
        return min(counts[counts.index(of) :]) if of in counts else max(counts, default=0)


@contextmanager
def watching(resource: Resource) -> Iterator[ReadyPods]:
    """Watch the serving pods of `resource` while the block runs."""
    selector = f"sentiment.dev/model={resource.name},sentiment.dev/track=stable"
    command = ["kubectl", "-n", resource.namespace, "get", "pods", "-l", selector, "--watch", "--output-watch-events"]
    lines: list[str] = []
    seen = ReadyPods()
    with subprocess.Popen(
        [*command, "-o", _LINE], env=dict(resource.cluster.environment), text=True, stdout=subprocess.PIPE
    ) as process:
        reader = threading.Thread(target=lines.extend, args=(process.stdout,), daemon=True)
        reader.start()
        try:
            yield seen
        finally:
            process.terminate()
            reader.join()
            for line in lines:
                seen.read(line)
