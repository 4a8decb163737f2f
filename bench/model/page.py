"""docs/bench-model.md."""

from bench.table import ROOT, Table

_HEAD = """\
# The model's core and training, measured

Against scikit-learn, on the same reviews, folds and machine. Written by `make bench-model DATA=... GROUP=...`;
`ONLY=counting,prediction` measures some parts anew and keeps the others.

Times are CPU seconds (user and system, all processes of the work): what other work on the machine changes least. Wall
time stands beside where several processors share the work. Each piece of work has a process of its own; memory is what
it added to the peak of that process. Folds are a hash of the group: no review of one film is on both sides.

![CPU time and memory of training by the number of texts](bench-model-growth.png)
"""

GROWTH = ROOT / "docs" / "bench-model-growth.png"

TABLE = Table(
    records=ROOT / "docs" / "bench-model.json",
    page=ROOT / "docs" / "bench-model.md",
    head=_HEAD,
    compared_with="scikit-learn, or before",
)
