"""Durations of rules: those that ship, and short ones with which a test can watch the same rules fire and resolve."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

Pace = Callable[[str], str]
"""Maps a duration that ships, such as "1h", to the one to use; raises KeyError if there is none."""

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
"""Every window holds at least three scrapes of 5 s; one that spans a resync (20 s on the lab) spans at least two."""


def production(duration: str) -> str:
    """The durations that ship: unchanged."""
    return duration


def rehearsal(duration: str) -> str:
    """The durations on the lab: seconds for minutes."""
    return SHORTENED[duration]
