"""Prometheus and Alertmanager, with the configuration that the project ships in deploy/monitoring."""

from pathlib import Path
from typing import Any

import yaml

from lab.layout import PROJECT, State
from lab.service import Service
from lab.settings import Settings

SHIPPED = PROJECT / "deploy" / "monitoring"
SCRAPE_SECONDS = 5
CADVISOR_SECONDS = 10
"""A kubelet measures its containers about every ten seconds."""


def prometheus_config(settings: Settings, state: State) -> str:
    """The configuration of deploy/monitoring, adapted to the lab.

    Prometheus runs outside of the cluster and needs an administrator's credentials. The intervals are short, because
    people and tests wait for the results.
    """
    config: dict[str, Any] = yaml.safe_load((SHIPPED / "prometheus" / "prometheus.yaml").read_text())
    config["global"] = {
        "scrape_interval": f"{SCRAPE_SECONDS}s",
        "scrape_timeout": f"{SCRAPE_SECONDS - 1}s",
        "evaluation_interval": f"{SCRAPE_SECONDS}s",
    }
    config["rule_files"] = [f"{state.rules}/*.yaml"]
    targets = [f"{settings.host}:{settings.alertmanager_port}"]
    config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": targets}]}]}
    for job in config["scrape_configs"]:
        for discovery in job["kubernetes_sd_configs"]:
            discovery["kubeconfig_file"] = str(state.admin_kubeconfig)
        if job["job_name"] == "cadvisor":
            del job["authorization"]
            job["tls_config"] |= {
                "cert_file": f"{state.pki}/apiserver-kubelet-client.crt",
                "key_file": f"{state.pki}/apiserver-kubelet-client.key",
            }
            job |= {"scrape_interval": f"{CADVISOR_SECONDS}s", "scrape_timeout": f"{CADVISOR_SECONDS - 1}s"}
    return yaml.safe_dump(config, sort_keys=False)


def alertmanager_config() -> str:
    """The configuration of deploy/monitoring, with short waits before notifications."""
    config: dict[str, Any] = yaml.safe_load((SHIPPED / "alertmanager" / "alertmanager.yaml").read_text())
    config["route"] |= {"group_wait": "1s", "group_interval": "5s"}
    return yaml.safe_dump(config, sort_keys=False)


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
            "--web.enable-lifecycle",  # for POST /-/reload after a rule file was added
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
    _alertmanager_file(state).write_text(alertmanager_config())


def _prometheus_file(state: State) -> Path:
    return state.config / "prometheus.yaml"


def _alertmanager_file(state: State) -> Path:
    return state.config / "alertmanager.yaml"
