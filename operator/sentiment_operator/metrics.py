"""The operator's own metrics, for Prometheus."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sentiment_operator.api.names import Key
from sentiment_operator.api.resource import SentimentModel
from sentiment_operator.api.status import Status, moment_of
from sentiment_operator.api.text import one_line
from sentiment_operator.observed.observation import Observation
from sentiment_operator.observed.pods import Pod
from sentiment_operator.workqueue import Work


@dataclass(frozen=True)
class _Snapshot:
    model: SentimentModel
    status: Status
    observed: Observation


class Metrics(Collector):
    """What the reconciles found: a set of series for each SentimentModel, deleted with it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._snapshots: dict[Key, _Snapshot] = {}
        self._queue: Callable[[], tuple[int, float]] = lambda: (0, 0.0)
        self._rollouts = Counter(
            "sentimentmodel_rollouts",
            "Finished rollouts",
            ["namespace", "name", "outcome", "reason"],
            registry=registry,
        )
        self._rollout_seconds = Histogram(
            "sentimentmodel_rollout_duration_seconds",
            "From the start of a rollout to its end",
            ["outcome"],
            buckets=(5, 10, 20, 30, 60, 120, 300, 600, 1800),
            registry=registry,
        )
        self._reconcile_seconds = Histogram(
            "sentimentmodel_reconcile_seconds",
            "Duration of one reconcile",
            buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
            registry=registry,
        )
        self._failures = Counter(
            "sentimentmodel_reconcile_failures", "Reconciles that came to no decision", registry=registry
        )
        registry.register(self)

    def counting_failures(self, work: Work[Key]) -> Work[Key]:
        """`work`, counting the runs that raise."""

        async def counted(key: Key) -> float | None:
            with self._failures.count_exceptions():
                return await work(key)

        return counted

    def watch_queue(self, measure: Callable[[], tuple[int, float]]) -> None:
        """Export the queue. `measure` returns its depth and the age of its oldest key in seconds."""
        self._queue = measure

    def changed(self, model: SentimentModel, before: Status, after: Status) -> None:
        """Count the rollouts that ended between two statuses."""
        for ended in after.history:
            if ended in before.history:
                continue
            self._rollouts.labels(*model.key, ended.outcome, ended.reason).inc()
            if before.rollout is not None:
                started = moment_of(before.rollout.started_time)
                duration = (moment_of(ended.time) - started).total_seconds()
                self._rollout_seconds.labels(ended.outcome).observe(max(duration, 0.0))

    def reconciled(self, model: SentimentModel, status: Status, observed: Observation, seconds: float) -> None:
        """Record one reconcile."""
        self._reconcile_seconds.observe(seconds)
        self._snapshots[model.key] = _Snapshot(model, status, observed)

    def forgotten(self, key: Key) -> None:
        """Drop the series of a SentimentModel that is gone."""
        self._snapshots.pop(key, None)
        self._rollouts.remove_by_labels({"namespace": key.namespace, "name": key.name})

    def collect(self) -> Iterator[Metric]:
        place = ["namespace", "name"]
        info = GaugeMetricFamily(
            "sentimentmodel_info", "Wanted and serving version", labels=[*place, "model", "requested", "serving"]
        )
        condition = GaugeMetricFamily(
            "sentimentmodel_condition", "1 for the status a condition has", labels=[*place, "type", "status"]
        )
        reason = GaugeMetricFamily(
            "sentimentmodel_condition_reason", "1 for the reason a condition has", labels=[*place, "type", "reason"]
        )
        pods = GaugeMetricFamily("sentimentmodel_pods", "Serving pods", labels=[*place, "state"])
        waiting = GaugeMetricFamily(
            "sentimentmodel_containers_waiting",
            "Containers of the serving pods that do not run, by what they wait for",
            labels=[*place, "container", "reason"],
        )
        restarts = GaugeMetricFamily(
            "sentimentmodel_container_restarts", "Restarts of the serving containers that exist", labels=place
        )
        for key, snapshot in list(self._snapshots.items()):
            desired, serving = snapshot.status.desired, snapshot.status.serving
            info.add_metric(
                [
                    *key,
                    one_line(snapshot.model.spec.reference.name, 256),
                    desired.version if desired else "",
                    serving.version if serving else "",
                ],
                1,
            )
            for one in snapshot.status.conditions:
                for status in ("True", "False", "Unknown"):
                    condition.add_metric([*key, one.type, status], float(one.status == status))
                reason.add_metric([*key, one.type, one.reason], 1)
            for state, count in _pod_states(snapshot.observed.pods).items():
                pods.add_metric([*key, state], count)
            for (container, why), count in _waiting(snapshot.observed.pods).items():
                waiting.add_metric([*key, container, why], count)
            restarts.add_metric([*key], sum(pod.serving.restarts for pod in snapshot.observed.pods if pod.serving))
        depth, age = self._queue()
        yield from (info, condition, reason, pods, waiting, restarts)
        yield GaugeMetricFamily("sentimentmodel_queue_depth", "Keys that wait for a worker", value=depth)
        yield GaugeMetricFamily("sentimentmodel_queue_age_seconds", "How long the oldest of them has waited", value=age)


def _pod_states(pods: Iterable[Pod]) -> dict[str, int]:
    """How many pods are in each state. Those that are ready are the ones in `status.podsReady`."""
    counts = {"ready": 0, "not_ready": 0, "terminating": 0}
    for pod in pods:
        counts["terminating" if pod.terminating else "ready" if pod.ready else "not_ready"] += 1
    return counts


def _waiting(pods: Iterable[Pod]) -> Tally[tuple[str, str]]:
    """How many containers wait, by their name and the reason (CrashLoopBackOff, ...)."""
    containers = (one for pod in pods for one in (pod.fetch, pod.serving) if one and one.waiting_reason)
    return Tally((one.name, one.waiting_reason) for one in containers)
