"""Every alert: its expression, its severity, and the sentence that it sends.

An alert about a SentimentModel has the labels `namespace` and `model` (the SentimentModel's name). The serving pods'
series get `model` from the scrape. The operator's series have `name` instead, because `model` is the registered model
there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent
from typing import Literal

from deploy.monitoring.generator.drift import distance
from deploy.monitoring.generator.objectives import DRIFT_DISTANCE, ERROR_BUDGET, LATENCY_BUDGET
from deploy.monitoring.generator.pace import Pace
from deploy.monitoring.generator.ratios import BURNS, ERRORS, SLOW, Burn, Severity, recorded

MEMORY_SHARE = 0.9
QUEUE_AGE_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Alert:
    name: str
    severity: Severity
    expr: str
    summary: str
    """One line; may use Prometheus' templates."""
    lasting: str = ""
    """How long the expression must hold before the alert fires; empty: at once."""
    about: Literal["model", "name", ""] = "model"
    """The label with the SentimentModel's name; empty: the alert is not about one."""


def alerts(pace: Pace) -> Iterator[Alert]:
    """All alerts, with the durations of `pace`."""
    yield from _burning("SentimentErrorBudgetBurn", ERRORS, ERROR_BUDGET, "fail", pace)
    yield from _burning("SentimentLatencyBudgetBurn", SLOW, LATENCY_BUDGET, "are too slow", pace)
    yield _no_ready_pods(pace)
    yield _crash_looping(pace)
    yield _memory_near_limit(pace)
    yield _version_mismatch(pace)
    yield _stalled(pace)
    yield _registry_unreachable(pace)
    yield _operator_down(pace)
    yield _operator_stuck(pace)
    yield _drift("SentimentConfidenceDrift", "confidence", "confidence of its predictions", pace)
    yield _drift("SentimentVocabularyDrift", "oov_ratio", "share of unknown n-grams", pace)


def _burning(name: str, ratio: str, budget: str, what: str, pace: Pace) -> Iterator[Alert]:
    """Burn rates over two windows each (Site Reliability Workbook, chapter 5).

    The long window shows that the burn is significant, the short one that it continues.
    """
    severities: tuple[Severity, ...] = ("critical", "warning")
    for severity in severities:
        yield Alert(
            name=name,
            severity=severity,
            expr="\nor\n".join(_burn(ratio, budget, burn, pace) for burn in BURNS if burn.severity == severity),
            summary="{{ $value | humanizePercentage }} of the requests to {{ $labels.namespace }}/{{ $labels.model }} "
            f"{what}: the objective's budget burns too fast",
        )


def _burn(ratio: str, budget: str, burn: Burn, pace: Pace) -> str:
    long, short = (recorded(ratio, pace(window)) for window in (burn.long, burn.short))
    limit = f"{burn.factor:g} * scalar({budget})"
    return f"({long} > {limit} and {short} > {limit})"


def _no_ready_pods(pace: Pace) -> Alert:
    return Alert(
        name="SentimentNoReadyPods",
        severity="critical",
        expr=_text("""
            max by (namespace, name) (sentimentmodel_pods{state="ready"}) == 0
            unless on (namespace, name)
              sentimentmodel_condition_reason{type="Available", reason=~"ScaledToZero|NeverDeployed"} == 1
        """),
        lasting=pace("2m"),
        summary="No pod of {{ $labels.namespace }}/{{ $labels.name }} is ready: callers get no answer",
        about="name",
    )


def _crash_looping(pace: Pace) -> Alert:
    return Alert(
        name="SentimentCrashLooping",
        severity="warning",
        expr=_text(f"""
            max by (namespace, name, container) (
              max_over_time(sentimentmodel_containers_waiting{{reason="CrashLoopBackOff"}}[{pace("5m")}])
            ) > 0
        """),
        lasting=pace("5m"),
        summary="The container {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.name }} keeps crashing",
        about="name",
    )


