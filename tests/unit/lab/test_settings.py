"""The settings of a lab, their defaults and their errors."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.settings import Settings, variables


def test_default_addresses_are_those_the_project_documents() -> None:
    settings = Settings()
    assert settings.registry == "10.88.0.1:5000"
    assert settings.dns == IPv4Address("10.96.0.10")
    assert settings.bridge == "lab0"


def test_each_node_has_its_own_address_and_pod_range() -> None:
    first, second = Settings().nodes(2)
    assert (first.name, first.address, first.pods) == (
        "node1",
        IPv4Address("10.88.0.11"),
        IPv4Network("10.244.1.0/24"),
    )
    assert (second.link, second.cgroup) == ("lab0n2", "lab-node2")


@pytest.mark.parametrize("number", [0, 10, -1])
def test_nodes_are_numbered_one_to_nine(number: int) -> None:
    with pytest.raises(LabError, match="nodes 1 to 9"):
        Settings().node(number)


def test_longest_link_name_fits_the_kernels_limit() -> None:
    assert len(replace(Settings(), name="abcdefgh").node(9).link) <= 15


def test_environment_changes_what_it_names_only() -> None:
    settings = Settings.from_variables(
        {"LAB_NAME": "other", "LAB_POD_CIDR": "10.50.0.0/16", "LAB_S3_PORT": "9999", "LAB_STATE": "/x", "HOME": "/y"}
    )
    assert settings == replace(
        Settings(), name="other", pod_cidr=IPv4Network("10.50.0.0/16"), s3_port=9999, state=Path("/x")
    )


def test_empty_variables_count_as_absent() -> None:
    assert Settings.from_variables({"LAB_NAME": "", "LAB_S3_PORT": ""}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("LAB_NAME", "Much-Too-Long", "LAB_NAME must be 1 to 8 lower-case letters and digits"),
        ("LAB_S3_PORT", "http", "LAB_S3_PORT must be a port from 1 to 65535, not 'http'"),
        ("LAB_S3_PORT", "65536", "LAB_S3_PORT must be a port"),
        ("LAB_S3_PORT", "5000", "ports must all differ"),
        ("LAB_POD_CIDR", "10.244.0.0/33", "LAB_POD_CIDR must be an IPv4 range"),
        ("LAB_POD_CIDR", "10.244.0.0/24", "LAB_POD_CIDR must be a /16"),
        ("LAB_POD_CIDR", "10.96.0.0/16", "10.96.0.0/16 and 10.96.0.0/16 overlap"),
    ],
)
def test_unusable_value_is_refused_with_its_name(variable: str, value: str, sentence: str) -> None:
    with pytest.raises(LabError, match=sentence):
        Settings.from_variables({variable: value})


def test_settings_survive_being_written_down() -> None:
    settings = replace(Settings(), name="two", bridge_subnet=IPv4Network("10.9.0.0/24"), api_port=7443)
    assert Settings.from_variables(settings.to_variables()) == settings


def test_every_setting_is_documented() -> None:
    described = list(variables())
    assert {name for name, _, _ in described} == set(Settings().to_variables())
    assert all(meaning for _, _, meaning in described)
