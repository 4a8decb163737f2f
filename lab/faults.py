"""Stopping and starting parts of a lab that is up: what tests of outages do."""

from lab import process, service
from lab.host import firewall, network
from lab.kubernetes import node
from lab.lab import Lab


def stop(lab: Lab, name: str) -> None:
    """Make a service unreachable: connections to it are refused until it is started again."""
    one = lab.services.named(name)
    if one.keeps_nothing:
        firewall.insert(firewall.refuse_rule(lab.settings, one.name, one.port))
        return
    identity = process.recorded(lab.state.processes, one.name)
    if identity:
        process.end(identity)


def start(lab: Lab, name: str) -> None:
    """Make a service reachable again, whether it was stopped or has died; returns once it is healthy."""
    one = lab.services.named(name)
    if one.keeps_nothing:
        firewall.delete(firewall.refuse_rule(lab.settings, one.name, one.port))
    service.start(lab.state, one)
    service.wait_healthy(lab.state, one)


def kill_node(lab: Lab, number: int) -> None:
    """End a node as a power cut would."""
    node.kill(lab.state, lab.node(number))
    _route_services(lab)


def start_node(lab: Lab, number: int) -> None:
    """Switch a node on again; its disk is as it was. Returns before it is Ready."""
    node.start(lab.settings, lab.state, lab.node(number), lab.programs, lab.nodes)
    _route_services(lab)


def _route_services(lab: Lab) -> None:
    """The host reaches cluster addresses through the first node that runs."""
    for peer in lab.nodes:
        if node.running(lab.state, peer):
            network.route_services(lab.settings, peer)
            return
