"""A picture of how the time and memory of training grow with the number of texts."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from bench.model.measuring import Cost


def draw_growth(costs: Mapping[int, Cost], path: Path) -> None:
    """Write a PNG with the cost by number of texts, beside growth in proportion from the smallest."""
    sizes = sorted(costs)
    figure = Figure(figsize=(8, 3), layout="constrained")
    measured = {
        "CPU, seconds": [costs[size].cpu_seconds for size in sizes],
        "peak memory, MB": [costs[size].peak_bytes / 1e6 for size in sizes],
    }
    for axes, (what, values) in zip(figure.subplots(1, 2), measured.items(), strict=True):
        in_proportion = [values[0] * size / sizes[0] for size in sizes]
        axes.plot(sizes, in_proportion, linestyle="--", color="#5b6472", label="in proportion")
        axes.plot(sizes, values, marker="o", color="#1d6fd1", label="measured")
        axes.set(title=what, xlabel="texts", xlim=0, ylim=0)
        axes.xaxis.set_major_formatter(EngFormatter())
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.savefig(path, dpi=100, metadata={"Software": None})
