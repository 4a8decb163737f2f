"""The scikit-learn estimators: they pass scikit-learn's checks and equal its own estimators."""

import doctest
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from sentiment_model import preprocess, tokenize, vectorizer, weighting
from sentiment_model.vectorizer import NgramVectorizer
from sentiment_model.weighting import NBWeighter

pytestmark = pytest.mark.usefixtures("implementation")

WORDS = st.sampled_from(["good", "bad", "not", "it's", "film", "!", "Good", "<br />", "été"])
TEXTS = st.lists(st.lists(WORDS, max_size=12).map(" ".join), min_size=1, max_size=12)


@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [NBWeighter(), NBWeighter(exponent=0.0, norm=None, sublinear_tf=False)]
)
def test_estimators_pass_the_checks_of_scikit_learn(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_set_params,
    ],
)
def test_the_vectorizer_passes_the_checks_for_estimators_of_texts(check: Any) -> None:
    # `check_estimator` itself passes over estimators whose input is text.
    check("NgramVectorizer", NgramVectorizer())


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, st.sampled_from([(1, 1), (1, 3), (2, 4)]), st.integers(1, 3))
def test_counts_are_those_of_count_vectorizer(
    texts: list[str], others: list[str], ngram_range: tuple[int, int], min_df: int
) -> None:
    theirs = CountVectorizer(
        preprocessor=preprocess, tokenizer=tokenize, token_pattern=None, lowercase=False,
        ngram_range=ngram_range, min_df=min_df,
    )  # fmt: skip
    ours = NgramVectorizer(ngram_range=ngram_range, min_df=min_df)
    try:
        expected = theirs.fit_transform(texts)
    except ValueError:
        with pytest.raises(ValueError, match="no n-gram occurs"):
            ours.fit(texts)
        return
    found = ours.fit_transform(texts)
    assert found.dtype == expected.dtype
    names = ours.get_feature_names_out()
    order = np.argsort(names)
    assert names[order].tolist() == theirs.get_feature_names_out().tolist()
    assert (found[:, order] != expected).nnz == 0
    assert (ours.transform(others)[:, order] != theirs.transform(others)).nnz == 0


def test_characters_are_counted_as_count_vectorizer_does() -> None:
    texts = ["Good film", "not good", "été 🎬 good"]
    theirs = CountVectorizer(analyzer="char", preprocessor=preprocess, ngram_range=(2, 4))
    ours = NgramVectorizer(unit="characters", ngram_range=(2, 4)).fit(texts)
    order = np.argsort(ours.get_feature_names_out())
    assert (ours.transform(texts)[:, order] != theirs.fit_transform(texts)).nnz == 0


def test_an_unnamed_vectorizer_has_no_feature_names() -> None:
    counts = NgramVectorizer(named=False).fit(iter(["good film", "bad film"]))
    assert counts.transform(["good film"]).sum() == 2
    with pytest.raises(ValueError, match="named=True"):
        counts.get_feature_names_out()


def test_a_single_string_is_not_a_list_of_texts() -> None:
    for call in (NgramVectorizer().fit, NgramVectorizer().fit(["good"]).transform):
        with pytest.raises(ValueError, match="put it into a list"):
            call("good")


def test_without_ratio_the_weights_are_those_of_tfidf_transformer() -> None:
    counts = np.array([[2, 0, 1], [0, 1, 1], [3, 0, 0], [0, 2, 1]])
    for sublinear in (True, False):
        ours = NBWeighter(exponent=0.0, sublinear_tf=sublinear).fit(counts, [0, 1, 0, 1])
        theirs = TfidfTransformer(sublinear_tf=sublinear).fit(counts)
        assert ours.transform(counts).toarray() == pytest.approx(theirs.transform(counts).toarray())


def test_the_ratio_is_that_of_wang_and_manning() -> None:
    counts = np.array([[2, 0, 1], [0, 1, 1], [3, 0, 0], [0, 2, 1]])
    weighter = NBWeighter(exponent=1.0, norm=None, sublinear_tf=False).fit(counts, ["bad", "good", "bad", "good"])
    # Texts with the feature, by hand, one more each: good (1, 3, 3), bad (3, 1, 2).
    r = np.log((np.array([1, 3, 3]) / 7) / (np.array([3, 1, 2]) / 6))
    idf = np.log(5 / (1 + np.array([2, 2, 3]))) + 1
    assert weighter.weight_ == pytest.approx(np.abs(r) * idf)


def test_with_three_labels_the_strongest_ratio_counts() -> None:
    counts = np.eye(3, dtype=int).repeat(4, axis=0)
    weight = NBWeighter(norm=None).fit(counts, np.repeat(["a", "b", "c"], 4)).weight_
    assert all(one == pytest.approx(other) for one, other in pairwise(weight))
    assert weight[0] > 0


def test_the_estimators_make_a_pipeline_that_learns() -> None:
    texts = ["good film", "a good one", "so good", "bad film", "a bad one", "so bad"] * 3
    labels = ["positive"] * 3 + ["negative"] * 3
    model = make_pipeline(NgramVectorizer(ngram_range=(1, 2)), NBWeighter(), LogisticRegression())
    fitted = clone(model).fit(texts, labels * 3)
    assert fitted.predict(["good", "bad"]).tolist() == ["positive", "negative"]
    assert fitted.set_params(ngramvectorizer__unit="characters").fit(texts, labels * 3).score(texts, labels * 3) == 1.0


@pytest.mark.parametrize("module", [vectorizer, weighting])
def test_the_examples_are_true(module: Any) -> None:
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed
