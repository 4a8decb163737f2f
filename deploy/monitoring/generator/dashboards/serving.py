"""Requests: traffic, latency, errors."""

from deploy.monitoring.generator.objectives import ERROR_BUDGET, LATENCY_BUDGET
from deploy.monitoring.generator.panels import SELECTED, VERSIONED, Dashboard, Panel, Query, Row, quantiles, query
from deploy.monitoring.generator.ratios import CALLERS, ERRORS, SLOW, recorded

_ASKED = f"{SELECTED}, {CALLERS}"
_DURATION = "sentiment_request_duration_seconds"


_TRAFFIC = Row(
    title="Traffic",
    panels=(
        Panel(
            title="Requests a second",
            description="Requests for predictions, by version.",
            unit="reqps",
            queries=query(
                f"sum by (namespace, model, version) (rate(sentiment_requests_total{{{_ASKED}}}[$__rate_interval]) "
                f"{VERSIONED})",
                "{{namespace}}/{{model}} {{version}}",
            ),
        ),
        Panel(
            title="By status code",
            description="All routes, probes and scrapes included.",
            unit="reqps",
            stacked=True,
            queries=query(
                f"sum by (code) (rate(sentiment_requests_total{{{SELECTED}}}[$__rate_interval]) {VERSIONED})",
                "{{code}}",
            ),
        ),
        Panel(
            title="By route",
            description="All routes; `none` are paths that do not exist.",
            unit="reqps",
            stacked=True,
            queries=query(
                f"sum by (route) (rate(sentiment_requests_total{{{SELECTED}}}[$__rate_interval]) {VERSIONED})",
                "{{route}}",
            ),
        ),
    ),
)
_LATENCY = Row(
    title="Latency",
    panels=(
        Panel(
            title="p50, p95, p99",
            description="Requests for predictions, from reading the request to its response, measured in the pods.",
            unit="s",
            queries=quantiles(f"rate({_DURATION}_bucket{{{_ASKED}}}[$__rate_interval]) {VERSIONED}", 0.5, 0.95, 0.99),
        ),
        Panel(
            title="Mean by version",
            description="Compare a new version with the previous one.",
            unit="s",
            queries=query(
                f"sum by (version) (rate({_DURATION}_sum{{{_ASKED}}}[$__rate_interval]) {VERSIONED})"
                f" / sum by (version) (rate({_DURATION}_count{{{_ASKED}}}[$__rate_interval]) {VERSIONED})",
                "{{version}}",
            ),
        ),
        Panel(
            title="In flight",
            description="Requests being processed in the pods, and waiting.",
            queries=(
                Query(f"sum by (namespace, model) (sentiment_requests_working{{{SELECTED}}})", "{{model}} at work"),
                Query(f"sum by (namespace, model) (sentiment_requests_waiting{{{SELECTED}}})", "{{model}} waiting"),
            ),
        ),
    ),
)
_OBJECTIVES = Row(
    title="Objectives",
    panels=(
        Panel(
            title="Failing requests",
            description="Share of 5xx responses in the last hour, and the allowed share.",
            unit="percentunit",
            queries=(
                Query(f"{recorded(ERRORS, '1h')}{{{SELECTED}}}", "{{namespace}}/{{model}}"),
                Query(ERROR_BUDGET, "allowed"),
            ),
        ),
        Panel(
            title="Slow requests",
            description="Share of responses slower than the objective in the last hour, and the allowed share.",
            unit="percentunit",
            queries=(
                Query(f"{recorded(SLOW, '1h')}{{{SELECTED}}}", "{{namespace}}/{{model}}"),
                Query(LATENCY_BUDGET, "allowed above {{le}} s"),
            ),
        ),
        Panel(
            title="API status",
            description="Pods that answer the scrape, and all scraped pods.",
            queries=(
                Query(f'sum by (namespace, model) (up{{job="sentiment-serving", {SELECTED}}})', "{{model}} up"),
                Query(f'count by (namespace, model) (up{{job="sentiment-serving", {SELECTED}}})', "{{model}} pods"),
            ),
        ),
    ),
)
DASHBOARD = Dashboard(
    name="serving",
    title="SentimentModel / Serving",
    description="Requests for predictions: traffic, latency, errors.",
    rows=(_TRAFFIC, _LATENCY, _OBJECTIVES),
    variables=("namespace", "model", "version"),
)
