"""Golden rows and quality sets as users may write them: what is read, what is refused, and with which message."""

import json
from pathlib import Path

import pytest

from sentiment_model.manifest import GOLDEN, MANIFEST, digest_of, encode_manifest
from sentiment_serving.limits import Limits
from sentiment_serving.verifying import rows
from sentiment_serving.verifying.early_verdict import EarlyVerdict
from sentiment_serving.verifying.rows import MAX_QUALITY_BYTES, QualityRow, read_golden, read_quality_set
from sentiment_serving.verifying.verdict import Reason
from tests.unit.serving.tiny_model import GOLDEN_TEXTS, write_version

ROW = '{"id": "1", "text": "zebra", "label": "positive", "probability": 0.9}'


def refused(folder: Path, golden: str) -> str:
    digest = write_version(folder, golden=golden)
    with pytest.raises(EarlyVerdict) as caught:
        read_golden(folder, digest)
    assert caught.value.reason is Reason.UNSUPPORTED_FORMAT
    assert "zebra" not in caught.value.message
    return caught.value.message


def test_golden_rows_are_those_of_the_version(tmp_path: Path) -> None:
    digest = write_version(tmp_path)
    assert [row.text for row in read_golden(tmp_path, digest)] == list(GOLDEN_TEXTS)


@pytest.mark.parametrize(
    ("golden", "phrase"),
    [
        ("", "empty"),
        ("zebra\n", "line 1"),
        (f"{ROW}\n[1]\n", "line 2"),
        (f"{ROW}\n\n{ROW} zebra\n", "line 3"),
        ('{"id": "1", "text": "zebra", "label": "positive"}', "probability"),
        ('{"id": 1, "text": "zebra", "label": "positive", "probability": 0.9}', "$.id"),
        ('{"id": "1", "text": "zebra", "label": "positive", "probability": NaN}', "line 1"),
        ('{"id": "1", "text": "zebra", "label": "positive", "probability": 1.5}', "between 0 and 1"),
        ('{"id": "1", "text": "\\ud800", "label": "positive", "probability": 0.9}', "line 1"),
        (ROW.replace("zebra", "zebra" * Limits.text_chars), "250000 characters"),
        ("[" * 100_000, "line 1"),
    ],
)
def test_other_golden_rows_are_an_unsupported_format(golden: str, phrase: str, tmp_path: Path) -> None:
    assert phrase in refused(tmp_path, golden)


def test_too_many_golden_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_GOLDEN_ROWS", 2)
    assert "more than 2 rows" in refused(tmp_path, f"{ROW}\n" * 3)


def test_too_large_golden_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_GOLDEN_BYTES", 100)
    assert "at most 100" in refused(tmp_path, f"{ROW}\n" * 3)


def test_a_manifest_without_golden_rows_is_an_unsupported_format(tmp_path: Path) -> None:
    write_version(tmp_path)
    document = json.loads((tmp_path / MANIFEST).read_text())
    document["files"] = [file for file in document["files"] if file["name"] != GOLDEN]
    data = encode_manifest(document)
    (tmp_path / MANIFEST).write_bytes(data)
    with pytest.raises(EarlyVerdict, match="does not list golden") as caught:
        read_golden(tmp_path, digest_of(data))
    assert caught.value.reason is Reason.UNSUPPORTED_FORMAT


def test_files_that_are_not_those_of_the_digest_are_no_verdict_on_the_model(tmp_path: Path) -> None:
    digest = write_version(tmp_path)
    with pytest.raises(EarlyVerdict, match="is to be verified") as other:
        read_golden(tmp_path, "sha256:" + "0" * 64)
    (tmp_path / GOLDEN).write_text(ROW)
    with pytest.raises(EarlyVerdict, match="not the one of the version") as changed:
        read_golden(tmp_path, digest)
    (tmp_path / GOLDEN).unlink()
    with pytest.raises(EarlyVerdict, match="cannot be read") as missing:
        read_golden(tmp_path, digest)
    assert {error.value.reason for error in (other, changed, missing)} == {Reason.BAD_CONFIGURATION}


def test_a_quality_set_is_the_only_key_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "..data").mkdir()
    (tmp_path / "my reviews").write_text(
        '{"text": "A", "label": "x"}\n\n{"text": "B", "label": "y", "id": "b-1", "stars": 5}\n'
        '{"text": "C", "label": "y", "id": 7}\n'
    )
    assert read_quality_set(tmp_path, smallest=3) == [
        QualityRow("A", "x", "line 1"),
        QualityRow("B", "y", "b-1"),
        QualityRow("C", "y", "7"),
    ]


@pytest.mark.parametrize(
    ("content", "reason", "phrase"),
    [
        ("", Reason.QUALITY_SET_MISSING, "empty"),
        ("\n\n", Reason.QUALITY_SET_MISSING, "empty"),
        ('{"text": "zebra"}', Reason.QUALITY_SET_MALFORMED, "label"),
        ('{"text": "zebra", "label": true}', Reason.QUALITY_SET_MALFORMED, "$.label"),
        ('[{"text": "zebra", "label": "x"}]', Reason.QUALITY_SET_MALFORMED, "line 1"),
        ('{\n"text": "zebra", "label": "x"}', Reason.QUALITY_SET_MALFORMED, "line 1"),
        (" " * (MAX_QUALITY_BYTES + 1), Reason.QUALITY_SET_MALFORMED, str(MAX_QUALITY_BYTES + 1)),
        ('{"text": "zebra", "label": "x"}', Reason.QUALITY_SET_TOO_SMALL, "at least 2"),
    ],
)
def test_other_quality_sets_are_faults(content: str, reason: Reason, phrase: str, tmp_path: Path) -> None:
    (tmp_path / "reviews.jsonl").write_text(content)
    with pytest.raises(EarlyVerdict) as caught:
        read_quality_set(tmp_path, smallest=2)
    assert caught.value.reason is reason
    assert phrase in caught.value.message
    assert "zebra" not in caught.value.message


def test_an_accuracy_of_1_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "reviews.jsonl").write_text('{"text": "A", "label": "x"}\n' * 1000)
    with pytest.raises(EarlyVerdict, match="no number of texts") as caught:
        read_quality_set(tmp_path, smallest=None)
    assert caught.value.reason is Reason.QUALITY_SET_TOO_SMALL


def test_a_key_that_is_a_folder_is_malformed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(EarlyVerdict, match="cannot be read") as caught:
        read_quality_set(tmp_path, smallest=1)
    assert caught.value.reason is Reason.QUALITY_SET_MALFORMED
