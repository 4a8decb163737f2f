"""Recording rules: the share of bad requests over each window that a burn rate needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent
from typing import Any, Literal

from deploy.monitoring.generator.objectives import LATENCY_BUDGET
from deploy.monitoring.generator.pace import Pace

ERRORS = "sentiment:request_errors:ratio_rate"
SLOW = "sentiment:request_slow:ratio_rate"

CALLERS = 'route=~"/predict|/explain|/invocations|/v2/.+/infer"'
"""Requests for predictions only: probes, scrapes and pages would dilute the ratios."""


Severity = Literal["critical", "warning"]
"""critical: callers notice, page the person on call. warning: look at it in working hours."""


@dataclass(frozen=True, kw_only=True)
class Burn:
    """Fires while the budget burns `factor` times faster than allowed, over both windows."""

    long: str
    short: str
    factor: float
    severity: Severity


BURNS = (
    Burn(long="1h", short="5m", factor=14.4, severity="critical"),
    Burn(long="6h", short="30m", factor=6, severity="critical"),
    Burn(long="1d", short="2h", factor=3, severity="warning"),
    Burn(long="3d", short="6h", factor=1, severity="warning"),
)
"""Site Reliability Workbook, table 5-8: 2 %, 5 %, 10 % and 10 % of a budget of 30 days."""


def recorded(ratio: str, window: str) -> str:
    """The name of the recorded ratio over that window."""
    return f"{ratio}{window}"


def recordings(pace: Pace) -> Iterator[dict[str, Any]]:
    """The recording rules, one per ratio and window."""
    windows = dict.fromkeys(pace(window) for burn in BURNS for window in (burn.short, burn.long))
    for window in windows:
        yield {"record": recorded(ERRORS, window), "expr": _errors(window)}
    for window in windows:
        yield {"record": recorded(SLOW, window), "expr": _slow(window)}


def _errors(window: str) -> str:
    # Without any error there is no series of errors: the ratio is then 0.
    return dedent(f"""
        (
          sum by (namespace, model) (rate(sentiment_requests_total{{code=~"5..", {CALLERS}}}[{window}]))
          or
          0 * sum by (namespace, model) (rate(sentiment_requests_total{{{CALLERS}}}[{window}]))
        )
        / sum by (namespace, model) (rate(sentiment_requests_total{{{CALLERS}}}[{window}]))
    """).strip()


def _slow(window: str) -> str:
    return dedent(f"""
        1 -
          sum by (namespace, model) (
            rate(sentiment_request_duration_seconds_bucket{{{CALLERS}}}[{window}])
            and on (le) {LATENCY_BUDGET}
          )
          / sum by (namespace, model) (rate(sentiment_request_duration_seconds_count{{{CALLERS}}}[{window}]))
    """).strip()
