"""params.yaml as frozen types: every key is known, every default is said in the file itself."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sentiment_pipeline.errors import ParamsError
from sentiment_pipeline.paths import PARAMS


@dataclass(frozen=True, kw_only=True)
class DataParams:
    """Where the reviews come from and how their file is read."""

    source: str
    """`builtin:sample`, `imdb`, a path, `https://...` or `s3://bucket/key`."""
    sha256: str = ""
    """Hex digest that the raw bytes must have; empty: any."""
    text: str = "text"
    label: str = "label"
    id: str = ""
    """Column with a unique name per row. Empty: names are made from the texts, and survive any reordering."""
    group: str = ""
    """Column whose rows belong together (film, product, author): never on both sides of a split. Empty: none."""
    slices: tuple[str, ...] = ("rating",)
    """Columns by whose values `evaluate` also tells the results apart; a file that lacks them is no error."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Names for the values of the label column; values that are not listed stay as they are."""
    sample_rows: int = 4000
    sample_seed: int = 1


@dataclass(frozen=True, kw_only=True)
class PrepareParams:
    """When a file of reviews is too small to learn from."""

    min_rows: int = 200
    min_rows_per_label: int = 20


@dataclass(frozen=True, kw_only=True)
class SplitParams:
    """How much is held out, never to be trained on."""

    test_share: float = 0.2


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One recipe that cross-validation compares: n-grams, their weights, and a linear classifier."""

    name: str
    ngrams: tuple[int, int] = (1, 2)
    """Of words and punctuation."""
    min_df: int = 2
    sublinear: bool = True
    weighting: Literal["tfidf", "nb"] = "tfidf"
    """`nb`: idf times the square root of the Naive Bayes log-count ratio."""
    classifier: Literal["naive_bayes", "logistic", "svm"] = "logistic"
    c: float = 10.0
    """Inverse strength of the L2 penalty, of logistic regression and SVM."""
    alpha: float = 0.1
    """Additive smoothing of Naive Bayes."""
    max_features: int = 0
    """Keep so many n-grams, those of largest |coefficient times weight|, and fit again; 0 keeps all."""
    characters: tuple[int, int] = (0, 0)
    """n-grams of characters, as a second view of the text with a classifier of its own; [0, 0] for none."""
    characters_min_df: int = 5


@dataclass(frozen=True, kw_only=True)
class TrainParams:
    """The recipes and how they are compared."""

    folds: int = 5
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, kw_only=True)
class GoldenParams:
    """The predictions that travel with the model, to prove that a server computes what training computed."""

    rows: int = 200
    texts: Literal["test", "builtin"] = "test"
    """`test`: held-out reviews. `builtin`: the built-in sample, where reviews must not leave the house."""


@dataclass(frozen=True, kw_only=True)
class EvaluateParams:
    """What the held-out reviews are asked."""

    positive: str = "positive"
    """The label that behavioural tests take for praise, ..."""
    negative: str = "negative"
    """... and for blame. A model that lacks one of them is not put to these tests."""
    champion: str = ""
    """Registered model whose champion is judged on the same reviews, for comparison; empty: none."""


@dataclass(frozen=True, kw_only=True)
class GateParams:
    """What a version must reach to become the challenger."""

    min_accuracy: float = 0.80
    max_drop: float = 0.01
    """By how much its accuracy may lie below the champion's on the same held-out reviews, where they are too few for
    the interval of the difference to tell."""
    max_milliseconds: float = 5.0
    """For one prediction: the median over held-out reviews, on the machine that runs the gate."""
    max_megabytes: float = 100.0
    """Of the model file, 10^6 bytes each."""
    behaviour: Mapping[str, float] = field(default_factory=dict)
    """Lowest pass rates of behavioural tests, by capability."""


@dataclass(frozen=True, kw_only=True)
class TrackingParams:
    """Where runs are recorded when MLFLOW_TRACKING_URI is set."""

    experiment: str = "sentiment-reviews"


@dataclass(frozen=True, kw_only=True)
class Params:
    """All of params.yaml."""

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
    params: Params = _build(Params, content if content is not None else {}, "")
    _check(params)
    return params


def _build(kind: Any, value: Any, where: str) -> Any:
    """Turn plain YAML into `kind`, a type made of dataclasses, tuples, mappings, literals and scalars."""
    if hasattr(kind, "__dataclass_fields__"):
        return _dataclass(kind, value, where)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _tuple(arguments, value, where)
    if origin is Mapping:
        _expect(isinstance(value, dict), where, "a mapping", value)
        if arguments[1] is str:  # names of labels, which YAML may take for numbers
            return {str(name): str(item) for name, item in value.items()}
        return {str(name): _build(arguments[1], item, _at(where, str(name))) for name, item in value.items()}
    if origin is Literal:
        _expect(value in arguments, where, f"one of {', '.join(arguments)}", value)
        return value
    if kind is float and type(value) is int:
        return float(value)
    _expect(type(value) is kind, where, f"a value of type {kind.__name__}", value)
    return value


def _dataclass(kind: Any, value: Any, where: str) -> Any:
    _expect(isinstance(value, dict), where or "the file", "a mapping", value)
    known = {entry.name: entry for entry in fields(kind)}
    unknown = sorted(str(name) for name in value if name not in known)
    if unknown:
        raise ParamsError(f"params.yaml: {_at(where, unknown[0])} is unknown; known are {', '.join(known)}")
    required = [n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING]
    missing = [name for name in required if name not in value]
    if missing:
        raise ParamsError(f"params.yaml: {_at(where, missing[0])} is missing")
    hints = get_type_hints(kind)
    return kind(**{name: _build(hints[name], item, _at(where, name)) for name, item in value.items()})


def _tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    _expect(isinstance(value, list), where, "a list", value)
    kinds = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else list(arguments)
    _expect(len(kinds) == len(value), where, f"{len(kinds)} values", value)
    return tuple(_build(kind, item, f"{where}[{i}]") for i, (kind, item) in enumerate(zip(kinds, value, strict=True)))


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _expect(condition: bool, where: str, expected: str, found: Any) -> None:
    if not condition:
        raise ParamsError(f"params.yaml: {where} must be {expected}, found {found!r}")


def _check(params: Params) -> None:
    train, golden, gate = params.train, params.golden, params.gate
    names = [candidate.name for candidate in train.candidates]
    rules = [
        (0.0 < params.split.test_share < 1.0, "split.test_share must lie between 0 and 1"),
        (train.folds >= 2, "train.folds must be at least 2"),
        (len(names) >= 1, "train.candidates must name at least one recipe"),
        (len(set(names)) == len(names), "train.candidates must have different names"),
        (all(1 <= c.ngrams[0] <= c.ngrams[1] <= 16 for c in train.candidates), "ngrams must be [shortest, longest]"),
        (all(c.min_df >= 1 for c in train.candidates), "min_df must be at least 1"),
        (
            all(c.characters == (0, 0) or 1 <= c.characters[0] <= c.characters[1] <= 16 for c in train.candidates),
            "characters must be [shortest, longest], or [0, 0] for none",
        ),
        (all(c.characters_min_df >= 1 for c in train.candidates), "characters_min_df must be at least 1"),
        (all(c.max_features >= 0 for c in train.candidates), "max_features must be positive, or 0 for all"),
        (all(c.c > 0 for c in train.candidates), "c must be positive"),
        (all(c.alpha > 0 for c in train.candidates), "alpha must be positive"),
        (golden.rows >= 20, "golden.rows must be at least 20, or parity would mean little"),
        (golden.rows <= 2000, "golden.rows must be at most 2000: each candidate is asked about all of them"),
        (0.0 <= gate.min_accuracy <= 1.0, "gate.min_accuracy must lie between 0 and 1"),
        (0.0 <= gate.max_drop <= 1.0, "gate.max_drop must lie between 0 and 1"),
        (gate.max_milliseconds > 0.0, "gate.max_milliseconds must be positive"),
        (gate.max_megabytes > 0.0, "gate.max_megabytes must be positive"),
        (all(0.0 <= floor <= 1.0 for floor in gate.behaviour.values()), "gate.behaviour holds shares between 0 and 1"),
        (params.prepare.min_rows_per_label >= 2, "prepare.min_rows_per_label must be at least 2"),
        (params.data.sample_rows >= 1, "data.sample_rows must be positive"),
    ]
    for holds, sentence in rules:
        if not holds:
            raise ParamsError(f"params.yaml: {sentence}")
