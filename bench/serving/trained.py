"""The model that all servers use: as our version, and as a plain scikit-learn Pipeline with the same predictions."""

import hashlib
import json
import pickle
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from bench.model.corpus import Data, fold_of, labels, params_of, reviews, texts
from bench.model.works import PATTERN, STRONGEST, WORDS
from bench.serving.places import CACHE
from sentiment_model import Scorer
from sentiment_model.manifest import MODEL
from sentiment_pipeline.training.counts import count
from sentiment_pipeline.training.crossval import compare, refit
from sentiment_pipeline.training.export import check_keys
from sentiment_pipeline.training.fitting import TextClassifier
from sentiment_pipeline.training.train import write_model_version

_REVIEWS = 200


@dataclass(frozen=True)
class Trained:
    """The folder of its files."""

    folder: Path
    accuracy: float
    """Its cross-validated accuracy."""
    words: float
    """Mean length of the reviews in the requests."""

    @property
    def version(self) -> Path:
        """The folder of our version."""
        return self.folder / "version"

    @property
    def pipeline(self) -> Path:
        """scikit-learn's Pipeline, pickled."""
        return self.folder / "pipeline.pickle"

    def bodies(self, shape: str) -> Path:
        """The reviews as request bodies, one a line; `shape` has one %s for the review in JSON."""
        path = self.folder / f"bodies-{hashlib.sha256(shape.encode()).hexdigest()[:8]}.jsonl"
        path.write_text("".join(shape % json.dumps(text) + "\n" for text in self.reviews()))
        return path

    def reviews(self) -> list[str]:
        """The reviews in the requests."""
        found: list[str] = json.loads((self.folder / "reviews.json").read_text())
        return found


def trained(data: Data) -> Trained:
    """Train once for these data; the cache folder keeps the model."""
    source = Path(data.path)
    content = source.read_bytes() if source.is_file() else data.path.encode()
    key = hashlib.sha256(content + repr((data.group, STRONGEST)).encode()).hexdigest()[:16]
    folder = CACHE / f"model-{key}"
    facts = folder / "facts.json"
    if not facts.is_file():
        click.echo("==> training the model", err=True)
        folder.mkdir(parents=True, exist_ok=True)
        facts.write_text(json.dumps(_train(data, folder)))
    return Trained(folder, **json.loads(facts.read_text()))


def _train(data: Data, folder: Path) -> dict[str, float]:
    truth, corpus = labels(data), texts(data)
    counts = count(corpus, [STRONGEST])
    [result] = compare(counts, truth, fold_of(data), [STRONGEST])
    fitted = refit(result, counts, truth)
    everything = reviews(data)
    write_model_version(folder / "version", fitted, params_of(data).golden, everything, everything[:500])
    # Without markup, which scikit-learn's own preprocessing would read as words.
    usual = sorted(corpus, key=lambda text: abs(len(text.split()) - WORDS))[:_REVIEWS]
    usual = [text.replace("<br />", " ") for text in usual]
    (folder / "reviews.json").write_text(json.dumps(usual))
    pipeline = sklearn_pipeline(fitted, check_keys(fitted, corpus)[0])
    check_same(pipeline, Scorer.open(folder / "version" / MODEL), usual)
    (folder / "pipeline.pickle").write_bytes(pickle.dumps(pipeline))
    return {"accuracy": result.accuracy, "words": float(np.mean([len(text.split()) for text in usual]))}


def sklearn_pipeline(fitted: TextClassifier, names: list[str]) -> Pipeline:
    """The same model in scikit-learn's own classes, as a team without this project would serve it.

    Args:
        names: the n-grams of the view, in the order of its keys.
    """
    [view] = fitted.views
    vectorizer = TfidfVectorizer(
        token_pattern=PATTERN,
        ngram_range=STRONGEST.ngrams,
        sublinear_tf=True,
        vocabulary={name: column for column, name in enumerate(names)},
    )
    vectorizer.idf_ = view.weighter.weight_
    assert isinstance(view.classifier, LogisticRegression)
    return make_pipeline(vectorizer, view.classifier)


def check_same(pipeline: Pipeline, scorer: Scorer, asked: list[str]) -> None:
    """Check that both predict the same for the reviews in the requests.

    Raises:
        AssertionError: they do not.
    """
    theirs = pipeline.predict_proba(asked)
    ours = np.array([prediction.probabilities for prediction in scorer.predict_many(asked)])
    difference = float(np.abs(theirs - ours).max())
    assert difference <= 1e-6, f"scikit-learn and the model file differ by {difference:.1e} in probability"
