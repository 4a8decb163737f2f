"""The benchmark of the model: its ratios, and that each piece of work runs."""

from bench.model import rows, works
from bench.model.corpus import Data
from bench.model.measuring import Cost, measured

SAMPLE = Data("builtin:sample", "")


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
