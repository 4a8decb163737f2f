"""The table shows what was measured, which targets were missed and what was not run."""

import pytest

from bench.rollout.__main__ import SCENARIOS, choose
from bench.rollout.report import Record, page
from bench.rollout.scenario import Result, Scenario
from delivery.cluster import DeliveryError


def scenario(name: str) -> Scenario:
    return Scenario(name, f"title of {name}", "0 failed", lambda stage: Result("", met=True))


def record(*, met: bool) -> Record:
    return Record(
        measured="3 of 10 requests failed", met=met, when="2026-01-02 03:04", source="abc1234", load_average="2"
    )


def test_each_scenario_is_a_row_whether_it_was_run_or_not() -> None:
    text = page(
        [scenario("a"), scenario("b"), scenario("c")], {"a": record(met=True), "b": record(met=False)}, "2 cores"
    )
    rows = [line for line in text.splitlines() if line.startswith("| title")]
    assert rows == [
        "| title of a | 0 failed | 3 of 10 requests failed | yes | 2026-01-02 03:04, abc1234, 2 |",
        "| title of b | 0 failed | 3 of 10 requests failed | **no** | 2026-01-02 03:04, abc1234, 2 |",
        "| title of c | 0 failed | not run |  |  |",
    ]
    assert "Machine: 2 cores." in text


def test_scenarios_are_chosen_by_name_in_the_order_of_the_table() -> None:
    assert [one.name for one in choose(["flipped", "good"])] == ["good", "flipped"]
    assert choose([]) == list(SCENARIOS)
    assert len({one.name for one in SCENARIOS}) == len(SCENARIOS)


def test_an_unknown_scenario_is_refused_by_name() -> None:
    with pytest.raises(DeliveryError, match="no scenario is called best"):
        choose(["good", "best"])
