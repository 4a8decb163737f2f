"""All faults really made, on three SentimentModels side by side, and what Alertmanager held meanwhile.

The rules are those that ship, with seconds for minutes (`rehearsal` in deploy/monitoring/generator/pace.py).
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.alerts.asking import Asking, asking
from bench.alerts.prometheus import Firing, Watch, query_range, shortened_rules
from bench.alerts.recorded import Drawn, Finding, Rehearsal
from bench.alerts.texts import GIBBERISH, held_out
from bench.rollout.stage import Stage
from deploy.monitoring.generator.dashboards import ALL
from deploy.monitoring.generator.drift import MIN_TEXTS, distance
from deploy.monitoring.generator.pace import rehearsal
from deploy.monitoring.generator.panels import chosen
from testbed import steps
from testbed.faulty import ON_DEMAND
from testbed.outages import registry_down
from testbed.resource import Resource
from testbed.waiting import eventually

RATE = 20.0
CLIENTS = 4
MEMORY_LIMIT = "256Mi"
MEMORY_TAKEN_BYTES = 205 * 1024 * 1024
"""Together with its normal working set of 31 MiB: 92 % of the limit."""
FIRE_SECONDS, CLEAR_SECONDS = 120.0, 150.0
STEP_SECONDS = 5.0
RATE_INTERVAL = "40s"
"""Four scrapes of the kubelets, as Grafana chooses it."""
BINDING = "clusterrolebinding/sentiment-operator"
BURNS = ("SentimentErrorBudgetBurn", "SentimentLatencyBudgetBurn")


@dataclass
class Fault:
    """A fault, and the alerts that it must raise."""

    what: str
    expected: tuple[Firing, ...]
    began: float = 0.0
    ended: float = 0.0


@dataclass
class _Faults:
    """The faults that were made so far."""

    watch: Watch
    made: list[Fault] = field(default_factory=list)

    def begins(self, what: str, *expected: Firing) -> Fault:
        fault = Fault(what, expected, began=time.monotonic())
        self.made.append(fault)
        return fault

    def end(self, *faults: Fault) -> None:
        for fault in faults:
            fault.ended = time.monotonic()

    def wait_fired(self, *faults: Fault) -> None:
        expected = {one for fault in faults or self.made for one in fault.expected}
        self._wait(lambda: not expected - self.watch.first.keys(), FIRE_SECONDS)

    def wait_cleared(self, *faults: Fault) -> None:
        expected = {one for fault in faults or self.made for one in fault.expected}
        self._wait(lambda: not expected & self.watch.firing(), CLEAR_SECONDS)

    def _wait(self, look: Callable[[], bool], seconds: float) -> None:
        """Wait without an error at the deadline: findings show what is missing, and other alerts still count."""
        try:
            eventually(look, "alerts", seconds=seconds)
        except AssertionError:
            return

    def findings(self) -> Iterator[Finding]:
        still = self.watch.firing()
        for fault in self.made:
            for one in fault.expected:
                first, last = self.watch.first.get(one), self.watch.last.get(one)
                cleared = last is not None and one not in still
                yield Finding(
                    one.alert,
                    one.severity,
                    fault.what,
                    fire_seconds=None if first is None else round(first - fault.began, 1),
                    clear_seconds=round(max(last - fault.ended, 0.0), 1) if cleared and last is not None else None,
                )


def rehearse(stage: Stage) -> Rehearsal:
    """Make every fault, wait for its alerts, end it, and wait until they clear.

    This stops MLflow and the operator: nothing else may use the lab meanwhile.
    """
    with ExitStack() as kept:
        kept.enter_context(shortened_rules(stage.cluster))
        failing, drifting, crashing = _served(stage, kept.enter_context(stage.fresh()))
        watch = Watch(stage.cluster)
        kept.enter_context(watch.watching())
        texts = held_out(Path(stage.prepared.workspace))
        traffic = [
            kept.enter_context(asking(one, texts, rate=RATE, clients=CLIENTS)) for one in (failing, drifting, crashing)
        ]
        start = time.time()
        _wait_for_traffic(stage, failing, drifting)
        before = sorted(one.alert for one in watch.firing() if one.namespace in ("", failing.namespace))
        faults = _Faults(watch)
        _in_the_models(stage, faults, failing, drifting, crashing, traffic[1])
        _in_the_operator(stage, faults)
        faults.wait_cleared()
        findings = list(faults.findings())
        drawn = list(_drawn(stage, failing.namespace, start))
    return Rehearsal(findings, drawn, before)


def _served(stage: Stage, first: Resource) -> tuple[Resource, Resource, Resource]:
    """Three SentimentModels that serve version 1, each on one pod whose faults can be ordered."""
    version, image = stage.registry.publish(first.model), stage.faulty(ON_DEMAND)
    failing, drifting, crashing = (replace(first, name=name) for name in ("failing", "drifting", "crashing"))
    for one in (failing, drifting, crashing):
        one.apply(version, image=image, replicas=1, resources={"limits": {"memory": MEMORY_LIMIT}})
    for one in (failing, drifting, crashing):
        outcome = one.wait()
        assert outcome.ready, outcome
    return failing, drifting, crashing


def _wait_for_traffic(stage: Stage, *resources: Resource) -> None:
    """Return once Prometheus has enough samples of each for its rules."""
    window = rehearsal("6h")
    for one in resources:
        selector = f'namespace="{one.namespace}", model="{one.name}"'

        def look(selector: str = selector) -> bool:
            now = time.time()
            expr = distance("confidence", window=window, selector=selector)
            return bool(query_range(stage.cluster, expr, start=now, end=now, step=1))

        eventually(look, f"{MIN_TEXTS} predictions of {one.name}", seconds=120)


def _in_the_models(
    stage: Stage,
    faults: _Faults,
    failing: Resource,
    drifting: Resource,
    crashing: Resource,
    asking_drifting: Sequence[Asking],
) -> None:
    usual = asking_drifting[0].texts

    failures = faults.begins("every prediction ends with an error", *_both(BURNS[0], failing))
    _order(failing, "touch /tmp/fail")
    slowness = faults.begins("every prediction takes 0.3 s longer", *_both(BURNS[1], failing))
    _order(failing, "touch /tmp/slow")
    drift = faults.begins(
        "texts of made-up words",
        _warning("SentimentConfidenceDrift", drifting),
        _warning("SentimentVocabularyDrift", drifting),
    )
    for client in asking_drifting:
        client.texts = GIBBERISH
    memory = faults.begins("the process takes 205 MiB more", _warning("SentimentMemoryNearLimit", drifting))
    _order(drifting, f"echo {MEMORY_TAKEN_BYTES} >/tmp/grow")
    crashes = faults.begins(
        "the process ends whenever it is started",
        _warning("SentimentCrashLooping", crashing),
        Firing("SentimentNoReadyPods", "critical", crashing.namespace, crashing.name),
    )
    _order(crashing, "touch /tmp/crash")
    good, bad = failing.serving() or "", stage.registry.publish_unreadable(failing.model)
    rejection = faults.begins(
        "a version that cannot be read is asked for",
        _warning("SentimentStalled", drifting),
        _warning("SentimentVersionMismatch", drifting),
    )
    drifting.patch_version(bad)
    # Once its version is resolved, it no longer needs the registry.
    eventually(lambda: (drifting.status().get("desired") or {}).get("version") == bad, "the bad version resolved")
    with registry_down():
        outage = faults.begins("MLflow is stopped", Firing("SentimentRegistryUnreachable", "warning", "", ""))
        faults.wait_fired()

        _order(failing, "rm /tmp/fail /tmp/slow")
        faults.end(failures, slowness)
        for client in asking_drifting:
            client.texts = usual
        faults.end(drift)
        _order(drifting, "rm /tmp/grow")
        faults.end(memory)
        crashing.kubectl("delete", "pod", crashing.pods()[0]["metadata"]["name"], "--wait=false")
        faults.end(crashes)
    faults.end(outage)
    drifting.patch_version(good)
    faults.end(rejection)
    faults.wait_cleared(outage, memory, crashes, rejection)


def _in_the_operator(stage: Stage, faults: _Faults) -> None:
    """Make the two faults one after the other: each would hide the other's symptoms."""
    binding = stage.cluster.kubectl("get", BINDING, "-o", "json")
    stuck = faults.begins("its rights are taken away", Firing("SentimentOperatorStuck", "critical", "", ""))
    stage.cluster.kubectl("delete", BINDING)
    try:
        faults.wait_fired(stuck)
    finally:
        stage.cluster.kubectl("apply", "-f", "-", stdin=_fresh(binding))
        faults.end(stuck)
    faults.wait_cleared(stuck)
    down = faults.begins("the operator is scaled to zero", Firing("SentimentOperatorDown", "critical", "", ""))
    steps.stop_operator(stage.cluster)
    try:
        faults.wait_fired(down)
    finally:
        faults.end(down)
        steps.start_operator(stage.cluster)


