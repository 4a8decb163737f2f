"""The operator: requested and serving versions, rollouts, and the health of the operator itself."""

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
            description="Each SentimentModel with the requested and the serving version.",
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
            description="The reason of Ready if it is not Serving. Empty while every requested version serves.",
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
            description="Finished rollouts by outcome, since the operator started.",
            queries=query(
                f"sum by (outcome, reason) (sentimentmodel_rollouts_total{{{SELECTED_RESOURCES}}})",
                "{{outcome}} {{reason}}",
            ),
        ),
        Panel(
            title="Duration",
            description="Mean duration of a rollout from start to end, since the operator started.",
            unit="s",
            queries=query(
                "sum by (outcome) (sentimentmodel_rollout_duration_seconds_sum)"
                " / sum by (outcome) (sentimentmodel_rollout_duration_seconds_count)",
                "{{outcome}}",
            ),
        ),
        Panel(
            title="Registry",
            description="SentimentModels by the reason of ModelResolved.",
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
            description="Reconciles that reached a decision, and those that failed.",
            queries=(
                Query("sum(rate(sentimentmodel_reconcile_seconds_count[$__rate_interval]))", "decided"),
                Query("sum(rate(sentimentmodel_reconcile_failures_total[$__rate_interval]))", "failed"),
            ),
        ),
        Panel(
            title="Duration of a reconcile",
            description="Reconciles that reached a decision.",
            unit="s",
            queries=quantiles("rate(sentimentmodel_reconcile_seconds_bucket[$__rate_interval])", 0.5, 0.95, 0.99),
        ),
        Panel(
            title="Queue",
            description="Keys that are waiting for a worker.",
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
    description="Requested and serving versions, rollouts, and the health of the operator itself.",
    rows=(_MODELS, _ROLLOUTS, _ITSELF),
)
