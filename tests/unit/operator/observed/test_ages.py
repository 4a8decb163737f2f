"""Clocks that are wrong, or set meanwhile: the operator's own, and those of the nodes and of the API server.

What is measured while the operator runs (a start-up, a pod's way out, the pause between two candidates) is measured on
a clock that only goes on. The deadline of a rollout outlives the operator and is on the wall clock: set forward it
shows a stall early, which heals by itself; set back it never grants more than its full time. Neither rejects a model.
"""

from dataclasses import replace
from datetime import timedelta

from sentiment_operator.api.names import Key
from sentiment_operator.api.status import RolloutStatus, moment_of, timestamp
from sentiment_operator.decision.decide import decide
from sentiment_operator.decision.record import advance, old_pods, remaining_seconds
from sentiment_operator.observed.ages import Ages
from sentiment_operator.observed.observation import Observation
from tests.unit.operator.scenes import NOW, candidate, inputs_of, model, pod, reasons, target

KEY = Key("shop", "reviews")
HOUR = timedelta(hours=1)
SWITCHING = {
    "serves": "13",
    "rolling": {"step": "RollingOut", "version": "14", "age_seconds": 20},
    "children": {
        "runs": "14",
        "earlier": ["13"],
        "updated": 1,
        "pods": [{"version": "14"}, {"version": "13", "ready": True}],
    },
}


class Clock:
    """Goes on when a test advances it."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def rolling(started: timedelta) -> RolloutStatus:
    return RolloutStatus(step="RollingOut", version="14", revision="reviews-a", started_time=timestamp(NOW + started))


def test_a_wall_clock_set_forward_shows_a_stall_and_rejects_nothing() -> None:
    inputs = inputs_of(SWITCHING)
    late = decide(replace(inputs, now=inputs.now + HOUR))
    assert reasons(late)["Stalled"] == "True/ProgressDeadlineExceeded"
    assert late.status.rejected == ()
    assert {one["kind"] for one in late.apply} <= {"Deployment"}, "it is still rolled out"
    again = decide(replace(inputs, model=replace(inputs.model, status=late.status)))
    assert reasons(again)["Stalled"] == "False/AsExpected"


def test_a_wall_clock_set_back_grants_no_more_than_the_full_time() -> None:
    future = rolling(HOUR)
    assert remaining_seconds(future, NOW, 600) == 600
    kept = advance(future, rolling(HOUR), now=NOW, deadline_seconds=600)
    assert moment_of(kept.started_time) == NOW
    assert remaining_seconds(kept, NOW + timedelta(seconds=601), 600) < 0


def test_a_rollout_with_a_true_clock_keeps_its_start() -> None:
    before = rolling(timedelta(seconds=-20))
    assert advance(before, rolling(timedelta(0)), now=NOW, deadline_seconds=600).started_time == before.started_time


def test_a_pod_on_its_way_out_counts_until_its_grace_is_over_on_the_operators_clock() -> None:
    clock = Clock()
    ages, leaving = Ages(clock), pod(model(), 0, version="13", ready=True, deleted_seconds_ago=0)
    observed = Observation(pods=(leaving,))
    assert old_pods(ages.mark(KEY, observed), "new")
    clock.seconds += 29
    assert old_pods(ages.mark(KEY, observed), "new")
    clock.seconds += 2
    assert not old_pods(ages.mark(KEY, observed), "new")


def test_a_candidate_is_as_old_as_it_has_been_seen() -> None:
    clock = Clock()
    ages, resource = Ages(clock), model()
    measured = []
    for _ in range(2):
        observed = ages.mark(KEY, Observation(candidate=candidate(resource, version="14", age_seconds=3600)))
        assert observed.candidate is not None
        measured.append(observed.candidate.age_seconds)
        clock.seconds += 7
    assert measured == [0, 7]


def test_what_comes_back_after_it_was_gone_is_seen_anew() -> None:
    clock = Clock()
    ages, resource = Ages(clock), model()
    with_candidate = Observation(candidate=candidate(resource, version="14"))
    ages.mark(KEY, with_candidate)
    clock.seconds += 60
    ages.mark(KEY, Observation())
    found = ages.mark(KEY, with_candidate).candidate
    assert found is not None
    assert found.age_seconds == 0
    assert target(resource, "14").judged_key == found.judged_key
