"""The first objects of a new cluster: RBAC for administrators and nodes, and Services for CoreDNS and metrics-server.

Both servers run on the host, not in pods: the endpoint of their Services is the host's address.
"""

from typing import Any

from lab.kubernetes.control_plane import DNS_PORT, METRICS_SERVER_PORT
from lab.settings import Settings

Manifest = dict[str, Any]


def manifests(settings: Settings) -> Manifest:
    dns_ports = [
        {"name": protocol.lower(), "port": 53, "targetPort": DNS_PORT, "protocol": protocol}
        for protocol in ("UDP", "TCP")
    ]
    metrics_ports = [{"name": "https", "port": 443, "targetPort": METRICS_SERVER_PORT, "protocol": "TCP"}]
    items = [
        _binding("lab:admins", "cluster-admin", "kubeadm:cluster-admins"),
        _binding("lab:proxy", "system:node-proxier", "system:nodes"),
        _service("kube-dns", dns_ports, cluster_ip=str(settings.dns)),
        _endpoints("kube-dns", dns_ports, str(settings.host)),
        _service("metrics-server", metrics_ports),
        _endpoints("metrics-server", metrics_ports, str(settings.host)),
        _metrics_api(),
    ]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _binding(name: str, role: str, group: str) -> Manifest:
    api = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{api}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": api, "kind": "Group", "name": group}],
    }


def _service(name: str, ports: list[Manifest], *, cluster_ip: str | None = None) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {"ports": ports, **({"clusterIP": cluster_ip} if cluster_ip else {})},
    }


def _endpoints(service: str, ports: list[Manifest], address: str) -> Manifest:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "addressType": "IPv4",
        "metadata": {
            "name": f"{service}-host",
            "namespace": "kube-system",
            "labels": {"kubernetes.io/service-name": service},
        },
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": [{"name": p["name"], "port": p["targetPort"], "protocol": p["protocol"]} for p in ports],
    }


def _metrics_api() -> Manifest:
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1beta1.metrics.k8s.io"},
        "spec": {
            "service": {"name": "metrics-server", "namespace": "kube-system"},
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "insecureSkipTLSVerify": True,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        },
    }
