"""A model small enough to reckon with: five words and one bigram, by hand."""

from pathlib import Path

from sentiment_model import LinearModel, Scorer, View
from sentiment_model.keys import ngram_keys
from sentiment_model.manifest import GOLDEN, MANIFEST, MODEL, build_manifest, digest_of
from sentiment_model.modelfile import write_model

_COEF = {"good": 2.0, "great": 3.0, "bad": -2.0, "awful": -3.0, "story": 0.1, "not good": -4.0}


def tiny_model(labels: tuple[str, ...] = ("negative", "positive")) -> LinearModel:
    """Says `positive` for good and great, `negative` for bad, awful and not good."""
    coef_by_key = {}
    for phrase, coef in _COEF.items():
        tokens = phrase.split()
        (key,) = ngram_keys(tokens, len(tokens), len(tokens))
        coef_by_key[key] = coef
    keys = sorted(coef_by_key)
    words = View(
        name="words",
        ngrams=(1, 2),
        tf="sublinear",
        norm="l2",
        keys=keys,
        weight=[1.0] * len(keys),
        coef=[coef_by_key[key] for key in keys],
    )
    return LinearModel(labels=labels, views=(words,), bias=[0.25], link="sigmoid")


def tiny_scorer() -> Scorer:
    """A scorer of it."""
    return Scorer(tiny_model())


def write_version(folder: Path) -> str:
    """Write what a registered version consists of; returns its digest."""
    folder.mkdir(parents=True, exist_ok=True)
    write_model(folder / MODEL, tiny_model())
    golden = '{"id": "1", "text": "A good story.", "label": "positive", "probability": 0.9}\n'
    (folder / GOLDEN).write_text(golden)
    manifest = build_manifest(folder)
    (folder / MANIFEST).write_bytes(manifest)
    return digest_of(manifest)
