"""The configuration files that are written for the lab's programs."""

import json
import re
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.kubernetes import addons, certificates, control_plane, node_config
from lab.layout import Programs, State
from lab.services import services
from lab.settings import Settings
from lab.standins import monitoring, storage

SETTINGS = replace(
    Settings(),
    name="two",
    state=Path("/two"),
    bridge_subnet=IPv4Network("10.1.0.0/24"),
    pod_cidr=IPv4Network("10.2.0.0/16"),
    service_cidr=IPv4Network("10.3.0.0/16"),
    registry_port=5555,
)
STATE = State(SETTINGS.state)
PROGRAMS = Programs(
    kubernetes=Path("/c/kubernetes"),
    pause_archive=Path("/c/pause.tar"),
    prometheus=Path("/c/prometheus"),
    promtool=Path("/c/promtool"),
)
NODE = SETTINGS.node(2)


def node_files() -> dict[str, str]:
    files = node_config.files(SETTINGS, STATE, NODE, PROGRAMS, SETTINGS.nodes(3))
    return {str(path.relative_to(STATE.node("node2"))): text for path, text in files.items()}


def test_no_default_address_remains_when_all_ranges_are_changed() -> None:
    texts = [
        *node_files().values(),
        certificates.kubeadm_config(SETTINGS, STATE, "v1.34.4"),
        control_plane.corefile(SETTINGS, STATE, upstream=True),
        json.dumps(addons.manifests(SETTINGS)),
        monitoring.prometheus_config(SETTINGS, STATE),
        storage.registry_config(SETTINGS, Path("/two/data/registry")),
        *(repr(service) for service in services(SETTINGS, STATE, PROGRAMS).all),
    ]
    for text in texts:
        for default in ("10.88.", "10.244.", "10.96.", ":5000"):
            assert default not in text


def test_every_program_listens_on_the_bridge_only() -> None:
    for service in services(SETTINGS, STATE, PROGRAMS).all:
        assert f"//{SETTINGS.host}:" in service.health
        addresses = re.findall(r"\b\d+\.\d+\.\d+\.\d+\b(?!/)", " ".join(service.argv))
        assert set(addresses) <= {str(SETTINGS.host)}


def test_services_have_different_names_and_ports() -> None:
    found = services(SETTINGS, STATE, PROGRAMS).all
    assert len({s.name for s in found}) == len(found)
    assert len({s.port for s in found}) == len(found)


def test_node_pulls_from_the_registry_over_plain_http() -> None:
    hosts = node_files()["certs.d/10.1.0.1:5555/hosts.toml"]
    assert 'server = "http://10.1.0.1:5555"' in hosts


def test_kubelet_has_the_nodes_control_group_and_the_clusters_dns() -> None:
    config = yaml.safe_load(node_files()["kubelet.yaml"])
    assert config["cgroupRoot"] == "/two-node2"
    assert config["clusterDNS"] == ["10.3.0.10"]
    assert config["evictionHard"]["memory.available"] == "100Mi"


def test_pods_of_a_node_get_addresses_of_its_range() -> None:
    cable = json.loads(node_files()["cni/10-lab.conflist"])["plugins"][0]
    assert cable["ipam"]["ranges"] == [[{"subnet": "10.2.2.0/24"}]]


def test_pods_that_ask_for_the_nodes_dns_do_not_depend_on_the_hosts_files() -> None:
    assert yaml.safe_load(node_files()["kubelet.yaml"])["resolvConf"] == "/two/node2/resolv.conf"
    assert node_files()["resolv.conf"] == "nameserver 10.3.0.10\n"


def test_node_has_a_route_to_the_pods_of_every_other_node() -> None:
    routes = [line for line in node_files()["init.sh"].splitlines() if line.startswith("ip route add 10.2.")]
    assert routes == ["ip route add 10.2.1.0/24 via 10.1.0.11", "ip route add 10.2.3.0/24 via 10.1.0.13"]


def test_kube_proxy_and_kubeadm_configurations_are_yaml() -> None:
    assert yaml.safe_load(node_files()["kube-proxy.yaml"])["clusterCIDR"] == "10.2.0.0/16"
    cluster = list(yaml.safe_load_all(certificates.kubeadm_config(SETTINGS, STATE, "v1.34.4")))[1]
    assert cluster["networking"] == {"serviceSubnet": "10.3.0.0/16", "podSubnet": "10.2.0.0/16"}


def test_audit_log_holds_writes_and_nothing_else() -> None:
    policy = yaml.safe_load(control_plane.AUDIT_POLICY)
    assert policy["omitStages"] == ["RequestReceived"]
    writes, rest = policy["rules"]
    assert writes == {"level": "Metadata", "verbs": ["create", "update", "patch", "delete", "deletecollection"]}
    assert rest == {"level": "None"}


@pytest.mark.parametrize(
    ("resolv_conf", "forwards"),
    [("search x\nnameserver 192.0.2.1\n", True), ("# nameserver 192.0.2.1\n", False), ("", False)],
)
def test_dns_forwards_only_where_the_host_has_a_name_server(resolv_conf: str, *, forwards: bool) -> None:
    upstream = control_plane.has_name_server(resolv_conf)
    assert ("forward ." in control_plane.corefile(SETTINGS, STATE, upstream=upstream)) is forwards


def scrape_job(name: str) -> dict[str, Any]:
    config = yaml.safe_load(monitoring.prometheus_config(SETTINGS, STATE))
    (job,) = (job for job in config["scrape_configs"] if job["job_name"] == name)
    return dict(job)


def test_prometheus_labels_pods_by_namespace_name_node_and_model() -> None:
    targets = {rule.get("target_label") for rule in scrape_job("pods")["relabel_configs"]}
    assert {"namespace", "pod", "node", "model", "__address__", "__metrics_path__", "__scheme__"} <= targets


def test_prometheus_scrapes_what_ships_and_outside_of_the_cluster_finds_it_with_a_kubeconfig() -> None:
    shipped = yaml.safe_load((monitoring.SHIPPED / "prometheus" / "prometheus.yaml").read_text())
    config = yaml.safe_load(monitoring.prometheus_config(SETTINGS, STATE))
    assert [job["job_name"] for job in config["scrape_configs"]] == [
        job["job_name"] for job in shipped["scrape_configs"]
    ]
    for job, as_shipped in zip(config["scrape_configs"], shipped["scrape_configs"], strict=True):
        assert job["relabel_configs"] == as_shipped["relabel_configs"]
        assert all(one["kubeconfig_file"] == str(STATE.admin_kubeconfig) for one in job["kubernetes_sd_configs"])


def test_namespace_label_of_the_operators_metrics_is_kept() -> None:
    assert scrape_job("sentiment-operator")["honor_labels"] is True
    assert "honor_labels" not in scrape_job("pods")


def test_address_of_a_pod_is_its_ip_and_the_annotated_port() -> None:
    (rule,) = (r for r in scrape_job("pods")["relabel_configs"] if r.get("target_label") == "__address__")
    assert rule["regex"] == r"(.+);(\d+)"
    assert rule["replacement"] == "$1:$2"


def test_addons_point_at_the_host() -> None:
    slices = [m for m in addons.manifests(SETTINGS)["items"] if m["kind"] == "EndpointSlice"]
    assert {s["metadata"]["name"] for s in slices} == {"kube-dns-host", "metrics-server-host"}
    assert all(s["endpoints"][0]["addresses"] == ["10.1.0.1"] for s in slices)
