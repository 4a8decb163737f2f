"""The message a container leaves behind, and the examples that the operator reads."""

import json
from pathlib import Path

import pytest

from sentiment_serving import termination
from sentiment_serving.termination import FORMAT, MAX_BYTES, VERDICTS, Reason, Termination

EXAMPLES = Path(__file__).parents[2] / "data" / "terminations"


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_an_example_that_is_what_we_write(reason: Reason) -> None:
    example = json.loads((EXAMPLES / f"{reason.value}.json").read_text())
    assert example == json.loads(Termination(reason, example["message"]).to_json())


def test_there_is_no_example_of_an_unknown_reason() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.json")} == {reason.value for reason in Reason}


def test_a_verdict_is_no_fault_by_its_exit_code() -> None:
    codes = {reason: Termination(reason, "").exit_code for reason in Reason}
    assert {reason for reason, code in codes.items() if code == 65} == VERDICTS
    assert {code for reason, code in codes.items() if reason not in VERDICTS} == {75}


@pytest.mark.parametrize("message", ["x" * 10_000, "\U0001f600" * 10_000, "é" * 900, '"\\\n' * 2000])
def test_a_message_of_any_length_fits_and_stays_json(message: str) -> None:
    data = Termination(Reason.LOAD_FAILED, message).to_json()
    assert len(data) <= MAX_BYTES
    assert json.loads(data)["format"] == FORMAT


def test_it_is_written_to_the_path_in_the_environment(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert termination.write(Termination(Reason.STORAGE_FULL, "Full."), {"TERMINATION_LOG": str(log)})
    assert json.loads(log.read_bytes()) == {"format": FORMAT, "reason": "StorageFull", "message": "Full."}


def test_a_log_that_cannot_be_written_is_no_second_failure(tmp_path: Path) -> None:
    ending = Termination(Reason.STORAGE_FULL, "Full.")
    assert not termination.write(ending, {"TERMINATION_LOG": str(tmp_path / "missing" / "log")})
