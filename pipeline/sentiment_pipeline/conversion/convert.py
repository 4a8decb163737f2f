"""`convert`: a scikit-learn model of somebody else's becomes a version of ours, proven to say the same."""

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
    """Texts to prove a conversion on; labels where they are known."""

    reviews: Sequence[Review]
    """A label is empty where it is not known."""
    texts: Sequence[str]
    """As they came, for cleaning could hide a difference."""


@dataclass(frozen=True)
class Converted:
    """What came of it."""

    folder: Path
    digest: str
    compared: int
    """On how many texts model file and estimator were compared."""
    difference: float
    """By how much they differ at most, in probability."""
    accuracy: float | None
    """On the labelled texts of the sample; None where there are none."""
    estimator: str
    calibrated: bool
    """Whether the probabilities are those of the estimator, which otherwise knows margins only."""


def convert(
    source: str,
    folder: Path,
    *,
    trusted: bool,
    sample: Sample,
    golden: GoldenParams,
    names: Mapping[str, str],
) -> Converted:
    """Write a fitted scikit-learn estimator as a version of ours.

    Args:
        source: see `load_estimator`.
        folder: where the version goes.
        trusted: whether `source` may be unpickled.
        sample: what estimator and model file are compared on.
        golden: how many golden rows there are, and whether they are of the sample.
        names: other names for the estimator's labels.

    Raises:
        ConversionError: the model cannot be had, or does what a model file cannot say.
        ExportError: the model file would not say what the estimator says.
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
    """Reviews of the built-in generator: of no use as a measure, hence without labels."""
    texts = [row["text"] for row in sample_rows(_BUILTIN_ROWS, _BUILTIN_SEED)]
    return Sample([Review(hashed_id(text), text, "", "") for text in texts], texts)


def read_sample(path: Path, columns: DataParams) -> Sample:
    """The first rows of a CSV or JSON Lines file; the label column may be missing.

    Raises:
        DataError: the file cannot be read, or lacks a column that is named.
        ConversionError: it holds no text.
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
    """Register a converted version; a second time gives the version of the first.

    Raises:
        RegistryError: MLflow could not be asked.
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
    """What a person wants to know of a conversion."""
    difference, texts = f"{converted.difference:.1e} in probability", f"{converted.compared:,} texts"
    lines = [f"converted {converted.estimator}: differs by at most {difference} on {texts}"]
    if not converted.calibrated:
        lines.append(
            "the estimator knows no probabilities: those of the version are the sigmoid of its margins, not calibrated"
            " (CalibratedClassifierCV(ensemble=False) would make them so)"
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
    """What the model file is worth on the sample, if the sample's labels are those of the model."""
    labels = {review.label for review in sample.reviews}
    if not labels <= set(classifier.classes_):
        return None
    predictions = Scorer.open(folder / MODEL).predict_many(sample.texts)
    right = sum(p.label == review.label for p, review in zip(predictions, sample.reviews, strict=True))
    return right / len(sample.reviews)
