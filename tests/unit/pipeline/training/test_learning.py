"""The learning curve and the n-grams that a fitted recipe goes by."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sentiment_pipeline.data.reviews.review import Review
from sentiment_pipeline.data.reviews.split import folds
from sentiment_pipeline.metrics.learning_curve import Point, read_curve
from sentiment_pipeline.params import Candidate
from sentiment_pipeline.report import write_records
from sentiment_pipeline.training.calibration import unscaled
from sentiment_pipeline.training.counts import count
from sentiment_pipeline.training.crossval import compare
from sentiment_pipeline.training.export import check_keys
from sentiment_pipeline.training.learning import learning_curve
from sentiment_pipeline.training.ngrams import top_ngrams
from tests.unit.pipeline.corpora import fitted, three_classes, two_classes

CANDIDATE = Candidate(name="pairs", c=5.0)

both = pytest.mark.parametrize("corpus", [two_classes, three_classes], ids=["two", "three"])


def curve_of(reviews: list[Review], candidate: Candidate = CANDIDATE) -> list[Point]:
    labels = np.array([review.label for review in reviews])
    corpus = count([review.text for review in reviews], [candidate])
    held_out = np.array(folds(reviews, 3)) == 0
    scaling = unscaled(1 if len(np.unique(labels)) == 2 else len(np.unique(labels)))
    return learning_curve(candidate, scaling, corpus, labels, [r.group for r in reviews], held_out)


@both
def test_the_last_point_is_what_cross_validation_finds_for_that_fold(corpus: Callable[[int], list[Review]]) -> None:
    reviews = corpus(600)
    labels, in_fold = np.array([review.label for review in reviews]), np.array(folds(reviews, 3))
    [result] = compare(count([r.text for r in reviews], [CANDIDATE]), labels, in_fold, [CANDIDATE])
    last = curve_of(reviews)[-1]
    assert last.accuracy == pytest.approx(result.scores[0].accuracy)
    assert last.rows == int((in_fold != 0).sum())
    assert last.low < last.accuracy < last.high
    assert last.seen_accuracy > last.accuracy


def test_more_reviews_make_a_better_model() -> None:
    points = curve_of(two_classes(2000))
    assert len(points) == 4
    assert [point.rows for point in points] == sorted(point.rows for point in points)
    assert points[-1].accuracy > points[0].accuracy + 0.03


def test_a_part_that_is_too_small_is_left_out() -> None:
    assert len(curve_of(two_classes(400), Candidate(name="frequent", min_df=40))) < 4


def test_the_curve_that_is_read_is_the_one_that_was_written(tmp_path: Path) -> None:
    points = [Point(10, 0.5, 0.25, 0.75, 1.0), Point(20, 0.625, 0.5, 0.75, 0.875)]
    write_records(tmp_path / "learning.csv", Point, points)
    assert read_curve(tmp_path / "learning.csv") == points


@both
def test_the_top_ngrams_of_a_label_are_found_in_its_texts(corpus: Callable[[int], list[Review]]) -> None:
    reviews = corpus(600)
    texts = [review.text for review in reviews]
    estimator = fitted(CANDIDATE, reviews)
    found = top_ngrams(estimator, check_keys(estimator, texts), count=5)
    assert len(found) == 5 * len(estimator.classes_)
    for label in estimator.classes_:
        of_label = [ngram for ngram in found if ngram.label == label]
        assert [n.weight for n in of_label] == sorted((n.weight for n in of_label), reverse=True)
        # Each alone makes a text more likely to be of its label than no text does.
        empty, *alone = estimator.predict_proba(["", *(n.ngram for n in of_label)])
        place = list(estimator.classes_).index(label)
        assert all(row[place] > empty[place] for row in alone)


def test_a_recipe_of_two_views_has_top_ngrams_of_both() -> None:
    reviews = two_classes(300)
    estimator = fitted(Candidate(name="both", characters=(3, 4)), reviews)
    found = top_ngrams(estimator, check_keys(estimator, [review.text for review in reviews]), count=3)
    assert [(n.view, n.label) for n in found[::3]] == [
        ("words", "negative"),
        ("words", "positive"),
        ("characters", "negative"),
        ("characters", "positive"),
    ]
