"""Scikit-learn pipelines as model files: same predictions (1e-6), or an error with the reason.

| vectorizer | classifier | labels |
|---|---|---|
| TfidfVectorizer, CountVectorizer (and TfidfTransformer), FeatureUnion; each option by itself | one | 2 |
| one | each classifier | 2 and 3 |
| one, then selection, truncated SVD or scaling | one | 2 |
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    Perceptron,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, Normalizer, StandardScaler
from sklearn.svm import SVC, LinearSVC

import sentiment_model
from sentiment_model import Scorer
from sentiment_model.manifest import GOLDEN, MODEL
from sentiment_pipeline.conversion.convert import Converted, Sample, builtin_sample, convert, read_sample
from sentiment_pipeline.errors import ConversionError, ExportError
from sentiment_pipeline.params import DataParams, GoldenParams
from sentiment_pipeline.version.files import verified_digest
from tests.unit.pipeline.corpora import three_classes, two_classes

both = pytest.mark.parametrize("corpus", [two_classes, three_classes])


def fitted(estimator: Any, corpus: Callable[[], Any] = two_classes) -> Any:
    reviews = corpus()[:300]
    return estimator.fit([review.text for review in reviews], [review.label for review in reviews])


def converted(estimator: Any, folder: Path, **options: Any) -> Converted:
    """Through a pickle, as it comes to a person."""
    source = folder / "model.joblib"
    joblib.dump(estimator, source)
    settings: dict[str, Any] = {
        "trusted": True,
        "sample": builtin_sample(),
        "golden": GoldenParams(texts="builtin"),
        "names": {},
    }
    return convert(str(source), folder / "version", **settings | options)


def own_split(text: str) -> list[str]:
    return text.split("|")


VECTORIZERS = {
    "defaults": TfidfVectorizer(),
    "counts": CountVectorizer(),
    "binary counts": CountVectorizer(binary=True, ngram_range=(1, 2)),
    "counts, then tf-idf": make_pipeline(CountVectorizer(ngram_range=(1, 2)), TfidfTransformer(sublinear_tf=True)),
    "binary, then tf-idf": make_pipeline(CountVectorizer(binary=True), TfidfTransformer(norm="l1")),
    "pairs, sublinear, rare and frequent left out": TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, min_df=2, max_df=0.8, max_features=500
    ),
    "stop words": TfidfVectorizer(stop_words="english"),
    "stop words and triples": TfidfVectorizer(stop_words=["the", "was", "a"], ngram_range=(1, 3)),
    "sum of 1": TfidfVectorizer(norm="l1"),
    "no norm": TfidfVectorizer(norm=None),
    "no idf": TfidfVectorizer(use_idf=False),
    "idf not smoothed": TfidfVectorizer(smooth_idf=False),
    "binary tf": TfidfVectorizer(binary=True),
    "case kept": TfidfVectorizer(lowercase=False, ngram_range=(1, 2)),
    "all words": TfidfVectorizer(token_pattern=r"(?u)\b\w+\b"),
    "what is between spaces": TfidfVectorizer(token_pattern=r"\S+"),
    "split": TfidfVectorizer(tokenizer=str.split, token_pattern=None),
    "our tokens": TfidfVectorizer(
        preprocessor=sentiment_model.preprocess, tokenizer=sentiment_model.tokenize, token_pattern=None
    ),
    "characters": TfidfVectorizer(analyzer="char", ngram_range=(2, 4)),
    "characters, case kept": TfidfVectorizer(analyzer="char", ngram_range=(1, 3), lowercase=False),
    "characters in words": TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)),
    "long characters in short words": CountVectorizer(analyzer="char_wb", ngram_range=(6, 7)),
    "words and characters": FeatureUnion(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2), stop_words="english")),
            ("off", "drop"),
            ("characters", TfidfVectorizer(analyzer="char", ngram_range=(2, 3), norm="l1")),
            ("in words", make_pipeline(CountVectorizer(analyzer="char_wb", ngram_range=(2, 3)), TfidfTransformer())),
            ("again", CountVectorizer(stop_words="english")),
        ],
        transformer_weights={"characters": 0.5},
    ),
}

CLASSIFIERS = {
    "bayes": MultinomialNB(alpha=0.1),
    "complement": ComplementNB(),
    "complement, normalised": ComplementNB(norm=True),
    "logistic": LogisticRegression(C=10.0),
    "logistic, searched": LogisticRegressionCV(
        Cs=2, cv=2, l1_ratios=(0.0,), use_legacy_attributes=False, scoring="accuracy"
    ),
    "without bias": LogisticRegression(fit_intercept=False),
    "descent, logistic": SGDClassifier(loss="log_loss", random_state=0),
    "descent, hinge": SGDClassifier(random_state=0),
    "svm": LinearSVC(),
    "ridge": RidgeClassifier(),
    "perceptron": Perceptron(random_state=0),
    "one against the rest": OneVsRestClassifier(LogisticRegression(solver="liblinear")),
    "one against the rest, svm": OneVsRestClassifier(LinearSVC()),
    "calibrated": CalibratedClassifierCV(LinearSVC(), ensemble=False, cv=3),
    "calibrated, logistic": CalibratedClassifierCV(LogisticRegression(), ensemble=False, cv=3),
}


@pytest.mark.parametrize("name", VECTORIZERS)
def test_each_option_of_a_vectorizer_is_kept(name: str, tmp_path: Path) -> None:
    result = converted(fitted(make_pipeline(VECTORIZERS[name], LogisticRegression(C=10.0))), tmp_path)
    assert result.difference <= 1e-6
    assert result.compared > 400


@both
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_each_classifier_is_kept(corpus: Any, name: str, tmp_path: Path) -> None:
    estimator = fitted(
        make_pipeline(CountVectorizer(ngram_range=(1, 2)), TfidfTransformer(), CLASSIFIERS[name]), corpus
    )
    result = converted(estimator, tmp_path)
    assert result.difference <= 1e-6
    texts = [review.text for review in corpus()[300:]]
    labels = [prediction.label for prediction in Scorer.open(tmp_path / "version" / MODEL).predict_many(texts)]
    assert labels == list(estimator.predict(texts))
    assert result.calibrated is hasattr(estimator, "predict_proba")


@both
@pytest.mark.parametrize("classifier", [MultinomialNB(), ComplementNB(), LogisticRegression()])
def test_counts_without_a_norm_add_up_to_large_margins_and_are_kept(
    corpus: Any, classifier: Any, tmp_path: Path
) -> None:
    estimator = fitted(make_pipeline(CountVectorizer(), classifier), corpus)
    assert converted(estimator, tmp_path).difference <= 1e-6


@pytest.mark.parametrize(
    "steps",
    [
        [SelectKBest(chi2, k=300)],
        [TruncatedSVD(20, random_state=0)],
        [MaxAbsScaler()],
        [StandardScaler(with_mean=False)],
        [TruncatedSVD(20, random_state=0), StandardScaler()],
    ],
    ids=lambda steps: " ".join(type(step).__name__ for step in steps),
)
def test_linear_steps_become_part_of_the_coefficients(steps: list[Any], tmp_path: Path) -> None:
    estimator = fitted(make_pipeline(TfidfVectorizer(), *steps, LogisticRegression()))
    assert converted(estimator, tmp_path).difference <= 1e-6


@pytest.mark.parametrize(
    "estimator",
    [
        GridSearchCV(make_pipeline(TfidfVectorizer(), LinearSVC()), {"linearsvc__C": [0.1, 1.0]}, cv=2),
        CalibratedClassifierCV(make_pipeline(TfidfVectorizer(), LinearSVC()), ensemble=False, cv=2),
        make_pipeline(TfidfVectorizer(), GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2)),
        make_pipeline("passthrough", make_pipeline(TfidfVectorizer()), LogisticRegression()),
    ],
    ids=["a search over pipelines", "a calibrated pipeline", "a search within", "pipelines within"],
)
def test_what_wraps_a_pipeline_is_looked_into(estimator: Any, tmp_path: Path) -> None:
    assert converted(fitted(estimator), tmp_path).difference <= 1e-6


def test_a_prefitted_classifier_that_is_calibrated_is_kept(tmp_path: Path) -> None:
    inner = fitted(make_pipeline(TfidfVectorizer(), LinearSVC()))
    estimator = fitted(CalibratedClassifierCV(FrozenEstimator(inner)))
    assert converted(estimator, tmp_path).difference <= 1e-6


@pytest.mark.parametrize(
    ("estimator", "sentence"),
    [
        (make_pipeline(TfidfVectorizer(strip_accents="unicode"), LinearSVC()), "strip_accents='unicode'"),
        (
            make_pipeline(TfidfVectorizer(token_pattern=r"[a-z]+"), LinearSVC()),
            r"token_pattern='\[a-z\]\+' \(supported are",
        ),
        (
            make_pipeline(TfidfVectorizer(tokenizer=own_split, token_pattern=None), LinearSVC()),
            "a tokenizer of your own",
        ),
        (make_pipeline(TfidfVectorizer(preprocessor=str.upper), LinearSVC()), "a preprocessor of your own"),
        (make_pipeline(TfidfVectorizer(analyzer=own_split), LinearSVC()), "an analyzer that is a function"),
        (make_pipeline(CountVectorizer(ngram_range=(17, 17), max_features=9), LinearSVC()), "n-grams of 17"),
        (make_pipeline(HashingVectorizer(), LinearSVC()), "HashingVectorizer as the first step"),
        (make_pipeline(TfidfVectorizer(), Normalizer(), LinearSVC()), "Normalizer between vectorizer and classifier"),
        (make_pipeline(TfidfVectorizer(), SVC()), "SVC as the classifier"),
        (make_pipeline(TfidfVectorizer(), RandomForestClassifier(2)), "RandomForestClassifier as the classifier"),
        (make_pipeline(TfidfVectorizer(), BernoulliNB()), "BernoulliNB as the classifier"),
        (make_pipeline(TfidfVectorizer(), SGDClassifier(loss="modified_huber")), "modified_huber"),
        (make_pipeline(TfidfVectorizer(), CalibratedClassifierCV(LinearSVC(), cv=2)), "the mean of 2 sigmoids"),
        (
            make_pipeline(TfidfVectorizer(), CalibratedClassifierCV(LinearSVC(), cv=2, method="isotonic")),
            "method='isotonic'",
        ),
        (
            make_pipeline(TfidfVectorizer(), CalibratedClassifierCV(MultinomialNB(), cv=2, ensemble=False)),
            "CalibratedClassifierCV over MultinomialNB",
        ),
        (
            make_pipeline(
                FeatureUnion([("a", TfidfVectorizer()), ("b", TfidfVectorizer(lowercase=False))]), LinearSVC()
            ),
            "a FeatureUnion of vectorizers that lower",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_model_file_cannot_express_is_refused_with_the_reason(
    estimator: Any, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ConversionError, match=f"^not supported: .*{sentence}"):
        converted(fitted(estimator), tmp_path)
    assert not (tmp_path / "version").exists()


def test_a_classifier_alone_is_refused(tmp_path: Path) -> None:
    classifier = LogisticRegression().fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(ConversionError, match="LogisticRegression without a vectorizer before it"):
        converted(classifier, tmp_path)


def test_an_estimator_that_is_not_fitted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="LinearSVC is not fitted"):
        converted(make_pipeline(TfidfVectorizer(), LinearSVC()), tmp_path)


def test_one_against_the_rest_of_an_older_scikit_learn_is_kept_as_it_was_fitted(tmp_path: Path) -> None:
    estimator = fitted(make_pipeline(TfidfVectorizer(), LogisticRegression()), three_classes)
    estimator[-1].multi_class = "ovr"  # as a pickle of release 1.7 or before has it
    result = converted(estimator, tmp_path)
    assert not result.calibrated
    [margins] = estimator.decision_function(["A fine film."])
    sigmoids = 1 / (1 + np.exp(-margins))
    scored = Scorer.open(tmp_path / "version" / MODEL).predict("A fine film.").probabilities
    assert scored == pytest.approx(sigmoids / sigmoids.sum(), abs=1e-6)


def test_nothing_is_unpickled_unless_the_user_allows_it(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "exploded",))

    joblib.dump(Bomb(), tmp_path / "model.pkl")
    with pytest.raises(ConversionError, match="add --trust-pickle if you trust its author"):
        convert(
            str(tmp_path / "model.pkl"),
            tmp_path / "out",
            trusted=False,
            sample=builtin_sample(),
            golden=GoldenParams(),
            names={},
        )
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("model.pkl", b"not a pickle", "could not be unpickled"),
        ("model.pkl", b"cabsent_module\nThing\n.", "needs absent_module, which is not installed here"),
        ("model.onnx", b"", "expected a file that ends in .pkl"),
        (None, b"", "does not exist"),
    ],
)
def test_what_cannot_be_loaded_is_reported(name: str | None, content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / (name or "absent.pkl")
    if name:
        path.write_bytes(content)
    with pytest.raises(ConversionError, match=sentence):
        convert(str(path), tmp_path / "out", trusted=True, sample=builtin_sample(), golden=GoldenParams(), names={})


def test_labels_may_be_called_otherwise(tmp_path: Path) -> None:
    reviews = two_classes()
    numbers = [int(review.label == "positive") for review in reviews]
    estimator = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit([review.text for review in reviews], numbers)
    names = {"0": "negative", "1": "positive"}
    sample = Sample(reviews, [review.text for review in reviews])
    result = converted(estimator, tmp_path, names=names, sample=sample)
    assert Scorer.open(tmp_path / "version" / MODEL).labels == ("negative", "positive")
    assert result.accuracy == estimator.score([review.text for review in reviews], numbers)
    with pytest.raises(ConversionError, match="the model has no label '2'; its labels are 0, 1"):
        converted(estimator, tmp_path, names={"2": "neutral"})


def test_a_version_has_golden_rows_of_the_estimator_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    estimator = fitted(make_pipeline(TfidfVectorizer(), LogisticRegression()))
    digests = {converted(estimator, tmp_path).digest for _ in range(2)}
    assert digests == {verified_digest(tmp_path / "version")}
    rows = [json.loads(line) for line in (tmp_path / "version" / GOLDEN).read_text().splitlines()]
    probabilities = estimator.predict_proba([row["text"] for row in rows])
    assert [row["probability"] for row in rows] == pytest.approx(probabilities.max(axis=1).tolist(), abs=1e-9)


def test_golden_rows_are_those_of_the_sample_only_where_they_may_leave_the_house(tmp_path: Path) -> None:
    estimator = fitted(make_pipeline(TfidfVectorizer(), LogisticRegression()))
    data = tmp_path / "own.jsonl"
    data.write_text("".join(json.dumps({"comment": f"A text of the house, number {n}.\n\n"}) + "\n" for n in range(50)))
    sample = read_sample(data, DataParams(source="", text="comment"))
    assert sample.texts[0].endswith("\n\n")
    for golden, expected in ((GoldenParams(rows=30), True), (GoldenParams(rows=30, texts="builtin"), False)):
        result = converted(estimator, tmp_path, sample=sample, golden=golden)
        assert ("of the house" in (tmp_path / "version" / GOLDEN).read_text()) is expected
        assert result.accuracy is None


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "version").mkdir()
    (tmp_path / "version" / "thesis.docx").touch()
    with pytest.raises(ExportError, match=r"holds other files than those of a version \(thesis.docx\)"):
        converted(fitted(make_pipeline(TfidfVectorizer(), LinearSVC())), tmp_path)
