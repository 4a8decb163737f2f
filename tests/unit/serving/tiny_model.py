"""A model small enough to reckon with: five words and one bigram, by hand."""

import json
from collections.abc import Sequence
from pathlib import Path

from sentiment_model import LinearModel, Scorer, View
from sentiment_model.keys import ngram_keys
from sentiment_model.manifest import GOLDEN, MANIFEST, MODEL, build_manifest, digest_of
from sentiment_model.modelfile import write_model

_COEF = {"good": 2.0, "great": 3.0, "bad": -2.0, "awful": -3.0, "story": 0.1, "not good": -4.0}


GOLDEN_TEXTS = tuple(
    f"A {first} story, {second} written and {third} in the end."
    for first in ("good", "bad", "great", "awful", "not good")
    for second in ("great", "bad", "not good")
    for third in ("good", "awful")
)


def tiny_model(labels: tuple[str, ...] = ("negative", "positive"), **coefs: float) -> LinearModel:
    """Predicts `positive` for good and great, `negative` for bad, awful and not good, unless `coefs` change that."""
    coef_by_key = {}
    for phrase, coef in (_COEF | coefs).items():
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


def golden_lines(scorer: Scorer, texts: Sequence[str] = GOLDEN_TEXTS) -> str:
    """The predictions of an estimator that scores like `scorer`, with the ids row-1, row-2 and so on."""
    lines = []
    for number, text in enumerate(texts, 1):
        prediction = scorer.predict(text)
        row = {
            "id": f"row-{number}",
            "text": text,
            "label": prediction.label,
            "probability": max(prediction.probabilities),
        }
        lines.append(json.dumps(row) + "\n")
    return "".join(lines)


def write_version(folder: Path, model: LinearModel | None = None, *, golden: str | None = None) -> str:
    """Write what a registered version consists of; returns its digest."""
    model = model or tiny_model()
    folder.mkdir(parents=True, exist_ok=True)
    write_model(folder / MODEL, model)
    (folder / GOLDEN).write_text(golden_lines(Scorer(model)) if golden is None else golden)
    manifest = build_manifest(folder)
    (folder / MANIFEST).write_bytes(manifest)
    return digest_of(manifest)