def _memory_near_limit(pace: Pace) -> Alert:
    return Alert(
        name="SentimentMemoryNearLimit",
        severity="warning",
        expr=_text(f"""
            max by (namespace, pod) (
              container_memory_working_set_bytes{{container="serving"}}
              / (container_spec_memory_limit_bytes{{container="serving"}} > 0)
            )
            * on (namespace, pod) group_left (model) max by (namespace, pod, model) (sentiment_model_info)
            > {MEMORY_SHARE:g}
        """),
        lasting=pace("5m"),
        summary="{{ $labels.pod }} in {{ $labels.namespace }} uses {{ $value | humanizePercentage }} of its memory "
        "limit",
    )


def _version_mismatch(pace: Pace) -> Alert:
    return Alert(
        name="SentimentVersionMismatch",
        severity="warning",
        # One series has both versions: those where copying `requested` to `serving` changes nothing are dropped.
        expr=_text("""
            max by (namespace, name, requested, serving) (sentimentmodel_info{requested!=""})
            unless
              label_replace(
                max by (namespace, name, requested) (sentimentmodel_info), "serving", "$1", "requested", "(.*)"
              )
            unless on (namespace, name)
              sentimentmodel_condition_reason{type="Ready", reason="Suspended"} == 1
        """),
        lasting=pace("10m"),
        summary="{{ $labels.namespace }}/{{ $labels.name }} serves "
        "{{ if $labels.serving }}version {{ $labels.serving }}{{ else }}nothing{{ end }}, "
        "version {{ $labels.requested }} is requested",
        about="name",
    )


def _stalled(pace: Pace) -> Alert:
    return Alert(
        name="SentimentStalled",
        severity="warning",
        expr=_text("""
            max by (namespace, name, reason) (sentimentmodel_condition_reason{type="Stalled"}) == 1
            and on (namespace, name)
              sentimentmodel_condition{type="Stalled", status="True"} == 1
        """),
        lasting=pace("1m"),
        summary="{{ $labels.namespace }}/{{ $labels.name }} makes no progress: {{ $labels.reason }}",
        about="name",
    )


def _registry_unreachable(pace: Pace) -> Alert:
    return Alert(
        name="SentimentRegistryUnreachable",
        severity="warning",
        expr=_text("""
            count(
              max by (namespace, name) (
                sentimentmodel_condition_reason{type="ModelResolved", reason="RegistryUnreachable"}
              ) == 1
            ) > 0
        """),
        lasting=pace("5m"),
        summary="MLflow does not answer the operator; the versions of {{ $value }} SentimentModels cannot be resolved",
        about="",
    )


def _operator_down(pace: Pace) -> Alert:
    return Alert(
        name="SentimentOperatorDown",
        severity="critical",
        expr='up{job="sentiment-operator"} == 0 or absent(up{job="sentiment-operator"})',
        lasting=pace("5m"),
        summary="The operator cannot be scraped: no rollouts, no repairs. Serving pods keep serving",
        about="",
    )


def _operator_stuck(pace: Pace) -> Alert:
    # Each resource is reconciled once a minute (RESYNC_SECONDS): no reconcile for so long is not idleness.
    return Alert(
        name="SentimentOperatorStuck",
        severity="critical",
        expr=_text(f"""
            (
              sum by (job) (increase(sentimentmodel_reconcile_seconds_count[{pace("15m")}])) == 0
              and on () count(sentimentmodel_info) > 0
            )
            or
              max by (job) (sentimentmodel_queue_age_seconds) > {QUEUE_AGE_SECONDS}
        """),
        lasting=pace("1m"),
        summary="The operator runs, but reaches no decision",
        about="",
    )


def _drift(name: str, metric: str, what: str, pace: Pace) -> Alert:
    return Alert(
        name=name,
        severity="warning",
        expr=f"{distance(metric, window=pace('6h'))}\n> scalar({DRIFT_DISTANCE})",
        lasting=pace("30m"),
        summary=f"{{{{ $labels.namespace }}}}/{{{{ $labels.model }}}}: the distribution of the {what} differs from "
        "the one at training time (distance {{ $value | humanize }})",
    )


def _text(expression: str) -> str:
    return dedent(expression).strip()
