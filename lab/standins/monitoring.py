"""Prometheus, which finds pods by their annotations, and Alertmanager."""

from pathlib import Path

from lab.layout import State
from lab.service import Service
from lab.settings import Settings

ALERTMANAGER_CONFIG = """\
route: {receiver: nobody, group_wait: 1s, group_interval: 5s}
receivers: [{name: nobody}]
"""


def prometheus_config(settings: Settings, state: State) -> str:
    """Scrape what is annotated ``prometheus.io/{scrape,scheme,port,path}``, and the kubelets' cAdvisor.

    Short intervals: people and tests wait for what is shown. One pod gives one target, however many containers and
    ports it has: the labels that would tell them apart are not kept.
    """
    return f"""\
global: {{scrape_interval: 5s, scrape_timeout: 4s, evaluation_interval: 5s}}
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["{settings.host}:{settings.alertmanager_port}"]}}]
rule_files: ["{state.rules}/*.yaml"]
scrape_configs:
  - job_name: pods
    kubernetes_sd_configs: [{{role: pod, kubeconfig_file: {state.admin_kubeconfig}}}]
    relabel_configs:
      - {{action: keep, source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape], regex: "true"}}
      - {{action: keep, source_labels: [__meta_kubernetes_pod_phase], regex: Running}}
      - {{action: drop, source_labels: [__meta_kubernetes_pod_container_init], regex: "true"}}
      - source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scheme]
        regex: (https?)
        target_label: __scheme__
      - source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_path]
        regex: (.+)
        target_label: __metrics_path__
      - source_labels: [__meta_kubernetes_pod_ip, __meta_kubernetes_pod_annotation_prometheus_io_port]
        regex: (.+);(\\d+)
        replacement: $1:$2
        target_label: __address__
      - {{source_labels: [__meta_kubernetes_namespace], target_label: namespace}}
      - {{source_labels: [__meta_kubernetes_pod_name], target_label: pod}}
      - {{source_labels: [__meta_kubernetes_pod_node_name], target_label: node}}
      - {{source_labels: [__meta_kubernetes_pod_label_sentiment_dev_model], target_label: model}}
  - job_name: cadvisor
    scheme: https
    scrape_interval: 15s
    scrape_timeout: 10s
    metrics_path: /metrics/cadvisor
    tls_config:
      cert_file: {state.pki}/apiserver-kubelet-client.crt
      key_file: {state.pki}/apiserver-kubelet-client.key
      insecure_skip_verify: true
    kubernetes_sd_configs: [{{role: node, kubeconfig_file: {state.admin_kubeconfig}}}]
    relabel_configs:
      - {{source_labels: [__meta_kubernetes_node_name], target_label: node}}
    metric_relabel_configs:
      - {{action: keep, source_labels: [pod], regex: .+}}
"""


def prometheus_url(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.prometheus_port}"


def prometheus(settings: Settings, state: State, program: Path) -> Service:
    return Service(
        name="prometheus",
        argv=(
            str(program),
            f"--config.file={_prometheus_file(state)}",
            f"--storage.tsdb.path={state.data('prometheus')}",
            f"--web.listen-address={settings.host}:{settings.prometheus_port}",
            "--web.enable-lifecycle",  # POST /-/reload after a rule file was added
            "--log.level=warn",
        ),
        health=f"{prometheus_url(settings)}/-/ready",
        url=prometheus_url(settings),
    )


def alertmanager_url(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.alertmanager_port}"


def alertmanager(settings: Settings, state: State) -> Service:
    url = alertmanager_url(settings)
    return Service(
        name="alertmanager",
        argv=(
            "prometheus-alertmanager",
            f"--config.file={_alertmanager_file(state)}",
            f"--storage.path={state.data('alertmanager')}",
            f"--web.listen-address={settings.host}:{settings.alertmanager_port}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ),
        health=f"{url}/-/ready",
        url=url,
    )


def write_config(settings: Settings, state: State) -> None:
    state.rules.mkdir(parents=True, exist_ok=True)
    _prometheus_file(state).write_text(prometheus_config(settings, state))
    _alertmanager_file(state).write_text(ALERTMANAGER_CONFIG)


def _prometheus_file(state: State) -> Path:
    return state.config / "prometheus.yaml"


def _alertmanager_file(state: State) -> Path:
    return state.config / "alertmanager.yaml"
