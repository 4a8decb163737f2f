"""A picture of each dashboard, from its panels and the series that Prometheus returned."""

import io
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")  # there is no screen

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, FuncFormatter, PercentFormatter
from PIL import Image

from bench.alerts.recorded import Drawn, Series
from deploy.monitoring.generator.panels import Dashboard, Panel, Unit

COLUMNS = 3
INCHES = (4.2, 2.5)
DOTS_PER_INCH = 75
LEGEND_ENTRIES = 6
COLOURS = 96
"""The size of the picture's palette: a third of the bytes, without a visible difference."""
LONGEST_STEP_SECONDS = 11.0
"""Two steps of the queries: points that are further apart are not connected."""
STYLE: dict[Any, Any] = {
    "axes.facecolor": "#181b1f",
    "axes.edgecolor": "#2f333a",
    "axes.labelcolor": "#ccccdc",
    "axes.titlecolor": "#ccccdc",
    "axes.titlesize": 9,
    "axes.grid": True,
    "figure.facecolor": "#111217",
    "font.size": 7,
    "grid.color": "#2f333a",
    "legend.fontsize": 6,
    "legend.labelcolor": "#ccccdc",
    "legend.frameon": False,
    "lines.linewidth": 1.1,
    "text.color": "#ccccdc",
    "xtick.color": "#8e8e9a",
    "ytick.color": "#8e8e9a",
}


def draw(dashboard: Dashboard, drawn: Sequence[Drawn], path: Path) -> None:
    """Write the picture of one dashboard as PNG."""
    panels = list(dashboard.panels)
    rows = -(-len(panels) // COLUMNS)
    start = min(at for one in drawn for series in one.series for at, _ in series.values)
    with mpl.rc_context(STYLE):
        figure, places = pyplot.subplots(
            rows, COLUMNS, figsize=(COLUMNS * INCHES[0], rows * INCHES[1] + 0.4), squeeze=False, layout="constrained"
        )
        figure.suptitle(dashboard.title, x=0.01, ha="left", fontsize=12)
        for place, panel in zip(places.flat, panels, strict=False):
            of_panel = [one for one in drawn if (one.dashboard, one.panel) == (dashboard.name, panel.title)]
            _panel(place, panel, of_panel, start=start)
        for place in places.flat[len(panels) :]:
            place.set_visible(False)
        content = io.BytesIO()
        figure.savefig(content, dpi=DOTS_PER_INCH)
        pyplot.close(figure)
    Image.open(content).convert("RGB").quantize(COLOURS).save(path, optimize=True)


def _panel(place: Axes, panel: Panel, drawn: Sequence[Drawn], *, start: float) -> None:
    place.set_title(panel.title, loc="left")
    lines = [(legend(one.legend, series), series) for one in drawn for series in one.series]
    if not lines:
        place.text(
            0.5, 0.5, "all is well" if panel.empty_when_well else "no data", ha="center", transform=place.transAxes
        )
        place.set_axis_off()
        return
    if panel.kind == "stat":
        newest = {name: series.values[-1][0] for name, series in lines}
        last = max(newest.values())
        shown = "\n".join(sorted(name for name, at in newest.items() if at == last))
        place.text(0.5, 0.5, shown, ha="center", va="center", transform=place.transAxes, fontsize=8)
        place.set_axis_off()
        return
    _curves(place, lines, start=start, stacked=panel.stacked)
    place.set_ylim(bottom=0)
    place.yaxis.set_major_formatter(_formatter(panel.unit))
    place.xaxis.set_major_formatter("{x:g} min")
    place.legend(loc="upper left", bbox_to_anchor=(0, -0.12), ncols=2, borderaxespad=0)


def _curves(place: Axes, lines: Sequence[tuple[str, Series]], *, start: float, stacked: bool) -> None:
    """Lines, or their areas on top of each other, over minutes; the legend names the first few."""
    named = [name if number < LEGEND_ENTRIES else f"_{name}" for number, (name, _) in enumerate(lines)]
    if stacked:
        moments = sorted({at for _, series in lines for at, _ in series.values})
        heights = [[dict(series.values).get(at, 0.0) for at in moments] for _, series in lines]
        place.stackplot([(at - start) / 60 for at in moments], heights, labels=named, alpha=0.75)
        return
    for name, (_, series) in zip(named, lines, strict=True):
        points = list(_with_gaps(series))
        place.plot([(at - start) / 60 for at, _ in points], [value for _, value in points], label=name)


def _with_gaps(series: Series) -> Iterator[tuple[float, float]]:
    """The points of a series, with a NaN in each gap so that no line is drawn over it."""
    before = math.inf
    for at, value in series.values:
        if at - before > LONGEST_STEP_SECONDS:
            yield before, math.nan
        yield at, value
        before = at


def legend(text: str, series: Series) -> str:
    """Grafana's legend format: labels in double braces."""
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda match: series.labels.get(match[1], ""), text)


def _formatter(unit: Unit) -> EngFormatter | PercentFormatter | FuncFormatter:
    match unit:
        case "percentunit":
            return PercentFormatter(1.0, decimals=0)
        case "s":
            return EngFormatter(unit="s")
        case "bytes" | "Bps":
            return FuncFormatter(
                lambda value, _: f"{value / 1024**2:.0f} MiB" if value >= 1024**2 else f"{value / 1024:.0f} KiB"
            )
        case "reqps":
            return EngFormatter(unit="/s")
    return FuncFormatter(lambda value, _: f"{value:g}")