def _fresh(manifest: str) -> str:
    """The manifest without the fields that keep it from being created again."""
    body = json.loads(manifest)
    body["metadata"] = {name: body["metadata"][name] for name in ("name", "annotations") if name in body["metadata"]}
    return json.dumps(body)


def _both(alert: str, resource: Resource) -> tuple[Firing, Firing]:
    return Firing(alert, "critical", resource.namespace, resource.name), _warning(alert, resource)


def _warning(alert: str, resource: Resource) -> Firing:
    return Firing(alert, "warning", resource.namespace, resource.name)


def _order(resource: Resource, command: str) -> None:
    """Run a shell command in the serving container of the only pod."""
    (pod,) = resource.pods()
    resource.kubectl("exec", pod["metadata"]["name"], "-c", "serving", "--", "sh", "-c", command)


def _drawn(stage: Stage, namespace: str, start: float) -> Iterator[Drawn]:
    """The series of every query of every dashboard, for this namespace, from the start until now."""
    end = time.time()
    for dashboard in ALL:
        for panel in dashboard.panels:
            for query in panel.queries:
                expr = chosen(query.expr, namespace=namespace, interval=RATE_INTERVAL)
                series = query_range(stage.cluster, expr, start=start, end=end, step=STEP_SECONDS)
                yield Drawn(dashboard.name, panel.title, query.legend, query.expr, series)
