"""Requirements of the machine, and the parsing of its firewall rules and routes."""

from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from lab.errors import RequirementError
from lab.host import firewall, network, requirements
from lab.settings import Settings

SETTINGS = Settings()


def test_other_systems_and_users_are_refused_with_what_is_needed() -> None:
    with pytest.raises(RequirementError, match="this is Darwin: use a Linux machine"):
        requirements.check_user("Darwin", 0)
    with pytest.raises(RequirementError, match=r"run it as root \(sudo\)"):
        requirements.check_user("Linux", 1000)
    requirements.check_user("Linux", 0)


@pytest.mark.parametrize("folder", ["/var/lib/ci/lab", "/run/lab", "/var/log/lab"])
def test_folders_that_nodes_cannot_see_are_refused(folder: str) -> None:
    with pytest.raises(RequirementError, match="set LAB_STATE to a folder outside"):
        requirements.check_folders(replace(SETTINGS, state=Path(folder)))
    with pytest.raises(RequirementError, match="set LAB_CACHE to a folder outside"):
        requirements.check_folders(replace(SETTINGS, state=Path("/srv/lab"), cache=Path(folder)))


LISTING = """\
-P INPUT ACCEPT
-A INPUT -i eth0 -m comment --comment "not ours" -j ACCEPT
-A INPUT -i lab0 -m comment --comment "sentiment-lab:lab:open" -j ACCEPT
-A INPUT -i two0 -m comment --comment "sentiment-lab:lab2:open" -j ACCEPT
-A INPUT -d 10.88.0.1/32 -p tcp -m comment --comment "sentiment-lab:lab:stopped-s3" -j REJECT
"""


def test_only_this_labs_rules_are_found() -> None:
    rules = firewall.own_rules(LISTING.splitlines(), SETTINGS)
    assert [rule[:3] for rule in rules] == [["INPUT", "-i", "lab0"], ["INPUT", "-d", "10.88.0.1/32"]]
    assert rules[0] == firewall.open_rules(SETTINGS)[0]


def test_refused_port_answers_with_a_reset() -> None:
    rule = firewall.refuse_rule(SETTINGS, "s3", 9000)
    assert rule[-4:] == ["-j", "REJECT", "--reject-with", "tcp-reset"]
    assert "sentiment-lab:lab:stopped-s3" in rule


@pytest.mark.parametrize(
    ("routed", "taken"),
    [
        (["192.0.2.0/24"], None),
        (["10.0.0.0/8"], "10.88.0.0/24"),
        (["10.244.7.0/24"], "10.244.0.0/16"),
    ],
)
def test_range_that_is_in_use_is_named(routed: list[str], taken: str | None) -> None:
    wanted = (SETTINGS.bridge_subnet, SETTINGS.pod_cidr)
    found = network.overlapping((IPv4Network(r) for r in routed), wanted)
    assert found == (IPv4Network(taken) if taken else None)
