"""Bringing a lab up and taking it down."""

import json
import shutil

from lab import claims, faults, process, service
from lab.build.programs import cluster_version
from lab.command import run
from lab.errors import LabError
from lab.host import cgroups, firewall, network, requirements
from lab.kubernetes import addons, api, certificates, node
from lab.lab import Lab, facts, note_settings, note_up, noted_settings
from lab.layout import State
from lab.progress import Progress
from lab.services import write_config
from lab.settings import Settings
from lab.standins import storage
from lab.wait import until


def up(lab: Lab, nodes: int, progress: Progress) -> None:
    """Bring a lab up; in a lab that is up, start what has stopped.

    Leftovers of an `up` that failed, or that ran before the machine was restarted, are removed first.

    Raises:
        LabError: something does not start, the lab is up with another number of nodes, or another lab has its name.
    """
    noted = facts(lab.state)
    if claims.is_elsewhere(lab.settings):
        raise LabError(
            f"a lab called {lab.settings.name} is up in {claims.owner(lab.settings.name)}: take that one down, or set "
            "LAB_NAME, LAB_BRIDGE_SUBNET, LAB_POD_CIDR and LAB_SERVICE_CIDR for this one"
        )
    if noted is None:
        down(lab.settings)
        _create(lab, nodes, progress)
        note_up(lab.state, nodes)
    elif noted.nodes != nodes:
        raise LabError(f"the lab is up with {noted.nodes} nodes, not {nodes}: run `python -m lab down` first")
    else:
        _repair(lab)


def _create(lab: Lab, nodes: int, progress: Progress) -> None:
    settings, state, services = lab.settings, lab.state, lab.services
    state.root.mkdir(parents=True, exist_ok=True)
    note_settings(settings)
    claims.take(settings)
    peers = settings.nodes(nodes)
    with progress.step("starting the control plane"):
        network.create_bridge(settings)
        for rule in firewall.open_rules(settings):
            firewall.insert(rule)
        requirements.check_ports_free(settings)
        write_config(settings, state, services)
        for one in services.standins:
            service.start(state, one)
        certificates.create(settings, state, lab.programs.kubernetes, cluster_version())
        service.start(state, services.etcd)
        service.start(state, services.api_server)
        for peer in peers:
            node.start(settings, state, peer, lab.programs, peers)
        network.route_services(settings, peers[0])
        service.wait_healthy(state, services.api_server)
        _bootstrap(lab)
        state.api_ready.touch()
        for one in (*services.cluster, services.prometheus):
            service.start(state, one)
    with progress.step(f"waiting for {nodes} nodes and the stand-ins"):
        _wait_for_nodes(lab, nodes)
        for one in services.all:
            service.wait_healthy(state, one)
        storage.create_buckets(settings)
        _link_programs(lab)


def _repair(lab: Lab) -> None:
    for one in lab.services.all:
        faults.start(lab, one.name)
    for peer in lab.nodes:
        faults.start_node(lab, peer.number)
    _wait_for_nodes(lab, len(lab.nodes))


def _bootstrap(lab: Lab) -> None:
    """Create the first RBAC bindings; until then only the super-administrator has rights."""
    kubeconfig = lab.state.kubeconfigs / "super-admin.conf"
    manifests = json.dumps(addons.manifests(lab.settings))
    run([lab.programs.kubernetes, "kubectl", "--kubeconfig", kubeconfig, "create", "-f", "-"], stdin=manifests)


def _wait_for_nodes(lab: Lab, nodes: int) -> None:
    peers = lab.settings.nodes(nodes)

    def settled() -> bool:
        return _ready(lab) or not all(node.running(lab.state, peer) for peer in peers)

    def _ready(lab: Lab) -> bool:
        return api.ready_nodes(lab.settings, lab.state) >= {peer.name for peer in peers}

    until("readiness of the nodes", settled, seconds=120, interval_seconds=0.3)
    for peer in peers:
        if not node.running(lab.state, peer):
            log = lab.state.logs / f"{peer.name}.log"
            raise LabError(f"{peer.name} ended at once; its log {log} ends with:\n{service.last_lines(log)}")


def _link_programs(lab: Lab) -> None:
    lab.state.bin.mkdir(exist_ok=True)
    for name, target in (("kubectl", lab.programs.kubernetes), ("promtool", lab.programs.promtool)):
        (lab.state.bin / name).symlink_to(target)


def down(settings: Settings) -> None:
    """End and remove everything that an `up` in this state folder made, however far it came.

    If the lab's name now belongs to another state folder, nothing is removed: it is that lab's.
    """
    settings = noted_settings(settings)
    state = State(settings.state)
    if claims.is_elsewhere(settings):
        return
    process.kill_marked(state.root)
    trees = cgroups.hierarchies()
    for name in cgroups.with_prefix(trees, f"{settings.name}-node"):
        cgroups.remove(trees, name)
    network.delete_links(settings)
    firewall.clear(settings)
    claims.release(settings)
    if state.root.exists():
        shutil.rmtree(state.root)
