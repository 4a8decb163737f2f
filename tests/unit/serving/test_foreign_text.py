"""Hostile text in manifests, models, rows and answers: what serving leaves behind and logs is one safe line.

| the text comes from                         | and goes to               |
|----------------------------------------------|----------------------------|
| names in a manifest, labels in a model file  | termination message, log  |
| ids and labels of golden rows, quality set   | verdict                    |
| answers of the candidate                     | verdict                    |
| anything                                     | log                        |
"""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentiment_model import ManifestError
from sentiment_model.manifest import FORMAT, encode_manifest, parse_manifest
from sentiment_serving.http.request_context import RequestContext
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.load import open_model
from sentiment_serving.logs import JsonFormatter
from sentiment_serving.termination import MAX_BYTES, Reason, Termination
from sentiment_serving.verifying import checks
from sentiment_serving.verifying.checks import Prediction
from sentiment_serving.verifying.rows import GoldenRow, QualityRow
from sentiment_serving.verifying.verdict import Check, CheckName, Verdict
from sentiment_serving.verifying.verdict import Reason as VerdictReason
from tests.unit.test_text import CASES, is_safe

HOSTILE = "".join(case["text"] for case in CASES) + "x" * 9000
MODEL = ModelIdentity(name=HOSTILE, version=HOSTILE, digest=HOSTILE)


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from (name, *strings(one))
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def hostile(data: bytes) -> list[str]:
    return [one for one in strings(json.loads(data)) if not is_safe(one)]


@pytest.mark.parametrize("reason", Reason)
def test_a_termination_message_is_one_safe_line(reason: Reason) -> None:
    termination = Termination(reason, f"The store has no {HOSTILE}.")
    assert hostile(termination.to_json()) == []
    assert is_safe(termination.message)
    assert is_safe(str(termination))
    assert len(termination.to_json()) <= MAX_BYTES


def test_a_name_of_a_manifest_that_is_no_plain_one_is_not_repeated() -> None:
    entry = {"name": "model\x1b[2J.safetensors", "sha256": "a" * 64, "size_bytes": 1}
    with pytest.raises(ManifestError) as caught:
        parse_manifest(encode_manifest({"files": [entry], "format": FORMAT}))
    assert str(caught.value) == "the manifest lists a name that is not a plain file name"


def test_a_hostile_key_of_a_model_file_is_reported_in_one_safe_line(tmp_path: Path) -> None:
    header = json.dumps({"__metadata__": {HOSTILE: HOSTILE}, HOSTILE: {"dtype": HOSTILE, "shape": [HOSTILE]}}).encode()
    path = tmp_path / "model\x1b[2J.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(Termination) as caught:
        open_model(path)
    assert "model [2J.safetensors" in caught.value.message
    assert is_safe(caught.value.message)


def test_a_verdict_on_hostile_rows_and_answers_is_safe() -> None:
    golden = [GoldenRow(HOSTILE, "text", HOSTILE, 0.5)]
    labelled = [QualityRow("text", HOSTILE, HOSTILE)]
    answers = [Prediction(HOSTILE[::-1], {HOSTILE[::-1]: 0.5, HOSTILE: 0.5})]
    findings = [
        checks.parity(golden, answers),
        checks.disagreement(golden, answers, [Prediction(HOSTILE, answers[0].probabilities)], limit=0.5),
        checks.quality(labelled, answers, min_accuracy=0.9),
    ]
    verdict = Verdict(
        model=MODEL,
        reason=VerdictReason.PARITY_FAILED,
        message=HOSTILE,
        checks=[*(one.check for one in findings), Check.skipped(CheckName.SOAK, HOSTILE)],
        flips=[flip for one in findings for flip in one.flips],
    )
    data = verdict.to_json()
    document = json.loads(data)
    assert hostile(data) == []
    assert len(data) <= MAX_BYTES
    assert {len(flip["id"]) for flip in document["flipped"]} == {64}
    assert document["message"].startswith("Version 14")


def test_message_and_fields_of_a_log_line_are_safe() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "fetched %s", (HOSTILE,), None)
    record.fields = {"digest": HOSTILE, "bytes": 7}
    line = JsonFormatter().format(record)
    assert hostile(line.encode()) == []
    assert json.loads(line)["bytes"] == 7
    assert len(line) < 9000


@pytest.mark.parametrize("given", ["a\x1b[2J", "a\nb", "a\u202eb", "x" * 65, "", " a", "a b"])
def test_a_request_id_that_is_none_is_replaced(given: str) -> None:
    request_id = RequestContext({"HTTP_X_REQUEST_ID": given}).request_id
    assert request_id != given
    assert request_id.isalnum()
    assert RequestContext({"HTTP_X_REQUEST_ID": "a-1"}).request_id == "a-1"
