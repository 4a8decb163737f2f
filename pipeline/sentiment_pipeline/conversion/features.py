"""Reads the options and the vocabulary of a fitted vectorizer, in the terms of a model file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

import sentiment_model
from sentiment_model.keys import CHARACTERS_START, WORDS_START, ngram_key
from sentiment_model.linear import Norm, Tf
from sentiment_model.modelfile import MAX_NGRAM
from sentiment_model.reading import Reading, Unit
from sentiment_model.tokens import TOKENS, Preprocessing, Tokens
from sentiment_pipeline.conversion.decision import steps_of
from sentiment_pipeline.errors import ConversionError, NotSupported

_UNITS: dict[str, Unit] = {"word": "words", "char": "characters", "char_wb": "characters-in-words"}

_TOKEN_PATTERNS: dict[str, Tokens] = {
    r"(?u)\b\w\w+\b": "words-of-two/v1",
    r"\b\w\w+\b": "words-of-two/v1",
    r"\w\w+": "words-of-two/v1",
    r"\w{2,}": "words-of-two/v1",
    r"\b\w{2,}\b": "words-of-two/v1",
    r"(?u)\b\w+\b": "words/v1",
    r"\b\w+\b": "words/v1",
    r"\w+": "words/v1",
    r"\w{1,}": "words/v1",
    r"\S+": "nonspaces/v1",
    r"[^\s]+": "nonspaces/v1",
    r"\w+(?:'\w+)?|[^\w\s]": "words-punctuation/v1",
}
_TOKENIZERS: dict[Callable[[str], list[str]], Tokens] = {
    str.split: "nonspaces/v1",
    sentiment_model.tokenize: "words-punctuation/v1",
}


@dataclass(frozen=True)
class ForeignView:
    """One vectorizer: `n` n-grams in the order of its columns."""

    unit: Unit
    ngrams: tuple[int, int]
    tf: Tf
    norm: Norm
    keys: npt.NDArray[np.uint64]
    """[n]"""
    weight: npt.NDArray[np.float64]
    """[n], idf or 1."""
    scale: float = 1.0
    """The factor of a FeatureUnion for the normalised features."""


@dataclass(frozen=True)
class Features:
    """All views, in the order of their columns in the features, and how they read a text."""

    reading: Reading
    views: tuple[ForeignView, ...]


def read_features(steps: Sequence[Any]) -> tuple[Features, list[Any]]:
    """Read the vectorizer at the beginning of a pipeline.

    Returns:
        The features, and the steps after the vectorizer.

    Raises:
        ConversionError: one of its options is not supported.
    """
    from sklearn.pipeline import FeatureUnion

    first, rest = steps[0], list(steps[1:])
    if type(first) is not FeatureUnion:
        reading, view, rest = _read_vectorizer(steps)
        return Features(reading, (view,)), rest
    scales = first.transformer_weights or {}
    readings, views = [], []
    for name, part in first.transformer_list:
        if part == "drop":
            continue
        reading, view, left = _read_vectorizer(steps_of(part))
        if left:
            raise NotSupported(f"{_name(left[0])} within a FeatureUnion")
        readings.append((view.unit, reading))
        views.append(replace(view, scale=float(scales.get(name, 1.0))))
    return Features(_common_reading(readings), tuple(views)), rest


def _read_vectorizer(steps: Sequence[Any]) -> tuple[Reading, ForeignView, list[Any]]:
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

    vectorizer, rest = steps[0], list(steps[1:])
    if type(vectorizer) is TfidfVectorizer:
        weighting: Any = vectorizer
    elif type(vectorizer) is CountVectorizer:
        weighting = rest.pop(0) if rest and type(rest[0]) is TfidfTransformer else None
    else:
        raise NotSupported(f"{_name(vectorizer)} as the first step (expected TfidfVectorizer or CountVectorizer)")
    if not hasattr(vectorizer, "vocabulary_"):
        raise ConversionError(f"{_name(vectorizer)} is not fitted")
    unit = _unit(vectorizer)
    view = ForeignView(
        unit=unit,
        ngrams=_ngrams(vectorizer),
        tf=_tf(vectorizer, weighting),
        norm="none" if weighting is None else _norm(weighting),
        keys=_keys(vectorizer, unit),
        weight=_idf(weighting, len(vectorizer.vocabulary_)),
    )
    return _reading(vectorizer, unit), view, rest


def _unit(vectorizer: Any) -> Unit:
    if not isinstance(vectorizer.analyzer, str):
        raise NotSupported("an analyzer that is a function")
    if vectorizer.input != "content":
        raise NotSupported(f"input={vectorizer.input!r}: a model predicts texts, not files")
    return _UNITS[vectorizer.analyzer]


def _ngrams(vectorizer: Any) -> tuple[int, int]:
    shortest, longest = map(int, vectorizer.ngram_range)
    if longest > MAX_NGRAM:
        raise NotSupported(f"n-grams of {longest} tokens (at most {MAX_NGRAM})")
    return shortest, longest


def _tf(vectorizer: Any, weighting: Any) -> Tf:
    if vectorizer.binary:
        return "binary"
    return "sublinear" if weighting is not None and weighting.sublinear_tf else "plain"


def _norm(weighting: Any) -> Norm:
    norms: dict[str | None, Norm] = {"l2": "l2", "l1": "l1", None: "none"}
    return norms[weighting.norm]


def _idf(weighting: Any, columns: int) -> npt.NDArray[np.float64]:
    if weighting is None or not weighting.use_idf:
        return np.ones(columns)
    return np.asarray(weighting.idf_, dtype=np.float64)


def _keys(vectorizer: Any, unit: Unit) -> npt.NDArray[np.uint64]:
    """The keys of the vocabulary, [columns].

    Raises:
        ConversionError: two n-grams share a key.
    """
    names: list[str] = [""] * len(vectorizer.vocabulary_)
    for name, column in vectorizer.vocabulary_.items():
        names[column] = name
    if unit == "words":
        # No token holds a space, however texts are split.
        keys = [ngram_key(name.split(" "), WORDS_START) for name in names]
    else:
        keys = [ngram_key(name, CHARACTERS_START) for name in names]
    found = np.array(keys, dtype=np.uint64)
    if len(np.unique(found)) != len(found):
        raise ConversionError("two n-grams of the vocabulary have the same 64-bit key: remove one of them")
    return found


def _reading(vectorizer: Any, unit: Unit) -> Reading:
    if unit != "words":
        return Reading(_preprocessing(vectorizer, one_space=unit == "characters"), TOKENS)
    return Reading(
        _preprocessing(vectorizer, one_space=False),
        _tokens(vectorizer),
        frozenset(vectorizer.get_stop_words() or ()),
    )


def _preprocessing(vectorizer: Any, *, one_space: bool) -> Preprocessing:
    if vectorizer.preprocessor is sentiment_model.preprocess and not one_space:
        return "br-space-lower/v1"
    if vectorizer.preprocessor is not None:
        raise NotSupported("a preprocessor of your own")
    if vectorizer.strip_accents is not None:
        raise NotSupported(f"strip_accents={vectorizer.strip_accents!r}")
    if one_space:
        return "lower-one-space/v1" if vectorizer.lowercase else "one-space/v1"
    return "lower/v1" if vectorizer.lowercase else "none/v1"


def _tokens(vectorizer: Any) -> Tokens:
    if vectorizer.tokenizer is not None:
        for tokenizer, tokens in _TOKENIZERS.items():
            if vectorizer.tokenizer is tokenizer:
                return tokens
        raise NotSupported("a tokenizer of your own (str.split and sentiment_model.tokenize are supported)")
    if vectorizer.token_pattern not in _TOKEN_PATTERNS:
        known = ", ".join(_TOKEN_PATTERNS)
        raise NotSupported(f"token_pattern={vectorizer.token_pattern!r} (supported are {known})")
    return _TOKEN_PATTERNS[vectorizer.token_pattern]


def _common_reading(readings: Sequence[tuple[Unit, Reading]]) -> Reading:
    """The reading of all views. Replacing runs of white space by one space does not change the words of a text."""
    preprocessings = {reading.preprocessing for _, reading in readings}
    if preprocessings == {"lower/v1", "lower-one-space/v1"}:
        preprocessings = {"lower-one-space/v1"}
    elif preprocessings == {"none/v1", "one-space/v1"}:
        preprocessings = {"one-space/v1"}
    of_words = {(reading.tokens, reading.stop_words) for unit, reading in readings if unit == "words"}
    if len(preprocessings) != 1 or len(of_words) > 1:
        raise NotSupported("a FeatureUnion of vectorizers that lowercase, split or drop words differently")
    tokens, stop_words = of_words.pop() if of_words else (TOKENS, frozenset())
    return Reading(preprocessings.pop(), tokens, stop_words)


def _name(step: Any) -> str:
    return type(step).__name__
