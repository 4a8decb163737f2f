"""Writing and reading `model.safetensors`, and refusing everything else.

Damage is tried three ways: by hand, with the sentence that is due; every truncation; and random mutations, after which
a file is either refused with a ModelFileError or holds a model that scores with finite numbers.
"""

import json
import math
import os
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_model import LinearModel, ModelFileError, Scorer, UnsupportedFormat
from sentiment_model.modelfile import read_model, write_model
from sentiment_model.reading import Reading
from sentiment_model.tensors import MAX_HEADER_BYTES
from tests.unit.model.models import three_classes, two_classes

pytestmark = pytest.mark.usefixtures("implementation")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def converted() -> LinearModel:
    """A model with the options that only converted models have."""
    return two_classes(tf="binary", norm="l1", reading=Reading("lower/v1", "words-of-two/v1", frozenset({"it", "ß"})))


def one_vs_rest() -> LinearModel:
    return three_classes(link="one-vs-rest")


@pytest.mark.parametrize("build", [two_classes, three_classes, converted, one_vs_rest])
def test_a_written_model_reads_back_equal(path: Path, build: Callable[[], LinearModel]) -> None:
    model = build()
    write_model(path, model)
    read = read_model(path)
    assert (read.labels, read.link, dict(read.facts)) == (model.labels, model.link, dict(model.facts))
    assert read.reading == model.reading
    assert list(read.bias) == pytest.approx(list(model.bias))
    for ours, theirs in zip(read.views, model.views, strict=True):
        assert (ours.name, ours.unit, ours.ngrams, ours.tf, ours.norm) == (
            *(theirs.name, theirs.unit, theirs.ngrams, theirs.tf, theirs.norm),
        )
        assert list(ours.keys) == list(theirs.keys)
        assert list(ours.weight) == list(theirs.weight)
        assert list(ours.coef) == list(theirs.coef)
    assert Scorer.open(path).predict("good") == Scorer(read).predict("good")


def test_equal_models_have_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_model(tmp_path / name, converted())
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_file_follows_the_safetensors_format(path: Path) -> None:
    write_model(path, two_classes())
    header, data = unpacked(path)
    assert header["__metadata__"]["format"] == "sentiment.dev/model/v1"
    assert sorted(header) == ["__metadata__", "bias", "words.coef", "words.keys", "words.weight"]
    begin, end = header["words.keys"]["data_offsets"]
    keys = struct.unpack("<3Q", data[begin:end])
    assert list(keys) == list(two_classes().views[0].keys)


def test_a_failed_write_keeps_the_old_file(path: Path) -> None:
    write_model(path, two_classes())
    before = path.read_bytes()
    with pytest.raises(ModelFileError, match="not finite"):
        write_model(path, changed(bias=[math.nan]))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (lambda: changed(labels=("only",)), "2 to 1000 labels"),
        (lambda: changed(labels=("same", "same")), "two labels are the same"),
        (lambda: changed(labels=("a", "b", "c")), "sigmoid link is for two"),
        (lambda: changed(labels=("a", "")), "1 to 100 characters"),
        (lambda: changed(labels=("a", "\ud800")), "lone surrogate"),
        (lambda: changed(facts={"recipe": "\ud800"}), "lone surrogate"),
        (lambda: changed(facts={str(n): "" for n in range(65)}), "at most 64 facts"),
        (lambda: changed(bias=[1e39]), "does not fit 32 bits"),
        (lambda: changed(bias=[0.0, 0.0]), "expected 1 numbers, found 2"),
        (lambda: changed(views=()), "1 to 8 views"),
        (lambda: changed_view(keys=[3, 2, 1]), "not strictly ascending"),
        (lambda: changed_view(keys=[1, 1, 2]), "not strictly ascending"),
        (lambda: changed_view(keys=[-1, 1, 2]), "unsigned 64-bit"),
        (lambda: changed_view(keys=[], weight=[], coef=[]), "vocabulary is empty"),
        (lambda: changed_view(weight=[1.0]), "expected 3 numbers, found 1"),
        (lambda: changed_view(coef=[1.0, math.inf, 1.0]), "not finite"),
        (lambda: changed_view(ngrams=(2, 1)), "shortest first"),
        (lambda: changed_view(ngrams=(0, 1)), "1 to 16 tokens"),
        (lambda: changed_view(name="../words"), "lower-case letters"),
        (lambda: changed(reading=Reading(stop_words=frozenset({""}))), "stop words, of 1 to 100 characters"),
        (lambda: changed(reading=Reading(stop_words=frozenset({"\ud800"}))), "a stop word holds a lone surrogate"),
        (lambda: changed(reading=Reading(stop_words=frozenset(map(str, range(10_001))))), "at most 10000 stop words"),
    ],
)
def test_an_impossible_model_is_not_written(path: Path, model: Callable[[], LinearModel], sentence: str) -> None:
    with pytest.raises(ModelFileError, match=sentence):
        write_model(path, model())
    assert not path.exists()


