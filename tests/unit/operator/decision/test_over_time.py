"""Over time: the clock of a rollout, pins, memory of verdicts, history, and what is rebuilt when the status is lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from sentiment_operator.api.errors import AliasNotFound, RegistryUnreachable
from sentiment_operator.api.resource import target_of
from sentiment_operator.api.status import RolloutStatus, Status, timestamp
from sentiment_operator.decision.decide import decide
from sentiment_operator.decision.record import advance, remaining_seconds
from tests.unit.operator.scenes import IMAGE, NOW, body, decided, inputs_of, model, reasons, resolved

STARTED = timestamp(NOW - timedelta(seconds=100))
ROLLOUT = RolloutStatus(step="Resolving", version="14", started_time=STARTED)
TWO = [{"version": "14", "ready": True}, {"version": "14", "ready": True}]


def at(step: str, version: str = "14", revision: str = "", *, deadline: float = 600) -> RolloutStatus:
    to = RolloutStatus(step=step, version=version, revision=revision)
    return advance(ROLLOUT, to, now=NOW, deadline_seconds=deadline)


def test_one_clock_runs_through_the_steps_of_a_rollout() -> None:
    assert at("RollingOut", revision="r").started_time == STARTED


def test_another_version_has_its_own_clock() -> None:
    assert at("Resolving", "15").started_time == timestamp(NOW)


def test_another_template_has_its_own_clock() -> None:
    before = structs.replace(ROLLOUT, step="RollingOut", revision="r")
    to = RolloutStatus(step="RollingOut", version="14", revision="s")
    after = advance(before, to, now=NOW, deadline_seconds=600)
    assert after.started_time == timestamp(NOW)


def test_a_step_that_succeeds_after_the_deadline_gives_the_next_its_own_time() -> None:
    after = at("RollingOut", revision="r", deadline=60)
    assert after.started_time == timestamp(NOW)


def test_a_stall_goes_on_while_its_step_does() -> None:
    assert at("Resolving", deadline=60) == ROLLOUT


def test_the_deadline_is_counted_from_the_start() -> None:
    assert remaining_seconds(ROLLOUT, NOW, 600) == 500
    assert remaining_seconds(ROLLOUT, NOW, 60) == -40


def test_a_condition_keeps_its_time_until_its_status_flips() -> None:
    inputs = inputs_of({"serves": "14", "children": {"runs": "14", "pods": TWO}})
    first = decide(inputs)
    later = replace(inputs, model=replace(inputs.model, status=first.status), now=NOW + timedelta(hours=1))
    same = decide(later).status.condition("Ready")
    lost = decide(replace(later, observed=replace(later.observed, pods=()), refusal=None))
    assert same is not None
    assert same.last_transition_time == timestamp(NOW)
    available = lost.status.condition("Available")
    assert available is not None
    assert available.last_transition_time == timestamp(NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    "change",
    [
        {"resources": {"limits": {"memory": "1Gi"}}},
        {"podTemplate": {"labels": {"a": "b"}}},
        {"image": "mine:2"},
        {"monitoring": {"scrape": False}},
        {"credentials": {"secretName": "other"}},
    ],
)
def test_what_shapes_pods_makes_another_template(change: dict[str, Any]) -> None:
    assert key(change) != key({})


@pytest.mark.parametrize(
    "change",
    [
        {"replicas": 7},
        {"autoscaling": {"maxReplicas": 9}},
        {"service": {"port": 8080}},
        {"suspend": True},
        {"rollout": {"retryToken": "again", "startupDeadlineSeconds": 5}},
    ],
)
def test_what_does_not_shape_pods_does_not(change: dict[str, Any]) -> None:
    assert key(change) == key({})


def test_a_verdict_depends_on_all_that_was_verified() -> None:
    changes: list[dict[str, Any]] = [
        {"rollout": {"retryToken": "again"}},
        {"rollout": {"verification": {"minAccuracy": "0.9", "qualitySet": {"configMapName": "a"}}}},
        {"rollout": {"verification": {"minAccuracy": "0.9", "qualitySet": {"configMapName": "b"}}}},
        {"resources": {"limits": {"memory": "1Gi"}}},
    ]
    assert len({judged_key({}), *(judged_key(change) for change in changes)}) == 5
    assert judged_key({"replicas": 7, "rollout": {"progressDeadlineSeconds": 5}}) == judged_key({})


def key(change: dict[str, Any]) -> str:
    return target_of(model(change).spec, version="14", digest="d", source_uri="s3://m/14", image=IMAGE).key


def judged_key(change: dict[str, Any]) -> str:
    return target_of(model(change).spec, version="14", digest="d", source_uri="s3://m/14", image=IMAGE).judged_key


def test_a_new_default_image_does_not_touch_what_is_pinned() -> None:
    inputs = inputs_of({"serves": "14", "settled": True, "children": {"runs": "14", "pods": TWO}})
    decision = decide(replace(inputs, default_image="registry/newer:9"))
    assert decision.apply == ()
    assert decision.status.desired is not None
    assert decision.status.desired.image == IMAGE


def test_a_new_default_image_is_taken_with_the_next_version() -> None:
    inputs = inputs_of({"serves": "13", "pinned": False, "children": {"runs": "13"}})
    decision = decide(replace(inputs, default_image="registry/newer:9"))
    assert decision.status.desired is not None
    assert decision.status.desired.image == "registry/newer:9"


def test_asking_again_for_what_serves_does_not_restart_it_with_a_new_default_image() -> None:
    """13 serves, 14 was asked for and refused, 13 is asked for again; meanwhile the operator was upgraded."""
    thirteen = {"model": {"name": "sentiment-reviews", "version": "13"}}
    pods = [{"version": "13", "ready": True}, {"version": "13", "ready": True}]
    inputs = inputs_of({"spec": thirteen, "serves": "13", "pinned": False, "children": {"runs": "13", "pods": pods}})
    decision = decide(replace(inputs, default_image="registry/newer:9"))
    assert decision.apply == ()
    assert reasons(decision)["Ready"] == "True/Serving"


def test_a_version_that_is_registered_anew_stays_what_was_pinned() -> None:
    inputs = inputs_of({"serves": "14", "settled": True, "children": {"runs": "14", "pods": TWO}})
    other = replace(resolved("14"), digest="sha256:" + "f" * 64)
    assert decide(replace(inputs, answer=other)).apply == ()


def test_an_alias_that_moves_starts_a_rollout() -> None:
    alias = {"model": {"name": "sentiment-reviews", "alias": "champion"}}
    given = {"spec": alias, "resolves_to": "14", "serves": "14", "settled": True}
    inputs = inputs_of({**given, "children": {"runs": "14", "pods": TWO}})
    moved = decide(replace(inputs, answer=resolved("15")))
    assert reasons(moved)["Ready"] == "False/RollingOut"
    assert moved.status.desired is not None
    assert moved.status.desired.version == "15"
    gone = decide(replace(inputs, answer=AliasNotFound("gone")))
    assert reasons(gone)["Ready"] == "True/Serving"
    assert reasons(gone)["ModelResolved"] == "False/AliasNotFound"


def test_a_changed_retry_token_tries_a_rejected_version_again() -> None:
    given = {"serves": "13", "rejected": {"14": "Crashed"}, "children": {"runs": "13"}}
    inputs = inputs_of(given)
    again = replace(
        inputs.model,
        spec=structs.replace(inputs.model.spec, rollout=structs.replace(inputs.model.spec.rollout, retry_token="2")),
    )
    assert reasons(decide(inputs))["Ready"] == "False/Rejected"
    assert reasons(decide(replace(inputs, model=again)))["Ready"] == "False/RollingOut"


def test_a_success_enters_the_history_once() -> None:
    inputs = inputs_of({"serves": "13", "children": {"runs": "14", "earlier": ["13"], "pods": TWO}})
    first = decide(inputs)
    assert [(one.version, one.outcome) for one in first.status.history] == [("14", "Succeeded")]
    second = decide(replace(inputs, model=replace(inputs.model, status=first.status)))
    assert second.status.history == first.status.history


def test_only_the_last_ten_verdicts_are_kept() -> None:
    fetch = {"state": {"terminated": {"exitCode": 65, "message": TERMINATION}}}
    status = Status()
    for number in range(12):
        inputs = inputs_of(
            {
                "spec": {"model": {"name": "m", "version": str(100 + number)}},
                "rolling": {"step": "RollingOut", "version": str(100 + number)},
                "children": {
                    "runs": str(100 + number),
                    "available": 0,
                    "pods": [{"version": str(100 + number), "fetch": fetch}],
                },
            }
        )
        kept = structs.replace(inputs.model.status, rejected=status.rejected, history=status.history)
        status = decide(replace(inputs, model=replace(inputs.model, status=kept))).status
    assert [one.version for one in status.rejected] == [str(version) for version in range(111, 101, -1)]
    assert len(status.history) == 10


TERMINATION = '{"format": "sentiment.dev/termination/v1", "reason": "DigestMismatch", "message": "Why."}'


def test_a_lost_status_is_rebuilt_from_the_children_without_the_registry() -> None:
    inputs = inputs_of({"serves": "14", "settled": True, "children": {"runs": "14", "pods": TWO}})
    before = decide(inputs)
    lost = replace(inputs, model=replace(inputs.model, status=Status()), answer=RegistryUnreachable("down"))
    after = decide(lost)
    assert after.apply == ()
    assert reasons(after)["Ready"] == "True/Serving"
    assert after.status.serving is not None
    assert before.status.serving is not None
    assert after.status.serving.revision == before.status.serving.revision


def test_a_lost_status_in_the_middle_of_a_rollout_still_knows_what_serves() -> None:
    pods = [{"version": "13", "ready": True}, {"version": "13", "ready": True}, {"version": "14"}]
    given = {"serves": "13", "children": {"runs": "14", "earlier": ["13"], "replicas": 4, "pods": pods}}
    inputs = inputs_of(given)
    after = decide(replace(inputs, model=replace(inputs.model, status=Status())))
    assert after.status.serving is not None
    assert after.status.serving.version == "13"


def test_the_next_look_is_at_the_deadline_when_that_is_sooner_than_the_resync() -> None:
    rolling = {"step": "RollingOut", "version": "14", "age_seconds": 590}
    pods = [{"version": "14", "unschedulable": "no room"}]
    children = {"runs": "14", "earlier": ["13"], "available": 0, "pods": pods}
    decision = decided({"serves": "13", "rolling": rolling, "children": children})
    assert 10 <= decision.look_again_seconds <= 11


def test_lineage_is_that_of_the_version_asked_for() -> None:
    decision = decided({"serves": "13", "children": {"runs": "13"}})
    assert decision.status.lineage is not None
    assert (decision.status.lineage.git_commit, decision.status.lineage.accuracy) == ("c0ffee", "0.92")


def test_the_status_names_selector_and_endpoint() -> None:
    status = decided({"serves": "14", "children": {"runs": "14", "pods": TWO}}).status
    assert status.selector == "sentiment.dev/model=reviews,sentiment.dev/track=stable"
    assert status.endpoint == "http://reviews.shop.svc:80"
    assert status.replicas == 2


def test_the_body_of_a_resource_is_read_whole() -> None:
    assert model().spec.reference.version == "14"
    assert body()["spec"]["model"]["version"] == "14"
