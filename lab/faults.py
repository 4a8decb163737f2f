"""Stopping and starting parts of a lab that is up, for tests of outages."""

from lab import process, service
from lab.host import firewall, network
from lab.kubernetes import node
from lab.lab import Lab


def stop(lab: Lab, name: str) -> None:
    """Make a service unreachable: connections to it are refused until it is started again."""
    one = lab.services.named(name)
    if one.in_memory:
        firewall.insert(firewall.refuse_rule(lab.settings, one.name, one.port))
        return
    identity = process.recorded(lab.state.processes, one.name)
    if identity:
        process.end(identity)


def start(lab: Lab, name: str) -> None:
    """Start a service that was stopped or has died; returns once it is healthy."""
    one = lab.services.named(name)
    if one.in_memory:
        firewall.delete(firewall.refuse_rule(lab.settings, one.name, one.port))
    service.start(lab.state, one)
    service.wait_healthy(lab.state, one)


def kill_node(lab: Lab, number: int) -> None:
    """Kill a node as a power cut would."""
    node.kill(lab.state, lab.node(number))
    _route_services(lab)


def start_node(lab: Lab, number: int) -> None:
    """Start a killed node with its old disk; returns before it is Ready."""
    node.start(lab.settings, lab.state, lab.node(number), lab.programs, lab.nodes)
    _route_services(lab)


def _route_services(lab: Lab) -> None:
    """Route the host's traffic to cluster addresses through the first node that runs."""
    for peer in lab.nodes:
        if node.running(lab.state, peer):
            network.route_services(lab.settings, peer)
            return