def changed(**values: Any) -> LinearModel:
    return replace(two_classes(), **values)


def changed_view(**values: Any) -> LinearModel:
    model = two_classes()
    return replace(model, views=(replace(model.views[0], **values),))


def unpacked(path: Path) -> tuple[dict[str, Any], bytes]:
    """The header and the data of a file."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def rewrite(path: Path, damage: Callable[[dict[str, Any]], object]) -> None:
    """Change the header of a file and keep its data and its alignment."""
    header, data = unpacked(path)
    damage(header)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def metadata(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda header: header["__metadata__"].__setitem__(name, value)


def view_setting(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def damage(header: dict[str, Any]) -> None:
        views = json.loads(header["__metadata__"]["views"])
        views[0][name] = value
        header["__metadata__"]["views"] = json.dumps(views)

    return damage


def entry(name: str, key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda header: header[name].__setitem__(key, value)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (metadata("format", "sentiment.dev/model/v2"), "expected format sentiment.dev/model/v1"),
        (lambda header: header.pop("__metadata__"), "expected format"),
        (metadata("preprocessing", "other"), "unknown preprocessing"),
        (metadata("tokens", "other"), "unknown tokens"),
        (metadata("keys", "other"), "unknown keys"),
        (metadata("calibration", "platt"), "unknown calibration"),
        (metadata("link", "probit"), "unknown link"),
        (view_setting("unit", "sentences"), "unknown unit"),
        (view_setting("tf", "log"), "unknown tf"),
        (view_setting("norm", ["l2"]), "unknown norm"),
        (entry("bias", "dtype", "F64"), "neither U64 nor F32"),
        (lambda header: header.__setitem__("Words!", header["bias"]), "name that no model"),
    ],
)
def test_an_unknown_option_is_unsupported(path: Path, damage: Any, sentence: str) -> None:
    write_model(path, two_classes())
    rewrite(path, damage)
    with pytest.raises(UnsupportedFormat, match=sentence):
        read_model(path)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (metadata("labels", "[1, 2]"), "list of strings"),
        (metadata("labels", '["a", "b"'), "labels is not JSON"),
        (metadata("labels", "[" * 100_000), "nested too deeply"),
        (metadata("facts", "[]"), "facts must be"),
        (metadata("facts", '{"a": NaN}'), "NaN is not a JSON number"),
        (metadata("facts", '{"a": "", "a": ""}'), "occurs twice"),
        (metadata("views", "[]"), "1 to 8"),
        (metadata("views", "[1]"), "a view must have exactly"),
        (metadata("format", 1), "object of strings"),
        (metadata("stop_words", '["the", 1]'), "stop_words must be a list of strings"),
        (metadata("surplus", "x"), "must have exactly"),
        (view_setting("ngrams", [1, 10**6]), "1 to 16 tokens"),
        (view_setting("ngrams", "1-2"), "two integers"),
        (view_setting("name", "other"), "other.keys is missing"),
        (lambda header: header.pop("bias"), "belongs to no tensor|bias is missing"),
        (entry("words.keys", "dtype", "F32"), "do not make the shape"),
        (entry("words.keys", "shape", [2**62, 2**62]), "one or two sizes"),
        (entry("words.keys", "shape", []), "one or two sizes"),
        (entry("words.keys", "shape", [True]), "one or two sizes"),
        (entry("words.keys", "shape", [3, 1]), "expected U64"),
        (entry("words.keys", "data_offsets", [0, 10**9]), "not within the data"),
        (entry("words.keys", "data_offsets", [24, 0]), "not within the data"),
        (entry("words.keys", "data_offsets", [0]), "not two positions"),
        (entry("words.weight", "data_offsets", [2, 14]), "not a multiple of 4"),
        (entry("words.weight", "data_offsets", [0, 12]), "no tensor or to two"),
        (entry("words.coef", "shape", [3, 2]), "do not make the shape"),
        (lambda header: header["bias"].pop("dtype"), "expected dtype, shape and data_offsets"),
    ],
)
def test_a_damaged_header_is_refused_with_the_reason(path: Path, damage: Any, sentence: str) -> None:
    write_model(path, two_classes())
    rewrite(path, damage)
    with pytest.raises(ModelFileError, match=sentence):
        read_model(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "too few"),
        (b"PK\x03\x04 a zip file, perhaps a pickle in disguise", "not a safetensors file"),
        (b"\x80\x04\x95 a pickle", "not a safetensors file"),
        (struct.pack("<Q", 2**63) + b"{}", "not a safetensors file"),
        (struct.pack("<Q", MAX_HEADER_BYTES) + b"{}", "past the end"),
        (struct.pack("<Q", 8) + b"[      ]", "not a JSON object"),
        (struct.pack("<Q", 2) + b"{}", "not a multiple of 8"),
        (struct.pack("<Q", 8) + b"\xff" * 8, "not UTF-8"),
        (struct.pack("<Q", 5000) + b"1" * 5000, "not acceptable JSON"),
        (struct.pack("<Q", 8) + b"{}      ", "expected format"),
        (struct.pack("<Q", 8) + b"{}      " + b"surplus", "tensors end at byte 0"),
    ],
)
def test_a_file_that_is_no_model_is_refused(path: Path, content: bytes, sentence: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=sentence):
        read_model(path)


def test_a_pipe_or_a_folder_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for other in (pipe, tmp_path):
        with pytest.raises(UnsupportedFormat, match="not a regular file"):
            read_model(other)


def test_a_file_larger_than_any_model_is_refused_at_once(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)  # sparse
    with pytest.raises(UnsupportedFormat, match="at most 1073741824 are allowed"):
        read_model(path)


def test_every_truncation_is_refused(path: Path) -> None:
    write_model(path, two_classes())
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError):
            read_model(path)


CASES = int(os.environ.get("FUZZ_CASES", "300"))
"""Number of mutated files; `make fuzz` tries many more."""


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=CASES, deadline=None)
@pytest.mark.usefixtures("rust")
def test_a_mutated_file_is_refused_or_scored_equally_by_both_implementations(path: Path, data: st.DataObject) -> None:
    models = [two_classes(), three_classes(), converted(), one_vs_rest()]
    write_model(path, data.draw(st.sampled_from(models)))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        change = data.draw(st.sampled_from(["flip", "byte", "cut", "insert"]))
        if change == "flip":
            content[place] ^= 1 << data.draw(st.integers(0, 7))
        elif change == "byte":
            content[place] = data.draw(st.integers(0, 255))
        elif change == "cut":
            del content[place : place + data.draw(st.integers(1, 64))]
            content += b"\0"
        else:
            content[place:place] = data.draw(st.binary(min_size=1, max_size=16))
    # A mapped file must not change under its reader, so each example has a file of its own.
    path.unlink()
    path.write_bytes(content)
    in_rust, in_python = (outcome(path, native) for native in ("1", "0"))
    if isinstance(in_python, str):
        assert in_rust == in_python
    else:
        assert in_rust == pytest.approx(in_python, abs=1e-6, rel=1e-6)
        assert all(map(math.isfinite, in_python))


def outcome(path: Path, native: str) -> str | tuple[float, ...]:
    """The type and message of the error, or all numbers of a prediction."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIMENT_NATIVE", native)
        try:
            prediction = Scorer.open(path).predict("good, not bad, fine")
        except ModelFileError as error:
            return f"{type(error).__name__}: {error}"
    return (*prediction.margins, *prediction.probabilities, prediction.known, prediction.total)
