"""docs/bench-model.md."""

from bench.table import ROOT, Table

_HEAD = """\
# The model's core and training, measured

Compared with scikit-learn, on the same reviews, folds and machine. Written by `make bench-model DATA=... GROUP=...`;
`ONLY=counting,prediction` measures only these parts and keeps the others.

Times are CPU seconds (user and system, of all processes), which other work on the machine affects least. Wall time is
added where several processors share the work. Each measurement runs in its own process; memory is the increase of that
process's peak. A hash of the group assigns the folds: no film has reviews on both sides.

![CPU time and memory of training by the number of texts](bench-model-growth.png)
"""

GROWTH = ROOT / "docs" / "bench-model-growth.png"

TABLE = Table(
    records=ROOT / "docs" / "bench-model.json",
    page=ROOT / "docs" / "bench-model.md",
    head=_HEAD,
    compared_with="scikit-learn, or before",
)
