"""Cross-validation and export against their outside oracle, scikit-learn's own Pipeline.

| claim                                              | two labels | three labels |
|----------------------------------------------------|------------|--------------|
| counting once scores as fitting each fold anew     | yes        | yes          |
| the model file says what the estimator says (1e-6) | yes        | yes          |
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline

from sentiment_model import Scorer, preprocess, tokenize
from sentiment_model.modelfile import write_model
from sentiment_pipeline.crossval import Result, Score, best, compare, count
from sentiment_pipeline.errors import DataError, ExportError
from sentiment_pipeline.export import check_parity, predict_all, probabilities_of, to_linear_model
from sentiment_pipeline.params import Candidate
from sentiment_pipeline.recipes import pipeline
from sentiment_pipeline.reviews import Review
from sentiment_pipeline.split import folds
from tests.unit.pipeline.corpora import three_classes, two_classes

CANDIDATES = (
    Candidate(name="words", ngrams=(1, 1), min_df=3, c=2.0, sublinear=False),
    Candidate(name="pairs", ngrams=(1, 2), min_df=2, c=10.0),
    Candidate(name="only pairs", ngrams=(2, 2), min_df=1, c=1.0),
)

both = pytest.mark.parametrize("corpus", [two_classes, three_classes])


def of(reviews: list[Review]) -> tuple[list[str], list[str]]:
    return [review.text for review in reviews], [review.label for review in reviews]


@both
def test_counting_once_scores_exactly_as_fitting_each_fold_anew(corpus: Callable[[], list[Review]]) -> None:
    reviews = corpus()
    texts, labels = of(reviews)
    truth, fold = np.array(labels), np.array(folds(reviews, 3))
    results = compare(count(texts, CANDIDATES), truth, fold, CANDIDATES)
    for candidate, result in zip(CANDIDATES, results, strict=True):
        for number, score in enumerate(result.scores):
            inside = fold == number
            whole = pipeline(candidate, len(set(labels)))
            whole.fit(np.array(texts)[~inside], truth[~inside])
            probabilities = whole.predict_proba(np.array(texts)[inside])
            expected = whole.score(np.array(texts)[inside], truth[inside])
            assert score.accuracy == pytest.approx(expected)
            assert score.log_loss == pytest.approx(log_loss(truth[inside], probabilities), abs=1e-6)


@both
@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.name)
def test_the_model_file_says_what_the_estimator_says(
    corpus: Callable[[], list[Review]], candidate: Candidate, tmp_path: Path
) -> None:
    reviews = corpus()
    texts, labels = of(reviews[:300])
    fitted = pipeline(candidate, len(set(labels))).fit(texts, labels)
    write_model(tmp_path / "model.safetensors", to_linear_model(fitted, {}))
    scorer = Scorer.open(tmp_path / "model.safetensors")
    assert scorer.labels == tuple(fitted.classes_)

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
    check_parity(fitted.predict_proba(asked), probabilities_of(predictions))
    assert [prediction.label for prediction in predictions] == list(fitted.predict(asked))


def test_a_vectoriser_without_idf_or_norm_exports_too(tmp_path: Path) -> None:
    texts, labels = of(two_classes(200))
    vectorizer = TfidfVectorizer(
        preprocessor=preprocess, tokenizer=tokenize, token_pattern=None, lowercase=False, use_idf=False, norm=None
    )
    fitted = Pipeline([("vectorizer", vectorizer), ("classifier", LogisticRegression(C=0.01))]).fit(texts, labels)
    scorer = Scorer(to_linear_model(fitted, {}))
    check_parity(fitted.predict_proba(texts), probabilities_of(predict_all(scorer, texts)))


def fitted_with(vectorizer: CountVectorizer, classifier: object) -> Pipeline:
    texts, labels = of(two_classes(60))
    return Pipeline([("vectorizer", vectorizer), ("classifier", classifier)]).fit(texts, labels)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"tokenizer": None, "token_pattern": r"\w+"}, "tokenizer=sentiment_model.tokenize"),
        ({"preprocessor": str.lower}, "preprocessor=sentiment_model.preprocess"),
        ({"stop_words": ["the"]}, "stop_words=None"),
        ({"binary": True}, "binary=False"),
        ({"norm": "l1"}, "norm='l2' or None"),
    ],
)
def test_a_setting_that_the_file_cannot_express_is_refused(settings: dict[str, object], sentence: str) -> None:
    common = {"preprocessor": preprocess, "tokenizer": tokenize, "token_pattern": None, "lowercase": False}
    fitted = fitted_with(TfidfVectorizer(**(common | settings)), LogisticRegression())
    with pytest.raises(ExportError, match=sentence):
        to_linear_model(fitted, {})


def test_other_steps_are_refused() -> None:
    counting = CountVectorizer(preprocessor=preprocess, tokenizer=tokenize, token_pattern=None, lowercase=False)
    with pytest.raises(ExportError, match="expected a TfidfVectorizer, found CountVectorizer"):
        to_linear_model(fitted_with(counting, LogisticRegression()), {})
    weighing = TfidfVectorizer(preprocessor=preprocess, tokenizer=tokenize, token_pattern=None, lowercase=False)
    with pytest.raises(ExportError, match="expected a LogisticRegression, found SGDClassifier"):
        to_linear_model(fitted_with(weighing, SGDClassifier(random_state=0)), {})


@pytest.mark.parametrize("wrong", [0.500002, float("nan")])
def test_a_difference_in_probability_stops_the_export(wrong: float) -> None:
    estimated = np.array([[0.5, 0.5]])
    assert check_parity(estimated, estimated) == 0.0
    with pytest.raises(ExportError, match="differs from the estimator"):
        check_parity(estimated, np.array([[1 - wrong, wrong]]))


def test_folds_without_a_label_are_refused() -> None:
    texts = ["a b", "a b", "b c", "b c"]
    with pytest.raises(DataError, match="fold 0 lacks a label"):
        compare(count(texts, CANDIDATES), np.array(["x", "x", "y", "y"]), np.array([0, 0, 1, 1]), CANDIDATES)


def test_a_min_df_that_no_ngram_reaches_is_refused() -> None:
    with pytest.raises(DataError, match="lower min_df"):
        count(["a", "b"], (Candidate(name="rare", min_df=2),))


def test_the_best_is_the_most_accurate_and_the_first_among_equals() -> None:
    results = [
        Result(Candidate(name=name), (Score(accuracy, 0.0, 0.0),))
        for name, accuracy in (("low", 0.7), ("first", 0.9), ("second", 0.9))
    ]
    assert best(results).candidate.name == "first"
