"""`sentiment_model.load`, as a notebook uses it."""

import doctest
from pathlib import Path

import pytest

import sentiment_model
from sentiment_model import ModelFileError, Scorer, classifier
from sentiment_model.modelfile import write_model
from tests.unit.model.models import three_classes, two_classes

pytestmark = pytest.mark.usefixtures("implementation")


def test_the_example_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models/current").mkdir(parents=True)
    write_model(tmp_path / "models/current/model.safetensors", two_classes())
    monkeypatch.chdir(tmp_path)
    tried = doctest.testmod(classifier)
    assert tried.attempted == 6
    assert tried.failed == 0


def test_a_file_or_its_folder_gives_the_answers_of_the_scorer(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    write_model(path, three_classes())
    texts = ["fine", "good film", "bad", ""]
    for place in (path, str(path), tmp_path):
        model = sentiment_model.load(place)
        predictions = list(Scorer.open(path).predict_many(texts))
        assert model.predict(iter(texts)) == [prediction.label for prediction in predictions]
        assert model.predict_proba(texts) == [prediction.probabilities for prediction in predictions]
        assert model.classes_ == ("negative", "neutral", "positive")


def test_one_text_instead_of_several_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path / "model.safetensors", two_classes())
    model = sentiment_model.load(tmp_path)
    for ask in (model.predict, model.predict_proba):
        with pytest.raises(TypeError, match=r"as in predict\(\[text\]\)"):
            ask("good")


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelFileError):
        sentiment_model.load(tmp_path)
