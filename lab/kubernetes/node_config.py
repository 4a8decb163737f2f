"""The configuration files of one node, and the script that runs as its first process."""

import json
from pathlib import Path

from lab.kubernetes.certificates import node_kubeconfig
from lab.layout import Programs, State
from lab.settings import Node, Settings

PAUSE_IMAGE = "lab.local/pause:1"


def files(settings: Settings, state: State, node: Node, programs: Programs, peers: list[Node]) -> dict[Path, str]:
    """Path -> text of every file that a node needs."""
    root = state.node(node.name)
    return {
        root / "containerd.toml": containerd(root),
        root / "certs.d" / settings.registry / "hosts.toml": registry_over_http(settings),
        root / "cni" / "10-lab.conflist": pod_network(node),
        root / "kubelet.yaml": kubelet(settings, state, node),
        root / "resolv.conf": f"nameserver {settings.dns}\n",  # the host's may link into its /run or name its loopback
        root / "kube-proxy.yaml": kube_proxy(settings, state, node),
        root / "init.sh": init(settings, state, node, programs, peers),
    }


def containerd(root: Path) -> str:
    """containerd's configuration; `restrict_oom_score_adj` because some machines refuse a score below the parent's."""
    return f"""\
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "{PAUSE_IMAGE}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{root}/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{root}/certs.d"
"""


def registry_over_http(settings: Settings) -> str:
    url = f"http://{settings.registry}"
    return f'server = "{url}"\n[host."{url}"]\n  capabilities = ["pull", "resolve"]\n'


def pod_network(node: Node) -> str:
    """The CNI configuration: one veth pair from the node to each pod, so that all traffic is routed.

    On a bridge, the replies between two pods of one node bypass the address translation of services, unless the
    kernel has br_netfilter. Assigned addresses are stored under /run, which a killed node loses along with its pods.
    """
    addresses = {"type": "host-local", "dataDir": "/run/cni/addresses", "ranges": [[{"subnet": str(node.pods)}]]}
    cable = {"type": "ptp", "ipMasq": False, "ipam": {**addresses, "routes": [{"dst": "0.0.0.0/0"}]}}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "0.4.0", "name": "lab", "plugins": [cable, ports]}, indent=2)


def kubelet(settings: Settings, state: State, node: Node) -> str:
    return f"""\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous: {{enabled: false}}
  webhook: {{enabled: true}}
  x509: {{clientCAFile: {state.pki}/ca.crt}}
authorization: {{mode: Webhook}}
cgroupDriver: cgroupfs
cgroupRoot: /{node.cgroup}
failCgroupV1: false
failSwapOn: false
clusterDomain: cluster.local
clusterDNS: [{settings.dns}]
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
resolvConf: {state.node(node.name)}/resolv.conf
evictionHard: {{memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}}
imageGCHighThresholdPercent: 100
serializeImagePulls: false
volumePluginDir: {state.node(node.name)}/plugins
nodeStatusUpdateFrequency: 2s
"""


def kube_proxy(settings: Settings, state: State, node: Node) -> str:
    """kube-proxy's configuration; it sets no connection tracking limits, which are the host's."""
    return f"""\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: {{kubeconfig: {node_kubeconfig(state, node)}}}
hostnameOverride: {node.name}
clusterCIDR: {settings.pod_cidr}
conntrack: {{maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}}
"""


def init(settings: Settings, state: State, node: Node, programs: Programs, peers: list[Node]) -> str:
    """The script of the first process in the node's namespaces; its mounts and settings disappear when it ends.

    The node has its own /var/lib and /var/log (kept in the state folder) and an empty /run, so that all programs
    can use their default paths without leaving files on the host.
    """
    root, log, lab = state.node(node.name), state.logs / node.name, programs.kubernetes
    routes = "\n".join(f"ip route add {peer.pods} via {peer.address}" for peer in peers if peer != node)
    return f"""\
set -e
hostname {node.name}
until ip link set eth0 up 2>/dev/null; do sleep 0.05; done
ip link set lo up
ip address add {node.address}/{settings.bridge_subnet.prefixlen} dev eth0
ip route add default via {settings.host}
{routes}
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet
echo 1 > /proc/sys/net/ipv4/tcp_orphan_retries  # a killed node's connections do not keep its namespace for minutes

mount --make-rshared /
mount -t tmpfs tmpfs /run
mount --bind {root}/var-lib /var/lib
mount --bind {root}/var-log /var/log
mkdir -p /run/containerd /var/lib/kubelet /var/log/pods

containerd -c {root}/containerd.toml >> {log}-containerd.log 2>&1 &
until ctr version >/dev/null 2>&1; do sleep 0.1; done
ctr -n k8s.io images import {programs.pause_archive} >/dev/null
until [ -e {state.api_ready} ]; do sleep 0.1; done
{lab} kubelet --config {root}/kubelet.yaml --kubeconfig {node_kubeconfig(state, node)} \\
  --hostname-override {node.name} --node-ip {node.address} >> {log}-kubelet.log 2>&1 &
{lab} kube-proxy --config {root}/kube-proxy.yaml >> {log}-kube-proxy.log 2>&1 &
wait
"""
