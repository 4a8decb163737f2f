"""`model.safetensors`: a LinearModel on disk. docs/model-file.md describes the format.

The file holds no code, and the reader trusts nothing in it: it checks lengths, order, uniqueness, finiteness and every
name.
"""

import json
import math
import os
import re
import tempfile
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast, get_args

from sentiment_model import native
from sentiment_model.errors import ModelFileError, UnsupportedFormat
from sentiment_model.keys import KEY_FUNCTION
from sentiment_model.linear import LinearModel, Link, Norm, Tf, View
from sentiment_model.reading import Reading, Unit
from sentiment_model.tensors import Container, Tensor, map_file, pack, parse_json
from sentiment_model.tokens import Preprocessing, Tokens
from sentiment_model.unicode import is_encodable

__all__ = ["FORMAT", "LinearModel", "ModelFileError", "UnsupportedFormat", "View", "read_model", "write_model"]

FORMAT = "sentiment.dev/model/v1"

MAX_CLASSES = 1000
MAX_VIEWS = 8
MAX_NGRAM = 16
MAX_LABEL_LENGTH = 100
MAX_FACTS = 64
MAX_STOP_WORDS = 10_000
MAX_STOP_WORD_LENGTH = 100
_VIEW_NAME = re.compile(r"[a-z0-9_]{1,64}")
_CALIBRATION = "none"
_METADATA = {"format", "labels", "preprocessing", "tokens", "keys", "views", "link", "calibration", "facts"}
_OPTIONAL = {"stop_words"}


def read_model(path: str | os.PathLike[str]) -> LinearModel:
    """Map a model file and check all of it. Its arrays stay in the page cache, shared between processes.

    The file must not be truncated while the model is in use: the kernel would kill the process, as with any mapping.

    Raises:
        UnsupportedFormat: The file is no model file, or has a version or an option that this release does not know.
        ModelFileError: The content of the model file is damaged.
        OSError: The file cannot be opened.
    """
    container = map_file(Path(path))
    model = _decode(container)
    _check(model)
    return model


def write_model(path: str | os.PathLike[str], model: LinearModel) -> None:
    """Check a model and write it atomically. Equal models have equal bytes.

    Raises:
        ModelFileError: `read_model` would not accept the model.
    """
    _check(model)
    target = Path(path)
    data = pack(_encode(model))
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _encode(model: LinearModel) -> Container:
    k = model.outputs
    metadata = {
        "format": FORMAT,
        "labels": _json(model.labels),
        "preprocessing": model.reading.preprocessing,
        "tokens": model.reading.tokens,
        "keys": KEY_FUNCTION,
        "views": _json(
            [{"name": v.name, "unit": v.unit, "ngrams": v.ngrams, "tf": v.tf, "norm": v.norm} for v in model.views]
        ),
        "link": model.link,
        "calibration": _CALIBRATION,
        "facts": _json(dict(model.facts)),
    }
    if model.reading.stop_words:
        metadata["stop_words"] = _json(sorted(model.reading.stop_words))
    tensors = {"bias": Tensor("F32", (k,), _pack("f", model.bias))}
    for view in model.views:
        n = len(view.keys)
        tensors[f"{view.name}.keys"] = Tensor("U64", (n,), _pack("Q", view.keys))
        tensors[f"{view.name}.weight"] = Tensor("F32", (n,), _pack("f", view.weight))
        tensors[f"{view.name}.coef"] = Tensor("F32", (n, k), _pack("f", view.coef))
    return Container(metadata, tensors)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _pack(typecode: str, values: Iterable[Any]) -> memoryview:
    try:
        packed = array(typecode, values)
    except OverflowError:
        raise ModelFileError("a key is not an unsigned 64-bit integer") from None
    if not all(map(math.isfinite, packed)):
        # array turns a number too large for 32 bits into infinity without an error.
        raise ModelFileError("a number does not fit 32 bits")
    return memoryview(packed)


def _decode(container: Container) -> LinearModel:
    metadata = container.metadata
    if metadata.get("format") != FORMAT:
        raise UnsupportedFormat(f"not a model file of this release: expected format {FORMAT} in its metadata")
    if set(metadata) - _OPTIONAL != _METADATA:
        raise ModelFileError(f"the metadata must have exactly {', '.join(sorted(_METADATA))}, and may have stop_words")
    for name, known in (
        ("preprocessing", get_args(Preprocessing)),
        ("tokens", get_args(Tokens)),
        ("keys", (KEY_FUNCTION,)),
        ("link", get_args(Link)),
        ("calibration", (_CALIBRATION,)),
    ):
        if metadata[name] not in known:
            raise UnsupportedFormat(f"unknown {name}: this release knows {', '.join(known)}")
    labels = parse_json(metadata["labels"], "metadata labels")
    facts = parse_json(metadata["facts"], "metadata facts")
    views = parse_json(metadata["views"], "metadata views")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ModelFileError("labels must be a list of strings")
    if not isinstance(facts, dict) or not all(isinstance(fact, str) for fact in facts.values()):
        raise ModelFileError("facts must be an object of strings")
    if not isinstance(views, list) or not 1 <= len(views) <= MAX_VIEWS:
        raise ModelFileError(f"views must be a list of 1 to {MAX_VIEWS}")
    link = cast("Link", metadata["link"])
    k = 1 if link == "sigmoid" else len(labels)
    tensors = dict(container.tensors)
    decoded = tuple(_decode_view(view, tensors, k) for view in views)
    bias = _take(tensors, "bias", "F32", (k,))
    if tensors:
        raise ModelFileError(f"{len(tensors)} tensors belong to no view")
    return LinearModel(
        labels=tuple(labels), views=decoded, bias=bias, link=link, facts=facts, reading=_decode_reading(metadata)
    )


