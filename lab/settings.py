"""The settings of a lab: its name, address ranges, ports and folders."""
# ruff: noqa: RUF009 (each default is one immutable value; the call only adds the variable's name to it)

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import TypeVar

from lab.errors import LabError

MAX_NODES = 9
"""Nodes are numbered 1 to 9: each takes one address of the bridge and one /24 of the pods' range."""

_NAME = re.compile(r"[a-z][a-z0-9]{0,7}")
_T = TypeVar("_T")


def _default_state() -> Path:
    return Path(__file__).resolve().parents[1] / ".lab"


def _default_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sentimentmodel"


def _setting(default: _T, variable: str, meaning: str) -> _T:
    return field(default=default, metadata={"variable": variable, "meaning": meaning})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one lab. Two labs run side by side if their names, folders and address ranges differ."""

    state: Path = _setting(_default_state(), "LAB_STATE", "folder of the running lab; `down` removes it")
    cache: Path = _setting(_default_cache(), "LAB_CACHE", "what was built or fetched: kept, shared by all checkouts")
    name: str = _setting("lab", "LAB_NAME", "prefix of network links and control groups")
    bridge_subnet: IPv4Network = _setting(
        IPv4Network("10.88.0.0/24"), "LAB_BRIDGE_SUBNET", "a /24: the host is address 1, node N is address 10 + N"
    )
    pod_cidr: IPv4Network = _setting(IPv4Network("10.244.0.0/16"), "LAB_POD_CIDR", "a /16: node N has its /24 number N")
    service_cidr: IPv4Network = _setting(
        IPv4Network("10.96.0.0/16"), "LAB_SERVICE_CIDR", "cluster addresses; the cluster's DNS is address 10"
    )
    api_port: int = _setting(6443, "LAB_API_PORT", "port of the Kubernetes API")
    registry_port: int = _setting(5000, "LAB_REGISTRY_PORT", "port of the image registry")
    s3_port: int = _setting(9000, "LAB_S3_PORT", "port of the S3 stand-in")
    mlflow_port: int = _setting(5001, "LAB_MLFLOW_PORT", "port of MLflow")
    prometheus_port: int = _setting(9090, "LAB_PROMETHEUS_PORT", "port of Prometheus")
    alertmanager_port: int = _setting(9093, "LAB_ALERTMANAGER_PORT", "port of Alertmanager")

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise LabError(f"LAB_NAME must be 1 to 8 lower-case letters and digits, not {self.name!r}")
        for variable, network, prefix in (
            ("LAB_BRIDGE_SUBNET", self.bridge_subnet, 24),
            ("LAB_POD_CIDR", self.pod_cidr, 16),
            ("LAB_SERVICE_CIDR", self.service_cidr, 16),
        ):
            if network.prefixlen != prefix:
                raise LabError(f"{variable} must be a /{prefix}, not {network}")
        ranges = (self.bridge_subnet, self.pod_cidr, self.service_cidr)
        for i, one in enumerate(ranges):
            for other in ranges[i + 1 :]:
                if one.overlaps(other):
                    raise LabError(f"the address ranges {one} and {other} overlap; choose three that do not")
        if len(set(self.ports.values())) != len(self.ports):
            raise LabError(f"the lab's ports must all differ, found {self.ports}")

    @property
    def ports(self) -> dict[str, int]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name.endswith("_port")}

    @property
    def host(self) -> IPv4Address:
        """This machine's address as nodes and pods see it: everything outside of the nodes listens here."""
        return self.bridge_subnet[1]

    @property
    def dns(self) -> IPv4Address:
        return self.service_cidr[10]

    @property
    def bridge(self) -> str:
        return f"{self.name}0"

    @property
    def registry(self) -> str:
        return f"{self.host}:{self.registry_port}"

    def node(self, number: int) -> "Node":
        if not 1 <= number <= MAX_NODES:
            raise LabError(f"a lab has nodes 1 to {MAX_NODES}; there is no node {number}")
        return Node(
            number=number,
            name=f"node{number}",
            address=self.bridge_subnet[10 + number],
            pods=tuple(self.pod_cidr.subnets(new_prefix=24))[number],
            link=f"{self.bridge}n{number}",
            cgroup=f"{self.name}-node{number}",
        )

    def nodes(self, count: int) -> list["Node"]:
        return [self.node(number) for number in range(1, count + 1)]

    def to_variables(self) -> dict[str, str]:
        """All settings, keyed by environment variable."""
        return {variable: str(getattr(self, name)) for name, variable, _ in _described()}

    @staticmethod
    def from_variables(values: Mapping[str, str]) -> "Settings":
        """Settings from environment variables; an absent or empty variable keeps the default.

        Raises:
            LabError: a value is malformed, address ranges overlap, or two ports are equal.
        """
        changed: dict[str, object] = {}
        for name, variable, default in _described():
            text = values.get(variable)
            if text:
                changed[name] = _parse(variable, text, default)
        return Settings(**changed)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Node:
    """Names and addresses of one node."""

    number: int
    name: str
    address: IPv4Address
    pods: IPv4Network
    link: str
    cgroup: str


def variables() -> Iterator[tuple[str, str, str]]:
    """Every setting as (environment variable, default, meaning), for the help text."""
    for f in fields(Settings):
        yield f.metadata["variable"], str(f.default), f.metadata["meaning"]


def _described() -> Iterator[tuple[str, str, object]]:
    for f in fields(Settings):
        yield f.name, f.metadata["variable"], f.default


def _parse(variable: str, text: str, default: object) -> object:
    if isinstance(default, Path):
        return Path(text).resolve()
    if isinstance(default, int):
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise LabError(f"{variable} must be a port from 1 to 65535, not {text!r}")
        return int(text)
    if isinstance(default, IPv4Network):
        try:
            return IPv4Network(text)
        except ValueError as err:
            raise LabError(f"{variable} must be an IPv4 range such as {default}, not {text!r}") from err
    return text
