"""Durations of rules: those that ship, and short ones with which a test can watch the same rules fire and clear."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

Pace = Callable[[str], str]
"""A duration as it ships, such as "1h", to the one that is used. KeyError: there is none for it."""

SHORTENED: Mapping[str, str] = MappingProxyType(
    {
        "1m": "5s",
        "2m": "5s",
        "5m": "15s",
        "10m": "10s",
        "15m": "50s",
        "30m": "20s",
        "1h": "30s",
        "2h": "40s",
        "6h": "1m",
        "1d": "90s",
        "3d": "2m",
    }
)
"""No window is below three scrapes of 5 s, and what spans a resync of the operator (20 s on the lab) spans two."""


def production(duration: str) -> str:
    """What ships: the duration as it is written."""
    return duration


def rehearsal(duration: str) -> str:
    """What the lab runs: the same rules, minutes as seconds."""
    return SHORTENED[duration]
