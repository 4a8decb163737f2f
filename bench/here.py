"""Where and when something is measured: what stands beside every figure."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path


def now() -> str:
    """In UTC, to the minute."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M")


def load_average() -> str:
    """Of the last minute."""
    return f"{os.getloadavg()[0]:.0f}"


def processor() -> str:
    """The model of the first one."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
