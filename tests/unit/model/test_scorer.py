"""Predictions, computed by hand and compared with scikit-learn."""

import math
from array import array
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_model import Scorer, UnencodableText
from sentiment_model.reading import Reading
from sentiment_model.scoring import KeyIndex
from tests.unit.model.models import three_classes, two_classes

pytestmark = pytest.mark.usefixtures("implementation")

U64 = st.integers(0, 2**64 - 1)


def test_margin_is_bias_plus_normalised_weighted_counts() -> None:
    prediction = Scorer(two_classes()).predict("Not good. GOOD, good!")
    # `good` three times, `not good` once; sublinear counts are 1 + ln 3 and 1.
    counts = (1 + math.log(3), 1.0)
    expected = 0.25 + (counts[0] * 1.0 + counts[1] * -3.0) / math.hypot(*counts)
    assert prediction.margins == pytest.approx((expected,))
    assert prediction.probabilities == pytest.approx((1 - 1 / (1 + math.exp(-expected)), 1 / (1 + math.exp(-expected))))
    assert prediction.label == "negative"
    # 7 tokens, hence 7 + 6 n-grams.
    assert (prediction.known, prediction.total) == (4, 13)


def test_plain_counts_without_norm_add_up() -> None:
    assert Scorer(two_classes(tf="plain", norm="none")).predict("good good bad").margins == pytest.approx((1.25,))


def test_binary_counts_are_one_and_the_sum_norm_makes_a_mean() -> None:
    prediction = Scorer(two_classes(tf="binary", norm="l1")).predict("good good bad")
    assert prediction.margins == pytest.approx((0.25 + (1.0 - 1.0) / 2,))
    assert Scorer(two_classes(tf="binary", norm="none")).predict("good good").margins == pytest.approx((1.25,))


def test_ngrams_span_removed_stop_words() -> None:
    model = two_classes(tf="plain", norm="none", reading=Reading(stop_words=frozenset({"so"})))
    assert Scorer(model).predict("not so good").margins == pytest.approx((0.25 + 1.0 - 3.0,))


def test_one_against_the_rest_divides_sigmoids_by_their_sum() -> None:
    prediction = Scorer(three_classes(link="one-vs-rest")).predict("good, good, fine")
    sigmoids = [1 / (1 + math.exp(-margin)) for margin in prediction.margins]
    assert prediction.probabilities == pytest.approx([value / sum(sigmoids) for value in sigmoids])


@pytest.mark.parametrize("margin", [-1e300, -800.0, 800.0])
def test_one_against_the_rest_does_not_overflow(margin: float) -> None:
    model = replace(three_classes(link="one-vs-rest"), bias=[margin, margin, margin - 1])
    assert sum(Scorer(model).predict("").probabilities) == pytest.approx(1.0)


@pytest.mark.parametrize("text", ["", "   ", "nothing known here", "\n\t"])
def test_without_a_known_ngram_the_bias_decides(text: str) -> None:
    prediction = Scorer(two_classes()).predict(text)
    assert prediction.margins == (0.25,)
    assert prediction.known == 0
    assert prediction.label == "positive"


def test_more_than_two_labels_have_a_margin_each() -> None:
    scorer = Scorer(three_classes())
    prediction = scorer.predict("good, good, fine")
    assert prediction.margins == pytest.approx((0.0, 2.1, 4.0))
    assert sum(prediction.probabilities) == pytest.approx(1.0)
    assert prediction.label == scorer.labels[2] == "positive"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_every_text_has_probabilities_that_add_up_to_one(text: str) -> None:
    prediction = Scorer(two_classes()).predict(text)
    assert sum(prediction.probabilities) == pytest.approx(1.0)
    assert 0 <= prediction.known <= prediction.total


def test_a_lone_surrogate_is_a_value_error() -> None:
    with pytest.raises(UnencodableText):
        Scorer(two_classes()).predict("good \ud83d film")


@pytest.mark.parametrize("margin", [-1e300, -800.0, 0.0, 800.0, 1e300])
def test_extreme_margins_do_not_overflow(margin: float) -> None:
    model = two_classes()
    scorer = Scorer(type(model)(labels=model.labels, views=model.views, bias=[margin], link=model.link))
    probabilities = scorer.predict("").probabilities
    assert sum(probabilities) == pytest.approx(1.0)
    assert all(0.0 <= value <= 1.0 for value in probabilities)


@given(st.lists(U64, unique=True, min_size=1).map(sorted), U64)
def test_every_key_is_found_where_it_is_and_no_other(keys: Sequence[int], other: int) -> None:
    index = KeyIndex(array("Q", keys))
    assert [index.find(key) for key in keys] == list(range(len(keys)))
    assert index.find(other) == (keys.index(other) if other in keys else -1)


def test_keys_that_are_not_uniform_are_found_too() -> None:
    keys = array("Q", [*range(1000), *range(2**64 - 1000, 2**64)])
    index = KeyIndex(keys)
    assert [index.find(key) for key in keys] == list(range(2000))
    assert index.find(1000) == index.find(2**63) == -1
