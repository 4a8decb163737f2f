"""`convert`: writes a scikit-learn model as a version, after proving that both predict the same probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sentiment_model import Scorer
from sentiment_model.manifest import DIGEST_TAG, MODEL
from sentiment_model.unicode import is_encodable
from sentiment_pipeline.conversion.decision import steps_of, unwrapped
from sentiment_pipeline.conversion.loading import load_estimator
from sentiment_pipeline.conversion.model import ForeignClassifier, read_estimator
from sentiment_pipeline.data.preparation.prepare import check_columns
from sentiment_pipeline.data.reviews.cleaning import clean
from sentiment_pipeline.data.reviews.raw import read_raw
from sentiment_pipeline.data.reviews.review import Review, hashed_id
from sentiment_pipeline.data.sample.generator import sample_rows
from sentiment_pipeline.errors import ConversionError
from sentiment_pipeline.params import DataParams, GoldenParams
from sentiment_pipeline.tracking.registry import ACCURACY_TAG, CONVERTED_FROM_TAG, Registered, Registry
from sentiment_pipeline.tracking.runs import Conversion
from sentiment_pipeline.version.files import write_version
from sentiment_pipeline.version.golden import golden_texts

MAX_SAMPLE = 5000
_BUILTIN_ROWS = 400
_BUILTIN_SEED = 11
_HARD_TEXTS = (
    "",
    " ",
    "a",
    "I",
    "Words never seen before?",
    "it's <br /> NOT\tgood...\n\n",
    "Ärger 🎬 İΣ",
    "good " * 500,
)


@dataclass(frozen=True)
class Sample:
    """Texts on which a conversion is proved, with labels as far as they are known."""

    reviews: Sequence[Review]
    """An unknown label is empty."""
    texts: Sequence[str]
    """The texts before cleaning, because cleaning could hide a difference."""


@dataclass(frozen=True)
class Converted:
    """The result of a conversion."""

    folder: Path
    digest: str
    compared: int
    """Number of texts on which model file and estimator were compared."""
    difference: float
    """Largest difference in probability."""
    accuracy: float | None
    """On the texts of the sample; None if their labels are unknown or are not those of the model."""
    estimator: str
    calibrated: bool
    """False if the estimator has margins only, so that the probabilities are computed from them."""


def convert(
    source: str,
    folder: Path,
    *,
    trusted: bool,
    sample: Sample,
    golden: GoldenParams,
    names: Mapping[str, str],
) -> Converted:
    """Write a fitted scikit-learn estimator as a version.

    Args:
        source: see `load_estimator`.
        folder: the folder of the version.
        trusted: whether `source` may be unpickled.
        sample: the texts on which estimator and model file are compared.
        golden: the number of golden rows, and whether they come from the sample.
        names: new names for labels of the estimator.

    Raises:
        ConversionError: the model cannot be loaded, or uses a feature that a model file cannot express.
        ExportError: model file and estimator predict different probabilities.
    """
    estimator = load_estimator(source, trusted=trusted)
    described = _described(estimator)
    classifier, model = read_estimator(estimator, names, {"recipe": "converted", "estimator": described})
    texts = [*sample.texts, *_HARD_TEXTS]
    rows = golden_texts(golden, sample.reviews)
    difference, digest = write_version(folder, model, classifier, texts=texts, golden=rows)
    return Converted(
        folder=folder,
        digest=digest,
        compared=len(texts),
        difference=difference,
        accuracy=_accuracy(folder, classifier, sample),
        estimator=described,
        calibrated=classifier.has_probabilities,
    )


def builtin_sample() -> Sample:
    """Reviews of the built-in sample, without labels because accuracy on them means nothing."""
    texts = [row["text"] for row in sample_rows(_BUILTIN_ROWS, _BUILTIN_SEED)]
    return Sample([Review(hashed_id(text), text, "", "") for text in texts], texts)


def read_sample(path: Path, columns: DataParams) -> Sample:
    """The first rows of a CSV or JSON Lines file; the label column may be missing.

    Raises:
        DataError: the file cannot be read, or lacks a column.
        ConversionError: the column of texts is empty.
    """
    reviews, texts = [], []
    for number, row in enumerate(islice(read_raw(path), MAX_SAMPLE)):
        if number == 0:
            check_columns(row | {columns.label: ""}, columns)
        text, cleaned = row[columns.text], clean(row[columns.text])
        if not cleaned or not is_encodable(text):
            continue
        label = clean(row.get(columns.label, ""))
        reviews.append(Review(hashed_id(cleaned), cleaned, columns.labels.get(label, label), ""))
        texts.append(text)
    if not reviews:
        raise ConversionError(f"{path} holds no text in column {columns.text!r}")
    return Sample(reviews, texts)


def register_converted(registry: Registry, converted: Converted, source: str, name: str, experiment: str) -> Registered:
    """Register a converted version; registering it again returns the same version.

    Raises:
        RegistryError: MLflow did not answer.
    """
    known = registry.find(name, converted.digest)
    if known is not None:
        return Registered(known, created=False)
    tags = {DIGEST_TAG: converted.digest, CONVERTED_FROM_TAG: source}
    metrics = {"parity_max_difference": converted.difference}
    if converted.accuracy is not None:
        tags[ACCURACY_TAG] = f"{converted.accuracy:.6f}"
        metrics["accuracy"] = converted.accuracy
    run_id = registry.record_conversion(
        Conversion(
            experiment=experiment,
            digest=converted.digest,
            params={"converted_from": source, "estimator": converted.estimator},
            metrics=metrics,
        )
    )
    return Registered(registry.add(name, converted.folder, tags, run_id), created=True)


def summary(converted: Converted) -> list[str]:
    """The result in a few lines."""
    difference, texts = f"{converted.difference:.1e} in probability", f"{converted.compared:,} texts"
    lines = [f"converted {converted.estimator}: differs by at most {difference} on {texts}"]
    if not converted.calibrated:
        lines.append(
            "the estimator has no probabilities: those of the version are the sigmoid of its margins, not calibrated"
            " (CalibratedClassifierCV(ensemble=False) calibrates them)"
        )
    if converted.accuracy is None:
        lines.append(
            "its accuracy was not measured: there are no labels, or they are not those of the model (--rename)"
        )
    else:
        lines.append(f"accuracy {converted.accuracy:.4f} on the texts of --data, which it may have been trained on")
    return lines


def _described(estimator: Any) -> str:
    return ", ".join(type(unwrapped(step)).__name__ for step in steps_of(unwrapped(estimator)))


def _accuracy(folder: Path, classifier: ForeignClassifier, sample: Sample) -> float | None:
    """Accuracy of the model file on the sample; None if the sample has other labels than the model."""
    labels = {review.label for review in sample.reviews}
    if not labels <= set(classifier.classes_):
        return None
    predictions = Scorer.open(folder / MODEL).predict_many(sample.texts)
    right = sum(p.label == review.label for p, review in zip(predictions, sample.reviews, strict=True))
    return right / len(sample.reviews)
