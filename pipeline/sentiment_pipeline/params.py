"""params.yaml as typed values: every key, its default, its limits and its description.

The same types give the JSON Schema of params.yaml (`make params-schema`), with which editors complete the file.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sentiment_pipeline.errors import ParamsError
from sentiment_pipeline.paths import PARAMS
from sentiment_pipeline.validation import convert

MAX_NGRAM = 16


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping of params.yaml whose keys are all known."""


class DataParams(Section, frozen=True, kw_only=True):
    """Where the reviews come from and how their file is read."""

    source: Annotated[str, Meta(description="`builtin:sample`, `imdb`, a path, `https://...` or `s3://bucket/key`.")]
    sha256: Annotated[str, Meta(description="Hex digest that the raw bytes must have. Empty: any content.")] = ""
    text: Annotated[str, Meta(description="Column of the texts.")] = "text"
    label: Annotated[str, Meta(description="Column of the labels.")] = "label"
    id: Annotated[
        str,
        Meta(
            description="Column with a unique name per row. Empty: names are hashes of the texts, which stay the same"
            " when rows are reordered."
        ),
    ] = ""
    group: Annotated[
        str,
        Meta(
            description="Column whose equal values belong together (film, product, author): a group is never on both"
            " sides of a split. Empty: every row is a group of its own."
        ),
    ] = ""
    slices: Annotated[
        tuple[str, ...],
        Meta(description="Columns for whose values `evaluate` reports results separately, where the file has them."),
    ] = ("rating",)
    labels: Annotated[
        Mapping[str, str],
        Meta(description="Names for values of the label column. A value that is not listed is its own name."),
    ] = {}
    sample_rows: Annotated[int, Meta(ge=1, description="Number of reviews of `builtin:sample`.")] = 4000
    sample_seed: Annotated[int, Meta(description="Seed of `builtin:sample`.")] = 1


class PrepareParams(Section, frozen=True, kw_only=True):
    """How many reviews a file must hold at least."""

    min_rows: Annotated[int, Meta(description="Fewest usable rows.")] = 200
    min_rows_per_label: Annotated[int, Meta(ge=2, description="Fewest usable rows of each label.")] = 20


class SplitParams(Section, frozen=True, kw_only=True):
    """How many reviews are held out and never trained on."""

    test_share: Annotated[float, Meta(gt=0, lt=1, description="Share of the groups that is held out.")] = 0.2


class Candidate(Section, frozen=True, kw_only=True):
    """A recipe that cross-validation compares: n-grams, their weights and a linear classifier."""

    name: Annotated[str, Meta(description="A name that no other recipe has.")]
    ngrams: Annotated[
        tuple[int, int], Meta(description=f"Shortest and longest n-gram of words and punctuation, 1 to {MAX_NGRAM}.")
    ] = (1, 2)
    min_df: Annotated[int, Meta(ge=1, description="Fewest texts in which an n-gram of words occurs.")] = 2
    sublinear: Annotated[bool, Meta(description="Whether a count c is weighted as 1 + log(c).")] = True
    weighting: Annotated[
        Literal["tfidf", "nb"],
        Meta(description="`nb`: idf times the square root of the Naive Bayes log-count ratio."),
    ] = "tfidf"
    classifier: Annotated[Literal["naive_bayes", "logistic", "svm"], Meta(description="The linear classifier.")] = (
        "logistic"
    )
    c: Annotated[
        float, Meta(gt=0, description="Inverse strength of the L2 penalty of logistic regression and SVM.")
    ] = 10.0
    alpha: Annotated[float, Meta(gt=0, description="Additive smoothing of Naive Bayes.")] = 0.1
    max_features: Annotated[
        int,
        Meta(
            ge=0,
            description="Keep this many n-grams, those of largest |coefficient times weight|, and fit again."
            " 0 keeps all.",
        ),
    ] = 0
    characters: Annotated[
        tuple[int, int],
        Meta(
            description="Shortest and longest n-gram of characters, a second view of the text with a classifier of its"
            " own. [0, 0]: none."
        ),
    ] = (0, 0)
    characters_min_df: Annotated[
        int, Meta(ge=1, description="Fewest texts in which an n-gram of characters occurs.")
    ] = 5


class TrainParams(Section, frozen=True, kw_only=True):
    """The recipes and how they are compared."""

    folds: Annotated[int, Meta(ge=2, description="Folds of the cross-validation.")] = 5
    candidates: Annotated[tuple[Candidate, ...], Meta(min_length=1, description="The recipes.")]


