"""A lab's firewall rules on the host: they allow traffic over its bridge, and can make a service unreachable.

Each rule carries a comment with the lab's name, by which `clear` finds and removes it.
"""

import shlex
import shutil
from collections.abc import Iterable

from lab.command import run, succeeds
from lab.settings import Settings

_CHAINS = ("INPUT", "FORWARD")


def _comment(settings: Settings, purpose: str) -> list[str]:
    return ["-m", "comment", "--comment", f"sentiment-lab:{settings.name}:{purpose}"]


def open_rules(settings: Settings) -> list[list[str]]:
    """Rules that allow traffic over the bridge even if the host drops it by default (Docker, ufw)."""
    mark = _comment(settings, "open")
    return [
        ["INPUT", "-i", settings.bridge, *mark, "-j", "ACCEPT"],
        ["FORWARD", "-i", settings.bridge, *mark, "-j", "ACCEPT"],
        ["FORWARD", "-o", settings.bridge, *mark, "-j", "ACCEPT"],
    ]


def refuse_rule(settings: Settings, service: str, port: int) -> list[str]:
    """The rule that refuses connections to one port of the host's address and resets existing ones."""
    target = ["-d", f"{settings.host}/32", "-p", "tcp", "-m", "tcp", "--dport", str(port)]
    mark = _comment(settings, f"stopped-{service}")
    return ["INPUT", *target, *mark, "-j", "REJECT", "--reject-with", "tcp-reset"]


def insert(rule: list[str]) -> None:
    """Insert a rule at the top of its chain, unless it is there."""
    if not present(rule):
        run(["iptables", "-w", "-I", *rule])


def present(rule: list[str]) -> bool:
    return succeeds(["iptables", "-w", "-C", *rule])


def delete(rule: list[str]) -> None:
    if present(rule):
        run(["iptables", "-w", "-D", *rule])


def clear(settings: Settings) -> None:
    """Remove this lab's rules; without iptables there are none."""
    if shutil.which("iptables") is None:
        return
    for chain in _CHAINS:
        for rule in own_rules(run(["iptables", "-w", "-S", chain]).splitlines(), settings):
            run(["iptables", "-w", "-D", *rule])


def own_rules(listing: Iterable[str], settings: Settings) -> list[list[str]]:
    """The rules of this lab among the lines of `iptables -S`, without their leading `-A`."""
    prefix = f"sentiment-lab:{settings.name}:"
    rules = (shlex.split(line) for line in listing)
    return [rule[1:] for rule in rules if rule[:1] == ["-A"] and any(word.startswith(prefix) for word in rule)]
