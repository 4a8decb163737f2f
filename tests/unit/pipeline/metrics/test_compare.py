"""Two models on the same rows, against the textbook and against simulation."""

import numpy as np
import pytest
from scipy.stats import binomtest

from sentiment_pipeline.metrics.compare import compare
from sentiment_pipeline.metrics.intervals import mean_interval, share_interval

Rows = list[str]


def labels(*parts: tuple[int, str]) -> Rows:
    return [label for count, label in parts for _ in range(count)]


# Of 100 rows both are right on 80, the champion alone on 3, the challenger alone on 12, none on 5.
ACTUAL = labels((100, "positive"))
CHAMPION = labels((83, "positive"), (17, "negative"))
CHALLENGER = labels((80, "positive"), (3, "negative"), (12, "positive"), (5, "neutral"))


def test_a_comparison_counts_the_rows_on_which_one_alone_is_right() -> None:
    found = compare(ACTUAL, CHAMPION, CHALLENGER)
    assert (found.n, found.only_champion_right, found.only_challenger_right) == (100, 3, 12)
    assert found.champion_accuracy == pytest.approx(0.83)
    assert found.challenger_accuracy == pytest.approx(0.92)
    assert found.difference == pytest.approx(0.09)
    # McNemar's exact test is a sign test over the rows on which the two differ.
    assert found.p_value == pytest.approx(2 * (1 + 15 + 105 + 455) / 2**15)
    assert found.p_value == pytest.approx(binomtest(3, 15, 0.5).pvalue)


def test_the_interval_of_independent_rows_is_that_of_a_paired_difference() -> None:
    found = compare(ACTUAL, CHAMPION, CHALLENGER)
    error = np.sqrt((0.15 - 0.09**2) / 100)
    assert found.low == pytest.approx(0.09 - 1.96 * error, abs=0.011)
    assert found.high == pytest.approx(0.09 + 1.96 * error, abs=0.011)
    assert compare(ACTUAL, CHAMPION, CHALLENGER) == found


def test_swapping_the_models_mirrors_the_result() -> None:
    there, back = compare(ACTUAL, CHAMPION, CHALLENGER), compare(ACTUAL, CHALLENGER, CHAMPION)
    assert back.difference == -there.difference
    assert back.p_value == there.p_value
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low), abs=0.011)


def test_equal_models_do_not_differ() -> None:
    found = compare(ACTUAL, CHAMPION, CHAMPION)
    assert (found.difference, found.low, found.high, found.p_value) == (0.0, 0.0, 0.0, 1.0)


def test_rows_of_one_group_count_as_less_than_independent_ones() -> None:
    films = [f"film {number // 10}" for number in range(100)]
    alone, grouped = compare(ACTUAL, CHAMPION, CHALLENGER), compare(ACTUAL, CHAMPION, CHALLENGER, films)
    assert grouped.difference == alone.difference
    assert grouped.high - grouped.low > 1.3 * (alone.high - alone.low)
    # A group a row is no grouping.
    assert compare(ACTUAL, CHAMPION, CHALLENGER, [str(number) for number in range(100)]) == alone


def test_the_grouped_bootstrap_is_that_of_drawing_whole_groups() -> None:
    generator = np.random.default_rng(3)
    groups = generator.integers(0, 30, 200)
    values = generator.integers(-1, 2, 200) + (groups % 3 == 0)
    rows = [np.flatnonzero(groups == number) for number in np.unique(groups)]
    means = []
    for _ in range(4000):
        drawn = np.concatenate([rows[number] for number in generator.integers(0, len(rows), len(rows))])
        means.append(values[drawn].mean())
    found = mean_interval(values, [str(number) for number in groups])
    assert found == pytest.approx(np.quantile(means, [0.025, 0.975]), abs=0.02)


@pytest.mark.parametrize(("right", "rows"), [(0, 10), (10, 10), (87, 100), (1, 1)])
def test_a_share_of_independent_rows_has_wilsons_interval(right: int, rows: int) -> None:
    expected = binomtest(right, rows).proportion_ci(method="wilson")
    found = share_interval(np.arange(rows) < right)
    assert found == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_a_share_over_groups_that_agree_with_themselves_has_the_interval_of_the_groups() -> None:
    right = np.arange(40) < 30
    tenfold = np.repeat(right, 10)
    films = [str(number) for number in np.repeat(np.arange(40), 10)]
    assert share_interval(tenfold, films) == pytest.approx(share_interval(right))


@pytest.mark.parametrize("rows", [([], [], []), (["a"], ["a"], []), (["a", "b"], ["a"], ["a"])])
def test_models_asked_about_different_rows_are_not_compared(rows: tuple[Rows, Rows, Rows]) -> None:
    with pytest.raises(ValueError, match="expected the same rows"):
        compare(*rows)
