"""Serving pods: health and resource use."""

from deploy.monitoring.generator.alerts import MEMORY_SHARE
from deploy.monitoring.generator.panels import (
    OF_SERVING_PODS,
    RESOURCE,
    SELECTED,
    SELECTED_RESOURCES,
    Dashboard,
    Panel,
    Query,
    Row,
    query,
)


def _container(metric: str, container: str = 'container="serving"') -> str:
    return f'{metric}{{namespace=~"$namespace", {container}}}'


_HEALTH = Row(
    title="Health, as the operator sees it",
    panels=(
        Panel(
            title="Pods by state",
            description="Serving pods: ready, not ready, terminating.",
            stacked=True,
            queries=query(
                f"max by (namespace, name, state) (sentimentmodel_pods{{{SELECTED_RESOURCES}}}) > 0",
                f"{RESOURCE} {{{{state}}}}",
            ),
        ),
        Panel(
            title="Restarts",
            description="Restarts of the existing containers; falls when their pods are deleted.",
            queries=query(
                f"max by (namespace, name) (sentimentmodel_container_restarts{{{SELECTED_RESOURCES}}})", RESOURCE
            ),
        ),
        Panel(
            title="Waiting containers",
            description="Containers that do not run, by waiting reason. Empty while all run.",
            empty_when_well=True,
            queries=query(
                "max by (namespace, name, container, reason) "
                f"(sentimentmodel_containers_waiting{{{SELECTED_RESOURCES}}})",
                f"{RESOURCE} {{{{container}}}} {{{{reason}}}}",
            ),
        ),
    ),
)
_USAGE = Row(
    title="Use, as the kubelets see it",
    panels=(
        Panel(
            title="CPU",
            description="Cores in use by each serving container.",
            queries=query(
                "sum by (namespace, pod) (rate("
                f"{_container('container_cpu_usage_seconds_total')}[$__rate_interval])) {OF_SERVING_PODS}",
                "{{pod}}",
            ),
        ),
        Panel(
            title="CPU against the request",
            description="1 is the requested CPU; above that, a container uses spare CPU of the node.",
            unit="percentunit",
            queries=query(
                f"sum by (namespace, pod) (rate("
                f"{_container('container_cpu_usage_seconds_total')}[$__rate_interval])) / "
                f"(max by (namespace, pod) ({_container('container_spec_cpu_shares')}) / 1024) {OF_SERVING_PODS}",
                "{{pod}}",
            ),
        ),
        Panel(
            title="Throttled",
            description="Share of periods in which the CPU limit throttled a container. Empty without limits.",
            unit="percentunit",
            empty_when_well=True,
            queries=query(
                "sum by (namespace, pod) (rate("
                f"{_container('container_cpu_cfs_throttled_periods_total')}[$__rate_interval])) / "
                "sum by (namespace, pod) (rate("
                f"{_container('container_cpu_cfs_periods_total')}[$__rate_interval])) {OF_SERVING_PODS}",
                "{{pod}}",
            ),
        ),
        Panel(
            title="Memory",
            description="Working set, and the limit at which the kernel kills the container.",
            unit="bytes",
            queries=(
                Query(
                    f"max by (namespace, pod) ({_container('container_memory_working_set_bytes')}) {OF_SERVING_PODS}",
                    "{{pod}}",
                ),
                Query(
                    "max by (namespace, model) (max by (namespace, pod) "
                    f"({_container('container_spec_memory_limit_bytes')} > 0) {OF_SERVING_PODS})",
                    "limit of {{model}}",
                ),
            ),
        ),
        Panel(
            title="Memory against the limit",
            description=f"The alert fires at {100 * MEMORY_SHARE:g} %.",
            unit="percentunit",
            queries=query(
                f"max by (namespace, pod) ({_container('container_memory_working_set_bytes')} / "
                f"({_container('container_spec_memory_limit_bytes')} > 0)) {OF_SERVING_PODS}",
                "{{pod}}",
            ),
        ),
        Panel(
            title="Network",
            description="Bytes received by each pod.",
            unit="Bps",
            queries=query(
                "sum by (namespace, pod) (rate("
                'container_network_receive_bytes_total{namespace=~"$namespace"}[$__rate_interval])) '
                f"{OF_SERVING_PODS}",
                "{{pod}}",
            ),
        ),
    ),
)
_PROCESS = Row(
    title="The process",
    panels=(
        Panel(
            title="Resident memory",
            description="Measured by the process itself: only the pages of the mapped model that were read count.",
            unit="bytes",
            queries=query(f"max by (namespace, pod) (process_resident_memory_bytes{{{SELECTED}}})", "{{pod}}"),
        ),
        Panel(
            title="Open files and connections",
            description="File descriptors.",
            queries=query(f"max by (namespace, pod) (process_open_fds{{{SELECTED}}})", "{{pod}}"),
        ),
        Panel(
            title="Age",
            description="Time since the process started.",
            unit="s",
            queries=query(f"time() - max by (namespace, pod) (process_start_time_seconds{{{SELECTED}}})", "{{pod}}"),
        ),
    ),
)
DASHBOARD = Dashboard(
    name="pods",
    title="SentimentModel / Pods and resources",
    description="Serving pods: health and resource use. Needs no kube-state-metrics.",
    rows=(_HEALTH, _USAGE, _PROCESS),
)
