"""The operator: what is wanted, what serves, what is under way, and how the operator itself does."""

from deploy.monitoring.generator.panels import (
    RESOURCE,
    SELECTED_RESOURCES,
    Dashboard,
    Panel,
    Query,
    Row,
    quantiles,
    query,
)

_MODELS = Row(
    title="SentimentModels",
    panels=(
        Panel(
            title="Wanted and serving",
            description="Each SentimentModel with the version that was asked for and the one that serves.",
            kind="stat",
            queries=query(
                f"max by (namespace, name, requested, serving) (sentimentmodel_info{{{SELECTED_RESOURCES}}})",
                f"{RESOURCE}: {{{{requested}}}} wanted, {{{{serving}}}} serves",
            ),
        ),
        Panel(
            title="Ready",
            description="1: the newest spec fully serves.",
            queries=query(
                "max by (namespace, name) "
                f'(sentimentmodel_condition{{{SELECTED_RESOURCES}, type="Ready", status="True"}})',
                RESOURCE,
            ),
        ),
        Panel(
            title="Not ready, why",
            description="The reason of Ready where it is not Serving. Empty while all serve what was asked for.",
            empty_when_well=True,
            queries=query(
                "max by (namespace, name, reason) "
                f'(sentimentmodel_condition_reason{{{SELECTED_RESOURCES}, type="Ready", reason!="Serving"}})',
                f"{RESOURCE} {{{{reason}}}}",
            ),
        ),
    ),
)
_ROLLOUTS = Row(
    title="Rollouts",
    panels=(
        Panel(
            title="Finished",
            description="By how they ended, since the operator was started.",
            queries=query(
                f"sum by (outcome, reason) (sentimentmodel_rollouts_total{{{SELECTED_RESOURCES}}})",
                "{{outcome}} {{reason}}",
            ),
        ),
        Panel(
            title="Duration",
            description="Mean, from the start of a rollout to its end, since the operator was started.",
            unit="s",
            queries=query(
                "sum by (outcome) (sentimentmodel_rollout_duration_seconds_sum)"
                " / sum by (outcome) (sentimentmodel_rollout_duration_seconds_count)",
                "{{outcome}}",
            ),
        ),
        Panel(
            title="Registry",
            description="SentimentModels by what the registry says of their version.",
            stacked=True,
            queries=query(
                "count by (reason) (max by (namespace, name, reason) "
                f'(sentimentmodel_condition_reason{{{SELECTED_RESOURCES}, type="ModelResolved"}}))',
                "{{reason}}",
            ),
        ),
    ),
)
_ITSELF = Row(
    title="The operator itself",
    panels=(
        Panel(
            title="Reconciles a second",
            description="Those that came to a decision, and those that failed.",
            queries=(
                Query("sum(rate(sentimentmodel_reconcile_seconds_count[$__rate_interval]))", "decided"),
                Query("sum(rate(sentimentmodel_reconcile_failures_total[$__rate_interval]))", "failed"),
            ),
        ),
        Panel(
            title="Duration of a reconcile",
            description="Those that came to a decision.",
            unit="s",
            queries=quantiles("rate(sentimentmodel_reconcile_seconds_bucket[$__rate_interval])", 0.5, 0.95, 0.99),
        ),
        Panel(
            title="Queue",
            description="Keys that wait for a worker.",
            queries=query("max(sentimentmodel_queue_depth)", "waiting"),
        ),
        Panel(
            title="Age of the queue",
            description="How long the oldest key has waited.",
            unit="s",
            queries=query("max(sentimentmodel_queue_age_seconds)", "oldest"),
        ),
        Panel(
            title="CPU",
            description="Cores in use by the operator's container.",
            queries=query(
                'sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{container="operator"}'
                "[$__rate_interval]))",
                "{{pod}}",
            ),
        ),
        Panel(
            title="Memory",
            description="Working set of the operator's container, and its limit.",
            unit="bytes",
            queries=(
                Query('max by (pod) (container_memory_working_set_bytes{container="operator"})', "{{pod}}"),
                Query('max(container_spec_memory_limit_bytes{container="operator"} > 0)', "limit"),
            ),
        ),
    ),
)
DASHBOARD = Dashboard(
    name="operator",
    title="SentimentModel / Operator",
    description="What is wanted, what serves, what is under way, and how the operator itself does.",
    rows=(_MODELS, _ROLLOUTS, _ITSELF),
)
