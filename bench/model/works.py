"""The measured functions: each prepares from its arguments and returns the function to measure."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import Pipeline, make_pipeline

from bench.model.corpus import Data, fold_of, labels, params_of, reviews, texts
from sentiment_model import Scorer, preprocess
from sentiment_model.counting import count_ngrams
from sentiment_model.vectorizer import NgramVectorizer
from sentiment_pipeline.params import Candidate
from sentiment_pipeline.training.counts import count
from sentiment_pipeline.training.crossval import Result, best, compare, refit
from sentiment_pipeline.training.train import write_model_version

PATTERN = r"\w+(?:'\w+)?|[^\w\s]"
WORDS = 227
"""Words in a review of usual length."""
STRONGEST = Candidate(name="nb-logistic", ngrams=(1, 3), min_df=3, weighting="nb", c=100.0)

Work = Callable[[], Any]


def count_native(data: Data, *, named: bool, threads: int = 1) -> Work:
    """1-3 grams of all texts with our vectoriser."""
    corpus = texts(data)
    vectorizer = NgramVectorizer(ngram_range=(1, 3), min_df=3, named=named, n_jobs=threads)
    return lambda: vectorizer.fit_transform(corpus).shape


def count_sklearn(data: Data) -> Work:
    """The same with CountVectorizer."""
    corpus = texts(data)
    vectorizer = _vectorizer(CountVectorizer)
    return lambda: vectorizer.fit_transform(corpus).shape


def same_matrix(data: Data) -> Work:
    """Whether both matrices are equal, with columns matched by name."""

    def compared() -> bool:
        ours = NgramVectorizer(ngram_range=(1, 3), min_df=3)
        theirs = _vectorizer(CountVectorizer)
        found, expected = ours.fit_transform(texts(data)), theirs.fit_transform(texts(data))
        order = np.argsort(ours.get_feature_names_out())
        same_names = ours.get_feature_names_out()[order].tolist() == theirs.get_feature_names_out().tolist()
        return bool(same_names and (found[:, order] != expected).nnz == 0)

    return compared


def predictions(data: Data) -> Work:
    """Median microseconds of one prediction over 200 reviews: Rust, Python, scikit-learn's Pipeline."""
    corpus = texts(data)
    usual = sorted(corpus, key=lambda text: abs(len(text.split()) - WORDS))[:200]
    truth = labels(data)
    pipeline = make_pipeline(_vectorizer(TfidfVectorizer, sublinear_tf=True), _logistic()).fit(corpus, truth)
    [result] = compare(counts := count(corpus, [STRONGEST]), truth, fold_of(data), [STRONGEST])
    folder = Path(tempfile.mkdtemp())
    write_model_version(
        folder, refit(result, counts, truth), params_of(data).golden, reviews(data), reviews(data)[:500]
    )

    def scorer(native: str) -> Callable[[str], Any]:
        os.environ["SENTIMENT_NATIVE"] = native
        return Scorer.open(folder / "model.safetensors").predict

    def microseconds(predict: Callable[[str], Any]) -> float:
        times = []
        for text in usual:
            predict(text)
            begun = time.process_time_ns()
            for _ in range(5):
                predict(text)
            times.append((time.process_time_ns() - begun) / 5000)
        return statistics.median(times)

    return lambda: {
        "rust": microseconds(scorer("1")),
        "python": microseconds(scorer("0")),
        "sklearn": microseconds(lambda text: pipeline.predict_proba([text])),
    }


def train(data: Data, candidates: tuple[Candidate, ...]) -> Work:
    """Everything that `train` does: count, compare on 5 folds, fit the best recipe again, write the version."""
    corpus, everything, truth, fold = texts(data), reviews(data), labels(data), fold_of(data)

    def work() -> tuple[list[Result], str, int]:
        counts = count(corpus, candidates)
        results = compare(counts, truth, fold, candidates)
        with tempfile.TemporaryDirectory() as folder:
            winner = best(results)
            held_out = everything[:500]
            write_model_version(
                Path(folder), refit(winner, counts, truth), params_of(data).golden, everything, held_out
            )
            return results, winner.candidate.name, (Path(folder) / "model.safetensors").stat().st_size

    return work


def grid_search(data: Data) -> Work:
    """GridSearchCV over a Pipeline with one recipe, on the same folds, with its refit."""
    corpus, truth = texts(data), labels(data)
    search = GridSearchCV(
        Pipeline([("features", _vectorizer(TfidfVectorizer, sublinear_tf=True)), ("classifier", _logistic())]),
        {"classifier__C": [STRONGEST.c]},
        cv=PredefinedSplit(fold_of(data)),
    )
    return lambda: float(search.fit(corpus, truth).best_score_)


def grow(texts_wanted: int) -> Work:
    """Count and fit one recipe on generated texts, whose words have Zipf frequencies."""
    generator = np.random.default_rng(1)
    corpus = [" ".join(f"w{n}" for n in generator.zipf(1.3, 230) if n < 200_000) for _ in range(texts_wanted)]
    truth = generator.choice(["negative", "positive"], texts_wanted)
    fold = generator.integers(0, 5, texts_wanted)

    def work() -> tuple[int, int]:
        counts = count(corpus, [STRONGEST], threads=1)
        [result] = compare(counts, truth, fold, [STRONGEST])
        refit(result, counts, truth)
        return counts.counts["words"].matrix.shape

    return work


def count_threads(data: Data, threads: int) -> Work:
    """Counting alone, with this number of threads."""
    corpus = texts(data)
    return lambda: count_ngrams(corpus, ngrams=(1, 3), min_df=3, threads=threads).matrix.shape


def _vectorizer(kind: Any, **settings: Any) -> Any:
    return kind(
        preprocessor=preprocess, token_pattern=PATTERN, lowercase=False, ngram_range=(1, 3), min_df=3, **settings
    )


def _logistic() -> LogisticRegression:
    return LogisticRegression(C=STRONGEST.c, solver="liblinear", dual=True, tol=1e-2, max_iter=2000, random_state=0)