def _decode_reading(metadata: Mapping[str, str]) -> Reading:
    stop_words = parse_json(metadata.get("stop_words", "[]"), "metadata stop_words")
    if not isinstance(stop_words, list) or not all(isinstance(word, str) for word in stop_words):
        raise ModelFileError("stop_words must be a list of strings")
    return Reading(
        cast("Preprocessing", metadata["preprocessing"]), cast("Tokens", metadata["tokens"]), frozenset(stop_words)
    )


def _decode_view(entry: Any, tensors: dict[str, Tensor], k: int) -> View:
    if not isinstance(entry, dict) or set(entry) != {"name", "unit", "ngrams", "tf", "norm"}:
        raise ModelFileError("a view must have exactly name, unit, ngrams, tf and norm")
    name, ngrams = entry["name"], entry["ngrams"]
    if not isinstance(name, str) or not _VIEW_NAME.fullmatch(name):
        raise ModelFileError("a view's name must be 1 to 64 lower-case letters, digits and underscores")
    if not isinstance(ngrams, list) or len(ngrams) != 2 or not all(type(n) is int for n in ngrams):
        raise ModelFileError(f"view {name}: ngrams must be two integers")
    for field, known in (("unit", get_args(Unit)), ("tf", get_args(Tf)), ("norm", get_args(Norm))):
        if entry[field] not in known:
            raise UnsupportedFormat(f"view {name}: unknown {field}, this release knows {', '.join(known)}")
    keys = tensors.get(f"{name}.keys")
    n = keys.shape[0] if keys is not None else 0
    return View(
        name=name,
        unit=entry["unit"],
        ngrams=(ngrams[0], ngrams[1]),
        tf=entry["tf"],
        norm=entry["norm"],
        keys=_take(tensors, f"{name}.keys", "U64", (n,)),
        weight=_take(tensors, f"{name}.weight", "F32", (n,)),
        coef=_take(tensors, f"{name}.coef", "F32", (n, k)),
    )


def _take(tensors: dict[str, Tensor], name: str, dtype: str, shape: tuple[int, ...]) -> Sequence[Any]:
    tensor = tensors.pop(name, None)
    if tensor is None:
        raise ModelFileError(f"tensor {name} is missing")
    if (tensor.dtype, tensor.shape) != (dtype, shape):
        raise ModelFileError(
            f"tensor {name}: expected {dtype} {list(shape)}, found {tensor.dtype} {list(tensor.shape)}"
        )
    return tensor.data


def _check(model: LinearModel) -> None:
    """Check the invariants of a model that was read or is about to be written."""
    if not 2 <= len(model.labels) <= MAX_CLASSES:
        raise ModelFileError(f"a model has 2 to {MAX_CLASSES} labels, this one {len(model.labels)}")
    if not all(1 <= len(label) <= MAX_LABEL_LENGTH for label in model.labels):
        raise ModelFileError(f"a label has 1 to {MAX_LABEL_LENGTH} characters")
    if not all(is_encodable(label) for label in model.labels):
        raise ModelFileError("a label holds a lone surrogate")
    if len(set(model.labels)) != len(model.labels):
        raise ModelFileError("two labels are the same")
    if model.link == "sigmoid" and len(model.labels) != 2:
        raise ModelFileError(f"the sigmoid link is for two labels, this model has {len(model.labels)}")
    _check_facts(model.facts)
    _check_stop_words(model.reading.stop_words)
    _check_numbers("bias", model.bias, model.outputs)
    if not 1 <= len(model.views) <= MAX_VIEWS or len({view.name for view in model.views}) != len(model.views):
        raise ModelFileError(f"a model has 1 to {MAX_VIEWS} views with different names")
    for view in model.views:
        _check_view(view, model.outputs)


def _check_facts(facts: Mapping[str, str]) -> None:
    if len(facts) > MAX_FACTS:
        raise ModelFileError(f"a model has at most {MAX_FACTS} facts")
    if not all(is_encodable(name) and is_encodable(value) for name, value in facts.items()):
        raise ModelFileError("a fact holds a lone surrogate")


def _check_stop_words(words: frozenset[str]) -> None:
    if len(words) > MAX_STOP_WORDS or not all(1 <= len(word) <= MAX_STOP_WORD_LENGTH for word in words):
        raise ModelFileError(
            f"a model has at most {MAX_STOP_WORDS} stop words, of 1 to {MAX_STOP_WORD_LENGTH} characters each"
        )
    if not all(map(is_encodable, words)):
        raise ModelFileError("a stop word holds a lone surrogate")


def _check_view(view: View, k: int) -> None:
    if not _VIEW_NAME.fullmatch(view.name):
        raise ModelFileError("a view's name must be 1 to 64 lower-case letters, digits and underscores")
    shortest, longest = view.ngrams
    if not 1 <= shortest <= longest <= MAX_NGRAM:
        raise ModelFileError(f"view {view.name}: n-grams must be of 1 to {MAX_NGRAM} tokens, shortest first")
    n = len(view.keys)
    if n == 0:
        raise ModelFileError(f"view {view.name}: the vocabulary is empty")
    _check_numbers(f"{view.name}.weight", view.weight, n)
    _check_numbers(f"{view.name}.coef", view.coef, n * k)
    if not native.ascending(view.keys):
        raise ModelFileError(f"tensor {view.name}.keys: not strictly ascending")


def _check_numbers(name: str, values: Sequence[float], count: int) -> None:
    if len(values) != count:
        raise ModelFileError(f"tensor {name}: expected {count} numbers, found {len(values)}")
    if not native.finite(values):
        raise ModelFileError(f"tensor {name}: a number is not finite")
