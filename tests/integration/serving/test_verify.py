"""The verdicts of `verify`, run as in its container against real servers.

| the candidate | verdict |
|---|---|
| is good | AllChecksPassed; the message lists the checks that were skipped |
| computes something else than at training time | ParityFailed |
| contradicts what serves | DisagreementTooHigh |
| is wrong too often on the quality set | QualityTooLow |
| has an unusable quality set | QualitySetMissing, QualitySetMalformed, QualitySetTooSmall |
"""

import json
from pathlib import Path
from typing import Any

import pytest

from sentiment_serving.verifying.rows import MAX_QUALITY_BYTES
from testbed.servers import free_port
from tests.integration.serving.process import Server
from tests.integration.serving.verifying import Version, check_of, make, outcomes, run, verdict_on
from tests.unit.serving.tiny_model import GOLDEN_TEXTS, golden_lines, tiny_model, tiny_scorer

pytestmark = pytest.mark.integration


@pytest.fixture
def quality(tmp_path: Path) -> Path:
    """The folder where the ConfigMap is mounted, as the kubelet does it: with 40 texts, all of which are right."""
    data = tmp_path / "quality" / "..2026_11_24_21_00_00.123"
    data.mkdir(parents=True)
    (data.parent / "..data").symlink_to(data.name)
    (data.parent / "reviews.jsonl").symlink_to("..data/reviews.jsonl")
    lines = [json.dumps({"text": f"A {word} film.", "label": label}) for word, label in (WORDS * 10)]
    (data / "reviews.jsonl").write_text("\n".join(lines) + "\n")
    return data.parent


WORDS = [("good", "positive"), ("great", "positive"), ("bad", "negative"), ("awful", "negative")]


def test_a_good_version_passes_all_checks(good: Version, candidate: Server, quality: Path, tmp_path: Path) -> None:
    compared = {"SERVING_URL": candidate.url, "SERVING_DIGEST": good.digest, "MAX_DISAGREEMENT": "0"}
    checked = {"MIN_ACCURACY": "0.9", "QUALITY_DIR": str(quality), "SOAK_SECONDS": "1"}
    verdict = verdict_on(good, candidate, tmp_path, **compared, **checked)
    assert verdict["model"] == {"name": "reviews", "version": "14", "digest": good.digest}
    assert (verdict["outcome"], verdict["reason"]) == ("passed", "AllChecksPassed")
    assert outcomes(verdict) == dict.fromkeys(("parity", "disagreement", "quality", "soak"), "passed")
    assert check_of(verdict, "quality")["rows"] == 40
    assert check_of(verdict, "quality")["limit"] == "0.9"
    assert verdict["flipped"] == []


def test_skipped_checks_are_listed(good: Version, candidate: Server, tmp_path: Path) -> None:
    verdict = verdict_on(good, candidate, tmp_path, PARITY="false")
    assert (verdict["outcome"], verdict["reason"]) == ("passed", "ChecksSkipped")
    assert set(outcomes(verdict).values()) == {"skipped"}
    assert check_of(verdict, "disagreement")["detail"] == "nothing serves yet"


def test_verification_counts_in_no_metric(good: Version, candidate: Server, tmp_path: Path) -> None:
    before = [line for line in candidate.get("/metrics").splitlines() if line.startswith("sentiment_")]
    verdict_on(good, candidate, tmp_path, SOAK_SECONDS="1")
    after = [line for line in candidate.get("/metrics").splitlines() if line.startswith("sentiment_")]
    traffic = ('route="/predict"', "sentiment_predictions", "sentiment_confidence", "sentiment_oov", "/readyz")
    assert [line for line in before if any(part in line for part in traffic)] == [
        line for line in after if any(part in line for part in traffic)
    ]


def test_flipped_labels_fail_parity_and_are_named(tmp_path: Path) -> None:
    flipped = make(tmp_path / "bad", "15", tiny_model(("positive", "negative")), golden=golden_lines(tiny_scorer()))
    with run(flipped) as server:
        verdict = verdict_on(flipped, server, tmp_path, SOAK_SECONDS="5")
    assert (verdict["outcome"], verdict["reason"]) == ("failed", "ParityFailed")
    assert check_of(verdict, "parity")["flipped"] == len(GOLDEN_TEXTS)
    assert verdict["flipped"][0] == {"id": "row-1", "expected": "positive", "got": "negative", "check": "parity"}
    assert len(verdict["flipped"]) == 10
    assert outcomes(verdict)["soak"] == "skipped"


def test_one_wrong_probability_fails_parity(tmp_path: Path) -> None:
    lines = golden_lines(tiny_scorer()).splitlines(keepends=True)
    row = json.loads(lines[3])
    lines[3] = json.dumps(row | {"probability": row["probability"] - 2e-4}) + "\n"
    version = make(tmp_path / "version", "15", golden="".join(lines))
    with run(version) as server:
        verdict = verdict_on(version, server, tmp_path)
    assert verdict["reason"] == "ParityFailed"
    (flip,) = verdict["flipped"]
    assert flip["id"] == "row-4"
    assert flip["expected"] != flip["got"]
    assert check_of(verdict, "parity")["value"] == "0.0002"


