"""Time, load and processor of a measurement, shown beside every figure."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path


def now() -> str:
    """The time in UTC, to the minute."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M")


def load_average() -> str:
    """The load average of the last minute."""
    return f"{os.getloadavg()[0]:.0f}"


def processor() -> str:
    """The model name of the first processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
