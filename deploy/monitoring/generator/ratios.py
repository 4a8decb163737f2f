"""Shares of bad requests, recorded over the windows that burn rates need."""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent
from typing import Any, Literal

from deploy.monitoring.generator.objectives import LATENCY_BUDGET
from deploy.monitoring.generator.pace import Pace

ERRORS = "sentiment:request_errors:ratio_rate"
SLOW = "sentiment:request_slow:ratio_rate"

CALLERS = 'route=~"/predict|/explain|/invocations|/v2/.+/infer"'
"""Requests for predictions: probes, scrapes and pages would dilute the ratios."""


Severity = Literal["critical", "warning"]
"""critical: callers notice, wake somebody. warning: look at it in working hours."""


@dataclass(frozen=True, kw_only=True)
class Burn:
    """Fires while the budget is used up `factor` times faster than allowed, over both windows."""

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
    """The name under which a ratio over that window is recorded."""
    return f"{ratio}{window}"


def recordings(pace: Pace) -> Iterator[dict[str, Any]]:
    """The recording rules, each window once."""
    windows = dict.fromkeys(pace(window) for burn in BURNS for window in (burn.short, burn.long))
    for window in windows:
        yield {"record": recorded(ERRORS, window), "expr": _errors(window)}
    for window in windows:
        yield {"record": recorded(SLOW, window), "expr": _slow(window)}


def _errors(window: str) -> str:
    # Without a single error there is no series of them: then it is none of so many.
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
