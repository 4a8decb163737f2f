"""Small models for tests."""

from sentiment_model import LinearModel, View
from sentiment_model.keys import ngram_key
from sentiment_model.linear import Link, Norm, Tf
from sentiment_model.reading import TRAINED, Reading

WEIGHTS: dict[tuple[str, ...], float] = {("good",): 1.0, ("bad",): -1.0, ("not", "good"): -3.0}


def two_classes(*, tf: Tf = "sublinear", norm: Norm = "l2", reading: Reading = TRAINED) -> LinearModel:
    """A model whose vocabulary is `good`, `bad` and `not good`."""
    entries = sorted((ngram_key(ngram), weight) for ngram, weight in WEIGHTS.items())
    view = View(
        name="words",
        ngrams=(1, 2),
        tf=tf,
        norm=norm,
        keys=[key for key, _ in entries],
        weight=[1.0] * len(entries),
        coef=[weight for _, weight in entries],
    )
    return LinearModel(
        labels=("negative", "positive"),
        views=(view,),
        bias=[0.25],
        link="sigmoid",
        facts={"recipe": "by hand"},
        reading=reading,
    )


def three_classes(*, link: Link = "softmax") -> LinearModel:
    """A model whose vocabulary is `good`, `bad` and `fine`, one for each label."""
    columns = {"bad": (2.0, 0.0, 0.0), "fine": (0.0, 2.0, 0.0), "good": (0.0, 0.0, 2.0)}
    entries = sorted((ngram_key([word]), row) for word, row in columns.items())
    view = View(
        name="words",
        ngrams=(1, 1),
        tf="plain",
        norm="none",
        keys=[key for key, _ in entries],
        weight=[1.0] * 3,
        coef=[value for _, row in entries for value in row],
    )
    return LinearModel(labels=("negative", "neutral", "positive"), views=(view,), bias=[0.0, 0.1, 0.0], link=link)
