"""The trained model, as the pipeline's gate.

It looks at MODEL_DIR (default: models/current beside dvc.yaml, where `dvc repro` leaves it) and the held-out reviews
that belong to it. Where nothing has been trained yet, it trains on the built-in sample first, as the stages do.
"""

import contextlib
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from sentiment_model import Scorer
from sentiment_model.manifest import GOLDEN, MODEL
from sentiment_pipeline import paths
from sentiment_pipeline.data.ingestion.ingest import ingest
from sentiment_pipeline.data.preparation.prepare import prepare
from sentiment_pipeline.data.reviews.review import Review, read_reviews
from sentiment_pipeline.evaluation.findings import accuracy_of
from sentiment_pipeline.params import load_params
from sentiment_pipeline.training.train import train
from sentiment_pipeline.version.files import verified_digest

REPOSITORY = Path(__file__).parents[1]

OBVIOUS = [
    ("A wonderful, moving film. I loved every minute of it.", "positive"),
    ("Brilliant acting and a beautiful, touching story. Easily one of the best things I have seen.", "positive"),
    ("Funny, warm and clever from start to finish. I enjoyed it and would see it again.", "positive"),
    ("Dull, predictable and far too long. I hated it.", "negative"),
    ("The worst film of the year: awful script, wooden acting, a boring and pointless plot.", "negative"),
    ("A tedious, lifeless mess. Save your money and avoid it.", "negative"),
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the stages ran."""
    asked = os.environ.get("MODEL_DIR")
    if asked:
        return Path(asked).resolve().parents[1]
    if (REPOSITORY / paths.MODEL_DIR / MODEL).exists():
        return REPOSITORY
    root = tmp_path_factory.mktemp("workspace")
    params = load_params(REPOSITORY / paths.PARAMS)
    with contextlib.chdir(root):
        ingest(params.data)
        prepare(params)
        train(params)
    return root


@pytest.fixture(scope="module")
def scorer(workspace: Path) -> Scorer:
    return Scorer.open(workspace / paths.MODEL_DIR / MODEL)


@pytest.fixture(scope="module")
def held_out(workspace: Path) -> list[Review]:
    return read_reviews(workspace / paths.TEST)


def test_the_files_are_those_that_training_wrote(workspace: Path) -> None:
    assert verified_digest(workspace / paths.MODEL_DIR).startswith("sha256:")


def test_accuracy_is_above_the_floor_and_far_above_the_majority(scorer: Scorer, held_out: list[Review]) -> None:
    accuracy = accuracy_of(scorer, held_out)
    majority = max(Counter(review.label for review in held_out).values()) / len(held_out)
    assert accuracy >= load_params(REPOSITORY / paths.PARAMS).gate.min_accuracy
    # At least half of what the majority gets wrong.
    assert accuracy >= majority + (1 - majority) / 2


def test_every_label_is_found_again(scorer: Scorer, held_out: list[Review]) -> None:
    for label in scorer.labels:
        mine = [review for review in held_out if review.label == label]
        assert accuracy_of(scorer, mine) > 0.6, label


@pytest.mark.parametrize(("text", "label"), OBVIOUS)
def test_the_obvious_is_obvious(scorer: Scorer, text: str, label: str) -> None:
    prediction = scorer.predict(text)
    assert prediction.label == label
    assert max(prediction.probabilities) > 0.6


def test_predictions_are_those_of_training_time(workspace: Path, scorer: Scorer) -> None:
    rows = [json.loads(line) for line in (workspace / paths.MODEL_DIR / GOLDEN).read_text().splitlines()]
    assert len(rows) >= 20
    for row in rows:
        prediction = scorer.predict(row["text"])
        assert prediction.label == row["label"]
        assert max(prediction.probabilities) == pytest.approx(row["probability"], abs=1e-6)


def test_the_same_text_gets_the_same_answer(workspace: Path, scorer: Scorer, held_out: list[Review]) -> None:
    again = Scorer.open(workspace / paths.MODEL_DIR / MODEL)
    for review in held_out[:100]:
        assert scorer.predict(review.text) == again.predict(review.text)


def test_letter_case_and_line_breaks_do_not_matter(scorer: Scorer) -> None:
    assert scorer.predict("GOOD<br />FILM") == scorer.predict("good film")
