"""Certificates and kubeconfigs, made by kubeadm."""

from pathlib import Path

from lab.command import run
from lab.layout import State
from lab.settings import Node, Settings


def kubeadm_config(settings: Settings, state: State, version: str) -> str:
    """kubeadm's configuration (kubeadm.k8s.io/v1beta4)."""
    return f"""\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {{advertiseAddress: {settings.host}, bindPort: {settings.api_port}}}
nodeRegistration: {{name: node1, criSocket: "unix:///run/containerd/containerd.sock"}}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: {version}
certificatesDir: {state.pki}
controlPlaneEndpoint: {settings.host}:{settings.api_port}
networking: {{serviceSubnet: {settings.service_cidr}, podSubnet: {settings.pod_cidr}}}
encryptionAlgorithm: ECDSA-P256
"""


def create(settings: Settings, state: State, lab: Path, version: str) -> None:
    """Make all certificates, and the kubeconfigs of the control plane and the administrator."""
    config = _config_file(state)
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(kubeadm_config(settings, state, version))
    run([lab, "kubeadm", "init", "phase", "certs", "all", "--config", config])
    kubeconfigs: list[str | Path] = ["--config", config, "--kubeconfig-dir", state.kubeconfigs]
    run([lab, "kubeadm", "init", "phase", "kubeconfig", "all", *kubeconfigs])


def create_for_node(state: State, lab: Path, node: Node) -> None:
    kubeconfig = node_kubeconfig(state, node)
    identity = ["--client-name", f"system:node:{node.name}", "--org", "system:nodes"]
    kubeconfig.write_text(run([lab, "kubeadm", "kubeconfig", "user", "--config", _config_file(state), *identity]))
    kubeconfig.chmod(0o600)


def node_kubeconfig(state: State, node: Node) -> Path:
    return state.kubeconfigs / f"{node.name}.conf"


def _config_file(state: State) -> Path:
    return state.config / "kubeadm.yaml"
