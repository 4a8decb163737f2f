"""Starting and killing a node: a process with its own network, mounts, processes and host name."""

import os
from pathlib import Path

from lab import process
from lab.host import cgroups, network
from lab.kubernetes import certificates, node_config
from lab.layout import Programs, State
from lab.settings import Node, Settings
from lab.wait import until


def start(settings: Settings, state: State, node: Node, programs: Programs, peers: list[Node]) -> None:
    """Start a node unless it runs; it joins the cluster once the API server answers.

    Args:
        peers: all nodes of the lab; each gets routes to the pods of the others.
    """
    if running(state, node):
        return
    root = state.node(node.name)
    for folder in ("var-lib", "var-log"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for path, text in node_config.files(settings, state, node, programs, peers).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if not certificates.node_kubeconfig(state, node).exists():
        certificates.create_for_node(state, programs.kubernetes, node)
    cgroups.create(cgroups.hierarchies(), node.cgroup)
    unshare = ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
    identity = process.spawn(
        node.name,
        [*unshare, "bash", str(root / "init.sh")],
        mark=state.root,
        records=state.processes,
        log=state.logs / f"{node.name}.log",
        environment={},
    )
    until(f"a network namespace for {node.name}", lambda: _has_own_network(identity.pid), seconds=10)
    network.connect(settings, node, identity.pid)


def kill(state: State, node: Node) -> None:
    """Kill a node and all its pods as a power cut would; its disk stays."""
    network.disconnect(node)
    identity = process.recorded(state.processes, node.name)
    if identity:
        # unshare --kill-child kills the first process of the node's PID namespace, and the kernel then kills the rest.
        process.kill_group(identity)
    cgroups.remove(cgroups.hierarchies(), node.cgroup)


def running(state: State, node: Node) -> bool:
    return process.recorded(state.processes, node.name) is not None


def _has_own_network(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/ns/net").readlink() != Path(f"/proc/{os.getpid()}/ns/net").readlink()
    except FileNotFoundError:
        return False
