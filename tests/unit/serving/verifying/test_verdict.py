"""What `verify` leaves behind, and the examples that the operator reads."""

import json
from pathlib import Path
from typing import Any

import pytest

from sentiment_serving.identity import ModelIdentity
from sentiment_serving.termination import MAX_BYTES
from sentiment_serving.verifying import verdict as verdicts
from sentiment_serving.verifying.verdict import (
    MAX_FLIPS,
    Check,
    CheckName,
    CheckOutcome,
    Flip,
    Outcome,
    Reason,
    Verdict,
)

EXAMPLES = Path(__file__).parents[3] / "data" / "verdicts"
MODEL = ModelIdentity(name="reviews", version="14", digest="sha256:" + "a" * 64)


def example(reason: Reason) -> Any:
    return json.loads((EXAMPLES / f"{reason.value}.json").read_text())


def as_verdict(document: dict[str, Any]) -> Verdict:
    def check(entry: dict[str, Any]) -> Check:
        figures: dict[str, Any] = {name: float(entry[name]) for name in ("value", "limit") if name in entry}
        names: dict[str, Any] = {"name": CheckName(entry["name"]), "outcome": CheckOutcome(entry["outcome"])}
        return Check(**{**entry, **names, **figures})

    return Verdict(
        model=ModelIdentity(**document["model"]),
        reason=Reason(document["reason"]),
        message=document["message"],
        checks=[check(entry) for entry in document["checks"]],
        flips=[Flip(**entry | {"check": CheckName(entry["check"])}) for entry in document["flipped"]],
    )


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_an_example_that_is_what_we_write(reason: Reason) -> None:
    document = example(reason)
    assert document["reason"] == reason.value
    assert json.loads(as_verdict(document).to_json()) == document


def test_there_is_no_example_of_an_unknown_reason() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.json")} == {reason.value for reason in Reason}


def test_every_outcome_has_examples() -> None:
    assert {example(reason)["outcome"] for reason in Reason} == {outcome.value for outcome in Outcome}


def test_reasons_can_be_those_of_a_condition() -> None:
    assert all(reason.value.isalnum() and len(reason.value) <= 64 for reason in Reason)


def flips(count: int, character: str = "x") -> list[Flip]:
    long = character * 1000
    return [Flip(id=f"{n}{long}", expected=long, got=long, check=CheckName.PARITY) for n in range(count)]


@pytest.mark.parametrize("character", ["x", "é", "\U0001f600", '"', "\n"])
def test_a_verdict_of_any_length_fits_and_stays_json(character: str) -> None:
    long = character * 5000
    checks = [Check.skipped(name, long) for name in CheckName]
    model = ModelIdentity(name=long, version=long, digest=long)
    data = Verdict(
        model=model, reason=Reason.PARITY_FAILED, message=long, checks=checks, flips=flips(200, character)
    ).to_json()
    assert len(data) <= MAX_BYTES
    assert data.isascii()
    document = json.loads(data)
    assert (document["outcome"], document["reason"]) == ("failed", "ParityFailed")
    assert len(document["checks"]) == len(CheckName)


def test_the_first_ten_flips_are_kept() -> None:
    short = [Flip(id=str(n), expected="a", got="b", check=CheckName.QUALITY) for n in range(100)]
    document = json.loads(Verdict(model=MODEL, reason=Reason.QUALITY_TOO_LOW, message="m", flips=short).to_json())
    assert [flip["id"] for flip in document["flipped"]] == [str(n) for n in range(MAX_FLIPS)]


def test_ids_and_labels_are_cut_and_flips_that_find_no_room_are_left_out() -> None:
    document = json.loads(Verdict(model=MODEL, reason=Reason.PARITY_FAILED, message="m", flips=flips(3)).to_json())
    assert [len(flip["id"]) for flip in document["flipped"]] == [64, 64, 64]
    many = json.loads(Verdict(model=MODEL, reason=Reason.PARITY_FAILED, message="m", flips=flips(10, "é")).to_json())
    assert 0 < len(many["flipped"]) < 10


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.0"), (0.2, "0.2"), (1.0, "1.0"), (3e-7, "0.0"), (1e-4, "0.0001"), (2 / 3, "0.666667")]
)
def test_figures_have_at_most_six_decimals(value: float, text: str) -> None:
    assert verdicts.figure(value) == text


def test_it_is_written_to_the_path_in_the_environment(tmp_path: Path) -> None:
    verdict = Verdict(model=MODEL, reason=Reason.ALL_CHECKS_PASSED, message="Passed.")
    verdicts.write(verdict, {"TERMINATION_LOG": str(tmp_path / "log")})
    assert (tmp_path / "log").read_bytes() == verdict.to_json()


def test_a_verdict_that_cannot_be_left_is_an_error(tmp_path: Path) -> None:
    verdict = Verdict(model=MODEL, reason=Reason.ALL_CHECKS_PASSED, message="Passed.")
    with pytest.raises(OSError, match="missing"):
        verdicts.write(verdict, {"TERMINATION_LOG": str(tmp_path / "missing" / "log")})
