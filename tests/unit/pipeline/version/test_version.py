"""What `train` leaves in models/current: reproducible bytes, golden rows, a reference, and the digest of all."""

import json
from pathlib import Path

import msgspec
import pytest

from sentiment_model import Scorer
from sentiment_model.manifest import GOLDEN, MANIFEST, MODEL, REFERENCE, digest_of
from sentiment_pipeline import paths
from sentiment_pipeline.data.reviews.review import Review, write_reviews
from sentiment_pipeline.errors import DataError, Refused
from sentiment_pipeline.params import Candidate, GateParams, GoldenParams, load_params
from sentiment_pipeline.release.gate import gate_here
from sentiment_pipeline.training.train import write_model_version
from sentiment_pipeline.version.files import verified_digest
from sentiment_pipeline.version.golden import MAX_TEXT_LENGTH, golden_texts
from tests.unit.pipeline.corpora import fitted, three_classes, two_classes

CANDIDATE = Candidate(name="pairs", c=5.0)
GOLDEN_PARAMS = GoldenParams(rows=40)


def build(folder: Path, reviews: list[Review]) -> str:
    train, held_out = reviews[:300], reviews[300:]
    difference, digest = write_model_version(folder, fitted(CANDIDATE, train), GOLDEN_PARAMS, train, held_out)
    assert difference <= 1e-6
    return digest


def test_the_same_reviews_give_the_same_bytes(tmp_path: Path) -> None:
    reviews = two_classes()
    digests = {build(tmp_path / name, reviews) for name in ("one", "two")}
    assert len(digests) == 1
    for name in (MODEL, GOLDEN, REFERENCE, MANIFEST):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_nothing_of_an_earlier_training_is_left(tmp_path: Path) -> None:
    (tmp_path / "stale.pkl").touch()
    digest = build(tmp_path, two_classes())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([MODEL, GOLDEN, REFERENCE, MANIFEST])
    assert digest == digest_of((tmp_path / MANIFEST).read_bytes()) == verified_digest(tmp_path)


def test_golden_rows_hold_for_the_model_file(tmp_path: Path) -> None:
    reviews = three_classes()
    build(tmp_path, reviews)
    scorer = Scorer.open(tmp_path / MODEL)
    rows = [json.loads(line) for line in (tmp_path / GOLDEN).read_text().splitlines()]
    assert len(rows) == 40
    for row in rows:
        assert set(row) == {"id", "text", "label", "probability"}
        prediction = scorer.predict(row["text"])
        assert prediction.label == row["label"]
        assert max(prediction.probabilities) == pytest.approx(row["probability"], abs=1e-6)


def test_golden_rows_are_held_out_short_and_do_not_depend_on_the_order() -> None:
    reviews = two_classes(100)
    long = Review("long", "x" * (MAX_TEXT_LENGTH + 1), "positive", "long")
    rows = golden_texts(GoldenParams(rows=100), [*reviews, long])
    assert len(rows) == 100
    assert "long" not in dict(rows)
    assert golden_texts(GOLDEN_PARAMS, reviews) == golden_texts(GOLDEN_PARAMS, list(reversed(reviews)))


def test_golden_rows_of_the_sample_hold_no_text_of_the_house() -> None:
    secret = [Review("1", "a text that must not leave the house", "positive", "1")]
    rows = golden_texts(GoldenParams(rows=30, texts="builtin"), secret)
    assert len(rows) == 30
    assert secret[0].text not in dict(rows).values()


def test_the_reference_is_made_of_distributions(tmp_path: Path) -> None:
    build(tmp_path, two_classes())
    reference = json.loads((tmp_path / REFERENCE).read_text())
    assert reference["texts"] == 100
    assert sum(reference["labels"].values()) == pytest.approx(1.0)
    for name in ("confidence", "oov_ratio", "length_characters"):
        histogram = reference[name]
        assert len(histogram["shares"]) == len(histogram["edges"]) - 1
        assert sum(histogram["shares"]) == pytest.approx(1.0, abs=1e-5)


def test_without_a_registry_the_limits_alone_decide(tmp_path: Path) -> None:
    reviews = two_classes()
    build(tmp_path / paths.MODEL_DIR, reviews)
    write_reviews(tmp_path / paths.TEST, reviews[300:])
    params = load_params(Path(__file__).parents[4] / paths.PARAMS)
    low = msgspec.structs.replace(params, gate=GateParams(min_accuracy=0.6))
    assert gate_here(low, tmp_path).passed
    with pytest.raises(
        Refused,
        match=r"^refused: the model in models/current has accuracy .*\n  - accuracy .* is below the floor of 1\.0000",
    ):
        gate_here(msgspec.structs.replace(params, gate=GateParams(min_accuracy=1.0)), tmp_path)


def test_a_folder_that_is_not_a_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"manifest.json is not here: run `dvc repro`"):
        verified_digest(tmp_path)
    build(tmp_path, two_classes())
    (tmp_path / REFERENCE).unlink()
    with pytest.raises(DataError, match=r"reference.json is not here"):
        verified_digest(tmp_path)