class GoldenParams(Section, frozen=True, kw_only=True):
    """The predictions that are part of a version: a server must reproduce what training computed."""

    rows: Annotated[
        int,
        Meta(
            ge=20,
            le=2000,
            description="Number of golden rows. Fewer than 20 prove little, and every candidate is asked about all.",
        ),
    ] = 200
    texts: Annotated[
        Literal["test", "builtin"],
        Meta(
            description="`test`: held-out reviews. `builtin`: the built-in sample, for reviews that are confidential."
        ),
    ] = "test"


class EvaluateParams(Section, frozen=True, kw_only=True):
    """How a model is evaluated on the held-out reviews."""

    positive: Annotated[
        str, Meta(description="The label of praise in behavioural tests, which a model without it skips.")
    ] = "positive"
    negative: Annotated[
        str, Meta(description="The label of blame in behavioural tests, which a model without it skips.")
    ] = "negative"
    champion: Annotated[
        str,
        Meta(description="Registered model whose champion is compared on the same reviews. Empty: no comparison."),
    ] = ""


class GateParams(Section, frozen=True, kw_only=True):
    """What a version must reach to become the challenger."""

    min_accuracy: Annotated[float, Meta(ge=0, le=1, description="Lowest accuracy on the held-out reviews.")] = 0.80
    max_drop: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="By how much the accuracy may be below the champion's on the same held-out reviews. With few"
            " reviews the interval of the difference is too wide to show a drop; this limit holds even then.",
        ),
    ] = 0.01
    max_milliseconds: Annotated[
        float,
        Meta(
            gt=0,
            description="Longest time of a prediction: the median over held-out reviews, on the machine that runs the"
            " gate.",
        ),
    ] = 5.0
    max_megabytes: Annotated[float, Meta(gt=0, description="Largest model file, in units of 10^6 bytes.")] = 100.0
    behaviour: Annotated[
        Mapping[str, Annotated[float, Meta(ge=0, le=1)]],
        Meta(description="Lowest pass rates of behavioural tests, by capability (see reports/behaviour.json)."),
    ] = {}


class TrackingParams(Section, frozen=True, kw_only=True):
    """Where runs are recorded when MLFLOW_TRACKING_URI is set."""

    experiment: Annotated[str, Meta(description="The MLflow experiment.")] = "sentiment-reviews"


class Params(Section, frozen=True, kw_only=True):
    """Parameters of the pipeline."""

    data: DataParams
    prepare: PrepareParams
    split: SplitParams
    train: TrainParams
    golden: GoldenParams
    evaluate: EvaluateParams = EvaluateParams()
    gate: GateParams
    tracking: TrackingParams


def load_params(path: Path = PARAMS) -> Params:
    """Read and check params.yaml.

    Raises:
        ParamsError: the file is missing, is not YAML, has an unknown or missing key, or a value out of range.
    """
    try:
        content = YAML(typ="safe", pure=True).load(path)
    except FileNotFoundError:
        raise ParamsError(f"{path} is not here: run this in the folder that holds params.yaml and dvc.yaml") from None
    except YAMLError as error:
        raise ParamsError(f"{path} is not YAML: {error}") from None
    params = convert(_with_label_names(content if content is not None else {}), Params, path.name)
    _check(params.train.candidates)
    return params


def schema() -> dict[str, Any]:
    """The JSON Schema of params.yaml."""
    found: dict[str, Any] = msgspec.json.schema(Params)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "params.yaml", **found}


def _with_label_names(content: Any) -> Any:
    """The content with strings as names of labels, which YAML may read as numbers."""
    match content:
        case {"data": {"labels": dict(labels), **data}, **others}:
            return {**others, "data": {**data, "labels": {name: str(value) for name, value in labels.items()}}}
        case _:
            return content


def _check(candidates: tuple[Candidate, ...]) -> None:
    """Check what concerns more than one value."""
    names = [candidate.name for candidate in candidates]
    rules = [
        (len(set(names)) == len(names), "train.candidates must have different names"),
        (
            all(_is_range(c.ngrams) for c in candidates),
            f"ngrams must be [shortest, longest], 1 to {MAX_NGRAM}",
        ),
        (
            all(c.characters == (0, 0) or _is_range(c.characters) for c in candidates),
            f"characters must be [shortest, longest], 1 to {MAX_NGRAM}, or [0, 0] for none",
        ),
    ]
    for holds, sentence in rules:
        if not holds:
            raise ParamsError(f"params.yaml: {sentence}")


def _is_range(ngrams: tuple[int, int]) -> bool:
    return 1 <= ngrams[0] <= ngrams[1] <= MAX_NGRAM


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schema(), indent=2) + "\n")
