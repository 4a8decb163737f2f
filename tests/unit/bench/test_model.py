"""The benchmark of the model: its table, and that each piece of work runs."""

import json
from pathlib import Path

import pytest

from bench.model import page, rows, works
from bench.model.corpus import Data
from bench.model.measuring import Cost, measured

SAMPLE = Data("builtin:sample", "")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(page, "RECORDS", tmp_path / "build" / "bench.json")
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    return tmp_path


def test_parts_are_kept_when_others_are_measured_anew(kept: Path) -> None:
    page.keep("one", [page.Row("a", "1 s", "10 s", "10x", ">= 8x", met=True)])
    page.keep("two", [page.Row("b", "2 s", "2 s", "1x", ">= 8x", met=False)])
    page.keep("one", [page.Row("c", "1 s", "3 s", "3x", "", met=None)])
    page.write(["one", "two", "three"])
    written = (kept / "page.md").read_text()
    assert "| c | 1 s | 3 s | 3x |  |  |" in written
    assert "| b | 2 s | 2 s | 1x | >= 8x | **no** |" in written
    assert "| a |" not in written
    assert "three: not run" in written
    assert set(json.loads((kept / "build" / "bench.json").read_text())) == {"one", "two"}


def test_a_ratio_below_its_target_is_not_met_and_neither_is_another_matrix() -> None:
    fast, slow = Cost(1.0, 1.0, 10, None), Cost(9.0, 9.0, 10, None)
    assert rows._times("x", fast, slow, 8).met is True
    assert rows._times("x", fast, slow, 10).met is False
    assert rows._times("x", fast, slow, 8, equal=False).met is False
    assert rows._times("x", fast, slow, None).met is None


def test_the_matrices_are_compared_and_the_work_is_measured_in_its_own_process() -> None:
    cost = measured(works.same_matrix, SAMPLE)
    assert cost.answer is True
    assert cost.cpu_seconds > 0
    assert cost.peak_bytes > 0
