"""Cross-validation and export of every recipe.

| claim                                              | against                        | two labels | three labels |
|----------------------------------------------------|--------------------------------|------------|--------------|
| counting once scores as fitting each fold anew     | scikit-learn's own Pipeline    | yes        | yes          |
| the same for the recipes that scikit-learn lacks   | counting the fold's texts only | yes        | yes          |
| model file and estimator agree (1e-6)              | the fitted estimators          | yes        | yes          |
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

from sentiment_model import Scorer, preprocess, tokenize
from sentiment_model.modelfile import write_model
from sentiment_pipeline.data.reviews.review import Review
from sentiment_pipeline.data.reviews.split import folds
from sentiment_pipeline.errors import DataError, ExportError
from sentiment_pipeline.params import Candidate
from sentiment_pipeline.training.calibration import Scaling, fit_scaling, unscaled
from sentiment_pipeline.training.calibration import probabilities as to_probabilities
from sentiment_pipeline.training.counts import count
from sentiment_pipeline.training.crossval import Result, Score, best, compare
from sentiment_pipeline.training.export import to_linear_model
from sentiment_pipeline.training.fitting import Labels, TextClassifier, fit_views, raw_margins
from sentiment_pipeline.training.recipes import classifier
from sentiment_pipeline.version.parity import check_parity, predict_all, probabilities_of
from tests.unit.pipeline.corpora import fitted, three_classes, two_classes

CANDIDATES = (
    Candidate(name="words", ngrams=(1, 1), min_df=3, c=2.0, sublinear=False),
    Candidate(name="pairs", ngrams=(1, 2), min_df=2, c=10.0),
    Candidate(name="only pairs", ngrams=(2, 2), min_df=1, c=1.0),
)
LEARNED = (
    *CANDIDATES,
    Candidate(name="bayes", ngrams=(1, 2), classifier="naive_bayes"),
    Candidate(name="svm", ngrams=(1, 2), classifier="svm", c=0.3),
    Candidate(name="nb logistic", ngrams=(1, 3), weighting="nb", c=100.0),
    Candidate(name="nb svm", ngrams=(1, 3), weighting="nb", classifier="svm", c=0.3),
    Candidate(name="few", ngrams=(1, 2), weighting="nb", max_features=200),
    Candidate(name="two views", weighting="nb", classifier="svm", c=0.3, characters=(2, 4), characters_min_df=3),
)

both = pytest.mark.parametrize("corpus", [two_classes, three_classes])
each = pytest.mark.parametrize("candidate", LEARNED, ids=lambda candidate: candidate.name)


def of(reviews: list[Review]) -> tuple[list[str], Labels]:
    return [review.text for review in reviews], np.array([review.label for review in reviews])


@both
@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.name)
def test_counting_once_scores_exactly_as_scikit_learn_on_each_fold(
    corpus: Callable[[], list[Review]], candidate: Candidate
) -> None:
    reviews = corpus()
    texts, truth = of(reviews)
    fold = np.array(folds(reviews, 3))
    [result] = compare(count(texts, CANDIDATES), truth, fold, [candidate])
    for number, score in enumerate(result.scores):
        inside = fold == number
        vectorizer = TfidfVectorizer(
            preprocessor=preprocess,
            tokenizer=tokenize,
            token_pattern=None,
            lowercase=False,
            ngram_range=candidate.ngrams,
            min_df=candidate.min_df,
            sublinear_tf=candidate.sublinear,
        )
        whole = make_pipeline(vectorizer, classifier(candidate, len(set(truth))))
        whole.fit(np.array(texts)[~inside], truth[~inside])
        probabilities = whole.predict_proba(np.array(texts)[inside])
        assert score.accuracy == pytest.approx(whole.score(np.array(texts)[inside], truth[inside]))
        # liblinear stops at a tolerance, and visits the columns in another order.
        assert score.log_loss == pytest.approx(log_loss(truth[inside], probabilities), abs=2e-3)


@both
@each
def test_counting_once_scores_exactly_as_fitting_each_fold_anew(
    corpus: Callable[[], list[Review]], candidate: Candidate
) -> None:
    reviews = corpus()
    texts, truth = of(reviews)
    everything, fold = count(texts, LEARNED), np.array(folds(reviews, 3))
    inside = fold == 0
    train, asked = np.array(texts)[~inside].tolist(), np.array(texts)[inside].tolist()
    here = fit_views(candidate, everything, truth, np.flatnonzero(~inside))
    anew = fit_views(candidate, count(train, [candidate]), truth[~inside], np.arange(len(train)))
    scaling = Scaling((1.0,) * len(anew), (0.0,) * (1 if len(set(truth)) == 2 else 3))
    estimated = TextClassifier(candidate, np.unique(truth), anew, scaling).predict_proba(asked)
    margins = raw_margins(here, everything, np.flatnonzero(inside))
    assert estimated == pytest.approx(to_probabilities(scaling.apply(margins)))


@both
@each
def test_model_file_and_estimator_predict_the_same(
    corpus: Callable[[], list[Review]], candidate: Candidate, tmp_path: Path
) -> None:
    reviews = corpus()
    estimator = fitted(candidate, reviews[:300])
    write_model(tmp_path / "model.safetensors", to_linear_model(estimator, {}))
    scorer = Scorer.open(tmp_path / "model.safetensors")
    assert scorer.labels == tuple(estimator.classes_)

    asked = [
        *(review.text for review in reviews[300:]),
        *(
            "",
            " ",
            "Words never seen before?",
            "it's <br /> NOT\tgood...",
            "Ärger über Straße 🎬 İstanbul",
            "good " * 500,
        ),
    ]
    predictions = predict_all(scorer, asked)
    check_parity(estimator.predict_proba(asked), probabilities_of(predictions))
    assert [prediction.label for prediction in predictions] == list(estimator.predict(asked))


@both
@pytest.mark.parametrize("candidate", LEARNED[3:], ids=lambda candidate: candidate.name)
def test_every_recipe_learns_and_knows_how_sure_it_may_be(
    corpus: Callable[[int], list[Review]], candidate: Candidate
) -> None:
    reviews = corpus(1200)
    texts, truth = of(reviews)
    [result] = compare(count(texts, [candidate]), truth, np.array(folds(reviews, 3)), [candidate])
    shares = [float((truth == label).mean()) for label in np.unique(truth)]
    # Better than the majority by more than chance (three standard deviations), and than the shares of the labels.
    assert result.accuracy > max(shares) + 3 * np.sqrt(max(shares) * (1 - max(shares)) / len(truth))
    assert result.mean("log_loss") < log_loss(truth, np.tile(shares, (len(truth), 1)))


def test_max_features_keeps_so_many_ngrams() -> None:
    [view] = fitted(LEARNED[-2], two_classes()).views
    assert len(view.keys) == 200
    assert (np.diff(view.keys.astype(object)) > 0).all()


def test_scaling_makes_margins_of_any_size_into_log_odds() -> None:
    generator = np.random.default_rng(1)
    log_odds = generator.normal(0, 2, 20_000)
    truth = (generator.random(20_000) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    raw = (log_odds * 0.01 + 3).reshape(-1, 1, 1)
    found = fit_scaling(raw, truth).apply(raw)[:, 0]
    assert np.abs(found - log_odds).mean() < 0.1


@pytest.mark.parametrize("wrong", [0.500002, float("nan")])
def test_a_difference_in_probability_stops_the_export(wrong: float) -> None:
    estimated = np.array([[0.5, 0.5]])
    assert check_parity(estimated, estimated) == 0.0
    with pytest.raises(ExportError, match="differs from the estimator"):
        check_parity(estimated, np.array([[1 - wrong, wrong]]))


def test_folds_without_a_label_are_refused() -> None:
    texts = ["a b", "a b", "b c", "b c"]
    with pytest.raises(DataError, match="fold 0, or the rest without it, lacks a label"):
        compare(count(texts, CANDIDATES), np.array(["x", "x", "y", "y"]), np.array([0, 0, 1, 1]), CANDIDATES)


def test_a_min_df_that_no_ngram_reaches_is_refused() -> None:
    with pytest.raises(DataError, match="lower min_df"):
        count(["a", "b"], (Candidate(name="rare", min_df=2),))


def test_the_best_is_the_most_accurate_and_the_first_among_equals() -> None:
    results = [
        Result(Candidate(name=name), (Score(accuracy, 0.0, 0.0, 0.0, 0.0),), unscaled(1))
        for name, accuracy in (("low", 0.7), ("first", 0.9), ("second", 0.9))
    ]
    assert best(results).candidate.name == "first"
