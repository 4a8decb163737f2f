"""Every reachable state of a SentimentModel: its six conditions, what is applied, what serves.

The table is tests/data/operator/states.yaml.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from sentiment_operator.api.names import VERSION_ANNOTATION
from sentiment_operator.decision.decide import decide
from tests.unit.operator.scenes import decided, inputs_of, reasons

TABLE = Path(__file__).parents[3] / "data" / "operator" / "states.yaml"
STATES: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text())
TYPES = ["Ready", "Available", "ModelResolved", "ModelVerified", "Reconciling", "Stalled"]


@pytest.fixture(params=STATES, ids=[row["state"] for row in STATES])
def row(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


def test_conditions_show_the_state(row: Mapping[str, Any]) -> None:
    decision = decided(row["given"])
    assert reasons(decision) == row["then"]
    assert [one.type for one in decision.status.conditions] == TYPES


def test_every_condition_is_about_the_newest_generation(row: Mapping[str, Any]) -> None:
    decision = decided(row["given"])
    generation = inputs_of(row["given"]).model.generation
    assert {one.observed_generation for one in decision.status.conditions} == {generation}
    assert decision.status.observed_generation == generation


def test_reconciling_and_stalled_are_never_both_true(row: Mapping[str, Any]) -> None:
    conditions = reasons(decided(row["given"]))
    assert not (conditions["Reconciling"].startswith("True") and conditions["Stalled"].startswith("True"))


def test_messages_are_sentences(row: Mapping[str, Any]) -> None:
    for one in decided(row["given"]).status.conditions:
        assert one.message
        assert one.message == one.message.strip()
        assert "  " not in one.message
        assert "None" not in one.message


def test_what_is_applied_what_serves_and_the_message(row: Mapping[str, Any]) -> None:
    decision = decided(row["given"])
    deployments = [manifest for manifest in decision.apply if manifest["kind"] == "Deployment"]
    if "applies" in row:
        assert [manifest["kind"] for manifest in decision.apply] == row["applies"]
    if "deletes" in row:
        assert [child.kind for child in decision.delete] == row["deletes"]
    if "rolls" in row:
        template = deployments[0]["spec"]["template"]
        assert template["metadata"]["annotations"][VERSION_ANNOTATION] == row["rolls"]
    if "replicas" in row:
        assert deployments[0]["spec"]["replicas"] == row["replicas"]
    if "serving" in row:
        assert decision.status.serving is not None
        assert decision.status.serving.version == row["serving"]
    if "pods_ready" in row:
        assert decision.status.pods_ready == row["pods_ready"]
    if "message" in row:
        assert row["message"] in decision.status.conditions[0].message


def test_deciding_again_from_what_was_decided_changes_nothing(row: Mapping[str, Any]) -> None:
    """A settled resource costs no write: the status is a fixed point once nothing is left to apply."""
    inputs = inputs_of(row["given"])
    first = decide(inputs)
    again = decide(replace(inputs, model=replace(inputs.model, status=first.status)))
    if not (first.apply or first.delete):
        assert again.status == first.status