def test_a_version_that_contradicts_what_serves(good: Version, candidate: Server, tmp_path: Path) -> None:
    other = make(tmp_path / "other", "15", tiny_model(good=-2.0))
    compared = {"SERVING_URL": candidate.url, "SERVING_DIGEST": good.digest}
    with run(other) as server:
        verdict = verdict_on(other, server, tmp_path, **compared, MAX_DISAGREEMENT="0.05")
        assert (verdict["outcome"], verdict["reason"]) == ("failed", "DisagreementTooHigh")
        assert outcomes(verdict)["parity"] == "passed"
        check = check_of(verdict, "disagreement")
        assert check["flipped"] / check["rows"] == pytest.approx(float(check["value"]), abs=1e-6)
        assert {flip["check"] for flip in verdict["flipped"]} == {"disagreement"}
        allowed = verdict_on(other, server, tmp_path, **compared, MAX_DISAGREEMENT="1")
        assert allowed["reason"] == "AllChecksPassed"


def test_label_sets_that_differ_are_not_compared(good: Version, candidate: Server, tmp_path: Path) -> None:
    other = make(tmp_path / "other", "15", tiny_model(("bad", "good")))
    with run(other) as server:
        verdict = verdict_on(other, server, tmp_path, SERVING_URL=candidate.url, SERVING_DIGEST=good.digest)
    assert verdict["reason"] == "AllChecksPassed"
    assert check_of(verdict, "disagreement")["outcome"] == "skipped"
    assert "label sets" in check_of(verdict, "disagreement")["detail"]


def test_answers_of_another_digest_do_not_count_as_what_serves(
    good: Version, candidate: Server, tmp_path: Path
) -> None:
    other = {"SERVING_URL": candidate.url, "SERVING_DIGEST": "sha256:" + "0" * 64, "MAX_DISAGREEMENT": "0"}
    verdict = verdict_on(good, candidate, tmp_path, **other)
    assert verdict["reason"] == "AllChecksPassed"
    assert check_of(verdict, "disagreement")["outcome"] == "skipped"
    assert "0 of 30" in check_of(verdict, "disagreement")["detail"]


def test_a_service_that_is_down_is_not_compared_with(good: Version, candidate: Server, tmp_path: Path) -> None:
    down = {"SERVING_URL": f"http://127.0.0.1:{free_port()}", "SERVING_DIGEST": good.digest}
    verdict = verdict_on(good, candidate, tmp_path, **down)
    assert verdict["reason"] == "AllChecksPassed"
    assert check_of(verdict, "disagreement")["outcome"] == "skipped"
    assert "disagreement" in verdict["message"]


def test_a_version_below_the_quality_asked_for(good: Version, candidate: Server, quality: Path, tmp_path: Path) -> None:
    wrong = [json.dumps({"id": n, "text": "A good film.", "label": "negative"}) for n in range(10)]
    path = quality / "reviews.jsonl"
    path.write_text(path.read_text() + "\n".join(wrong))
    verdict = verdict_on(good, candidate, tmp_path, MIN_ACCURACY="0.75", QUALITY_DIR=str(quality))
    assert (verdict["outcome"], verdict["reason"]) == ("failed", "QualityTooLow")
    check = check_of(verdict, "quality")
    assert (check["rows"], check["flipped"]) == (50, 10)
    assert 0.68 < float(check["value"]) < 0.70
    assert verdict["flipped"][0] == {"id": "0", "expected": "negative", "got": "positive", "check": "quality"}
    assert verdict_on(good, candidate, tmp_path, MIN_ACCURACY="0.6", QUALITY_DIR=str(quality))["outcome"] == "passed"


def too_large(path: Path) -> None:
    path.write_bytes(b'{"text": "x", "label": "positive"}\n' * (MAX_QUALITY_BYTES // 35 + 1))


@pytest.mark.parametrize(
    ("change", "reason", "phrase"),
    [
        (lambda path: path.unlink(), "QualitySetMissing", "does not exist"),
        (lambda path: path.write_text(""), "QualitySetMissing", "empty"),
        (lambda path: path.write_text('{"text": "zebra", "label": 1}\n'), "QualitySetMalformed", "line 1"),
        (lambda path: path.write_text("text,label\nzebra,positive\n"), "QualitySetMalformed", "line 1"),
        (lambda path: path.with_name("more").write_text(""), "QualitySetMalformed", "2 keys"),
        (too_large, "QualitySetMalformed", str(MAX_QUALITY_BYTES)),
        (lambda path: path.write_text('{"text": "x", "label": "positive"}\n' * 24), "QualitySetTooSmall", "25"),
    ],
)
def test_an_unusable_quality_set_is_a_fault(
    change: Any, reason: str, phrase: str, good: Version, candidate: Server, quality: Path, tmp_path: Path
) -> None:
    change(quality / "reviews.jsonl")
    verdict = verdict_on(good, candidate, tmp_path, MIN_ACCURACY="0.9", QUALITY_DIR=str(quality))
    assert (verdict["outcome"], verdict["reason"]) == ("fault", reason)
    assert phrase in verdict["message"]
    assert "zebra" not in json.dumps(verdict)
    assert outcomes(verdict)["parity"] == "passed"


def test_a_bad_model_is_rejected_even_if_its_quality_set_is_missing(tmp_path: Path) -> None:
    bad = make(tmp_path / "bad", "15", tiny_model(("positive", "negative")), golden=golden_lines(tiny_scorer()))
    with run(bad) as server:
        verdict = verdict_on(bad, server, tmp_path, MIN_ACCURACY="0.9", QUALITY_DIR=str(tmp_path / "none"))
    assert (verdict["outcome"], verdict["reason"]) == ("failed", "ParityFailed")
