"""The status: what is written is what the CRD keeps, and what is read back is what was written."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import structs

from sentiment_operator.api.status import (
    Condition,
    Finished,
    KeptRevision,
    Lineage,
    Rejected,
    RolloutStatus,
    Status,
    merge_patch,
)
from tests.unit.operator.scenes import desired, model, serving

CRD = yaml.safe_load((Path(__file__).parents[4] / "crds" / "sentimentmodel.yaml").read_text())
SCHEMA: dict[str, Any] = CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]

FULL = Status(
    observed_generation=3,
    conditions=(
        Condition(
            type="Ready",
            status="True",
            reason="Serving",
            message="It serves.",
            observed_generation=3,
            last_transition_time="2026-05-04T12:00:00Z",
        ),
    ),
    desired=structs.replace(desired(model(), "14"), alias="champion", run_id="run"),
    serving=serving(model(), "13"),
    rollout=RolloutStatus(step="RollingOut", version="14", revision="r", started_time="2026-05-04T12:00:00Z"),
    rejected=(Rejected(version="12", digest="d", key="k", reason="Crashed", message="m", time="t"),),
    history=(Finished(version="12", digest="d", revision="r", outcome="Rejected", reason="Crashed", time="t"),),
    replicas=2,
    selector="a=b",
    pods_ready="2/2",
    endpoint="http://reviews.shop.svc:80",
    lineage=Lineage(git_commit="c0ffee", accuracy="0.92"),
    revisions=(KeptRevision(name="reviews-a", hash="f" * 64),),
)


def unknown_fields(value: Any, schema: dict[str, Any], path: str = "status") -> list[str]:
    if isinstance(value, dict):
        found = []
        for name, inner in value.items():
            if name in schema["properties"]:
                found += unknown_fields(inner, schema["properties"][name], f"{path}.{name}")
            else:
                found.append(f"{path}.{name}")
        return found
    if isinstance(value, list):
        return [name for one in value for name in unknown_fields(one, schema["items"], path)]
    return []


def test_the_api_server_keeps_every_field_that_is_written() -> None:
    """A field that the schema does not know is dropped, and would be written again for ever."""
    assert unknown_fields(FULL.render(), SCHEMA) == []


def test_what_is_written_can_be_read_back() -> None:
    assert Status.parse(FULL.render()) == FULL
    assert Status.parse(Status().render()) == Status()


def test_an_empty_text_is_left_out_and_read_back() -> None:
    succeeded = structs.replace(FULL, history=(structs.replace(FULL.history[0], outcome="Succeeded", reason=""),))
    assert "reason" not in succeeded.render()["history"][0]
    assert Status.parse(succeeded.render()) == succeeded


@pytest.mark.parametrize("part", ["desired", "serving", "rollout", "lineage"])
def test_a_part_that_is_incomplete_is_read(part: str) -> None:
    """Empty fields are not written, and others may write to the status as well."""
    assert Status.parse({part: {"version": "14"}}).render() is not None


@pytest.mark.parametrize("part", ["rejected", "history"])
def test_an_entry_without_its_empty_fields_is_read(part: str) -> None:
    assert Status.parse({part: [{"version": "14"}]}).render()[part] == [{"version": "14"}]


@pytest.mark.parametrize(
    "part",
    [
        {"desired": {"version": 14}},
        {"serving": ["14"]},
        {"rollout": {"step": "Verifying", "attempt": "third", "startedTime": "2026-05-04T12:00:00Z"}},
        {"rejected": {"version": "14"}},
        {"history": [{"version": 14}, "14"]},
        {"conditions": [{"type": "Ready"}]},
        {"lineage": "c0ffee"},
        {"verdict": "passed"},
        {"podsReady": 2},
        {"replicas": "2"},
        {"observedGeneration": None},
        {"added": {"by": "another release"}},
    ],
    ids=lambda part: next(iter(part)),
)
def test_what_another_release_wrote_in_another_shape_is_left_out(part: dict[str, Any]) -> None:
    rest = {name: value for name, value in FULL.render().items() if name not in part}
    assert Status.parse({**rest, **part}) == Status.parse(rest)


def test_one_entry_in_another_shape_does_not_hide_the_others() -> None:
    assert Status.parse({"rejected": [{"version": 14}, {"version": "13"}]}).rejected == (Rejected(version="13"),)


def test_zero_replicas_and_the_first_attempt_are_written() -> None:
    """The scale subresource and scripts read them."""
    body = Status(rollout=RolloutStatus(started_time="2026-05-04T12:00:00Z")).render()
    assert (body["replicas"], body["observedGeneration"], body["rollout"]["attempt"]) == (0, 0, 1)


def test_equal_statuses_need_no_patch() -> None:
    assert merge_patch(FULL.render(), FULL.render()) == {}


def test_a_patch_holds_what_changed_and_takes_away_what_is_gone() -> None:
    after = structs.replace(
        FULL, rollout=None, replicas=3, desired=structs.replace(desired(model(), "15"), run_id="run")
    )
    assert merge_patch(FULL.render(), after.render()) == {
        "rollout": None,
        "replicas": 3,
        "desired": {
            "version": "15",
            "alias": None,
            "digest": "sha256:" + "15".rjust(64, "0"),
            "sourceUri": "s3://mlflow/15",
        },
    }
