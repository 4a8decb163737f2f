"""The figures of an evaluation: PNG for MLflow and DVC, SVG in the colours of the report."""

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import IO, Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sentiment_pipeline.evaluation.findings import Findings
from sentiment_pipeline.evaluation.slices import Slice
from sentiment_pipeline.metrics.classification import Bin
from sentiment_pipeline.metrics.learning_curve import Point
from sentiment_pipeline.report import percent

_INK, _TEXT, _ACCENT, _SECOND = "#5b6472", "#1a1f27", "#1d6fd1", "#b3541e"

_COLOURS = {_INK: "var(--ink)", _TEXT: "var(--text)", _ACCENT: "var(--accent)", _SECOND: "var(--second)"}
"""Their names in the style of the report, which has a light and a dark scheme."""

_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "legend.frameon": False,
    "svg.fonttype": "none",
    # A label may hold a dollar sign.
    "text.parse_math": False,
}

_SHADE_PER_SHARE = 0.75
_LONGEST_NAME = 24


def draw(found: Findings, curve: Sequence[Point]) -> dict[str, Figure]:
    """All figures by name."""
    return {
        "confusion": confusion_figure(found.confusion),
        "calibration": calibration_figure(found.bins),
        "learning": learning_figure(curve),
        "slices": slices_figure(found.slices, found.overall.accuracy),
    }


def png(figure: Figure) -> bytes:
    """As a PNG on white."""
    file = io.BytesIO()
    # Without the version of the library, equal figures give equal bytes.
    _save(figure, file, "png", "", dpi=150, facecolor="white", metadata={"Software": None})
    return file.getvalue()


def svg(figure: Figure, name: str) -> str:
    """As an SVG element for a page whose style defines the colours --ink, --text, --accent and --second."""
    file = io.BytesIO()
    # The salt makes the ids of clip paths the same in each run, and different from those of other figures on the page.
    _save(figure, file, "svg", name, transparent=True, metadata={"Date": None, "Creator": None})
    drawing = file.getvalue().decode()
    drawing = drawing[drawing.index("<svg") :]
    for colour, called in _COLOURS.items():
        drawing = drawing.replace(colour, called)
    return drawing


def _save(figure: Figure, file: IO[bytes], kind: str, salt: str, **options: Any) -> None:
    with mpl.rc_context({**_STYLE, "svg.hashsalt": salt}), warnings.catch_warnings():
        # The PNG shows a box for a letter that the font lacks; the page shows it in a font of the reader.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure.savefig(file, format=kind, **options)


@mpl.rc_context(_STYLE)
def confusion_figure(matrix: Mapping[str, Mapping[str, int]]) -> Figure:
    """Counts by actual label (row) and predicted label (column), shaded by the share of the row."""
    labels = list(matrix)
    figure, axes = _figure(3.2 + 0.5 * max(0, len(labels) - 2), 2.6 + 0.5 * max(0, len(labels) - 2))
    for row, actual in enumerate(labels):
        total = sum(matrix[actual].values()) or 1
        for column, predicted in enumerate(labels):
            count = matrix[actual][predicted]
            colour = _ACCENT if row == column else _SECOND
            axes.add_patch(
                Rectangle((column, row), 1, 1, facecolor=colour, alpha=_SHADE_PER_SHARE * count / total, linewidth=0)
            )
            axes.text(
                column + 0.5, row + 0.5, f"{count:,}\n{percent(count / total)}", color=_TEXT, ha="center", va="center"
            )
    axes.set(xlim=(0, len(labels)), ylim=(len(labels), 0), xlabel="predicted", ylabel="actual")
    axes.set_xticks([place + 0.5 for place in range(len(labels))], list(map(_short, labels)))
    axes.set_yticks([place + 0.5 for place in range(len(labels))], list(map(_short, labels)))
    axes.tick_params(length=0)
    return figure


@mpl.rc_context(_STYLE)
def calibration_figure(bins: Sequence[Bin]) -> Figure:
    """Accuracy by confidence; a calibrated model is on the diagonal. Larger points stand for more rows."""
    figure, axes = _figure(3.6, 2.8)
    low = min(0.5, *(b.confidence for b in bins), *(b.accuracy for b in bins))
    axes.plot([low, 1], [low, 1], color=_INK, linewidth=0.8, linestyle="--")
    axes.plot([b.confidence for b in bins], [b.accuracy for b in bins], color=_ACCENT, linewidth=1.2)
    largest = max(b.rows for b in bins)
    sizes = [12 + 90 * b.rows / largest for b in bins]
    axes.scatter([b.confidence for b in bins], [b.accuracy for b in bins], s=sizes, color=_ACCENT)
    axes.set(xlabel="confidence", ylabel="accuracy", xlim=(low - 0.02, 1.02), ylim=(low - 0.05, 1.02))
    return figure


@mpl.rc_context(_STYLE)
def learning_figure(points: Sequence[Point]) -> Figure:
    """Accuracy on unseen and seen reviews by the number of training reviews."""
    figure, axes = _figure(3.6, 2.8)
    rows = [point.rows for point in points]
    axes.fill_between(rows, [p.low for p in points], [p.high for p in points], color=_ACCENT, alpha=0.2, linewidth=0)
    axes.plot(rows, [p.accuracy for p in points], color=_ACCENT, marker="o", markersize=4, label="unseen")
    axes.plot(rows, [p.seen_accuracy for p in points], color=_SECOND, marker="o", markersize=3, label="seen")
    axes.set_xscale("log", base=2)
    axes.set_xticks(rows, [f"{row:,}" for row in rows])
    axes.minorticks_off()
    axes.set(xlabel="reviews", ylabel="accuracy")
    axes.legend(loc="lower right")
    return figure


@mpl.rc_context(_STYLE)
def slices_figure(slices: Mapping[str, Mapping[str, Slice]], overall: float) -> Figure:
    """Accuracy of each slice with its interval; the dashed line is the accuracy of all reviews."""
    named = [(f"{name}: {bucket}", s) for name, buckets in slices.items() for bucket, s in buckets.items()]
    figure, axes = _figure(6.4, 0.7 + 0.24 * len(named))
    places = range(len(named))
    axes.axvline(overall, color=_INK, linewidth=0.8, linestyle="--")
    axes.hlines(places, [s.low for _, s in named], [s.high for _, s in named], color=_ACCENT, linewidth=2)
    axes.plot([s.accuracy for _, s in named], places, "o", color=_ACCENT, markersize=4)
    axes.set_yticks(places, [_short(name) for name, _ in named])
    axes.set(ylim=(len(named) - 0.4, -0.6), xlabel="accuracy")
    return figure


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _figure(width_inches: float, height_inches: float) -> tuple[Figure, Axes]:
    # Not pyplot: its figures are global, and it needs a display.
    figure = Figure(figsize=(width_inches, height_inches), layout="constrained")
    return figure, figure.add_subplot()
