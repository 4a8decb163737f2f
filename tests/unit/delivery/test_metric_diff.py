"""The table for a pull request: what differs, and the accuracy in any case."""

import json
from pathlib import Path

from delivery.metric_diff import metrics_of, table


def test_figures_at_the_top_of_the_reports_count(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    report = {"digest": "sha256:0", "accuracy": 0.9, "rows": 10, "labels": {"positive": {"f1": 1.0}}}
    (tmp_path / "reports" / "evaluate.json").write_text(json.dumps(report))
    assert metrics_of(tmp_path) == {"evaluate.accuracy": 0.9, "evaluate.rows": 10}


def test_what_differs_is_shown_with_its_change() -> None:
    before: dict[str, float | str] = {
        "evaluate.accuracy": 0.9,
        "evaluate.rows": 10,
        "train.winner": "bayes",
        "train.cv_ece": 0.5,
    }
    after: dict[str, float | str] = {
        "evaluate.accuracy": 0.85,
        "evaluate.rows": 10,
        "train.winner": "words",
        "evaluate.brier": 0.25,
    }
    assert table(before, after).splitlines()[4:] == [
        "| `evaluate.accuracy` | 0.9000 | 0.8500 | -0.0500 |",
        "| `evaluate.brier` | - | 0.2500 |  |",
        "| `train.cv_ece` | 0.5000 | - |  |",
        "| `train.winner` | bayes | words |  |",
    ]


def test_the_accuracy_is_shown_although_it_is_the_same() -> None:
    assert "| `evaluate.accuracy` | 0.9000 | 0.9000 | +0.0000 |" in table(
        {"evaluate.accuracy": 0.9}, {"evaluate.accuracy": 0.9}
    )
