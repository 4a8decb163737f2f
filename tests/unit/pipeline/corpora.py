"""Small labelled corpora to train on."""

from collections.abc import Sequence

import numpy as np

from sentiment_pipeline.data.reviews.review import Review
from sentiment_pipeline.data.reviews.split import folds
from sentiment_pipeline.data.sample.generator import sample_rows
from sentiment_pipeline.params import Candidate
from sentiment_pipeline.training.counts import count
from sentiment_pipeline.training.crossval import compare, refit
from sentiment_pipeline.training.fitting import TextClassifier


def two_classes(rows: int = 400) -> list[Review]:
    """The built-in sample."""
    return [Review(row["id"], row["text"], row["label"], row["movie"]) for row in sample_rows(rows, seed=5)]


def three_classes(rows: int = 400) -> list[Review]:
    """The same with a third label, for reviews of which only the neutral part is kept."""
    reviews = []
    for number, review in enumerate(two_classes(rows)):
        if number % 3 == 0:
            text = f"It is a film. It runs for {number} minutes, and {review.group} is its title."
            reviews.append(Review(review.id, text, "neutral", review.group))
        else:
            reviews.append(review)
    return reviews


def fitted(candidate: Candidate, reviews: Sequence[Review]) -> TextClassifier:
    """A recipe as `train` fits it, with the scaling of three folds."""
    corpus = count([review.text for review in reviews], [candidate])
    labels = np.array([review.label for review in reviews])
    [result] = compare(corpus, labels, np.array(folds(reviews, 3)), [candidate])
    return refit(result, corpus, labels)
