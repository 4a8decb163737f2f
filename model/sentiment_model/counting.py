"""Counts the n-grams of a corpus into a sparse matrix. Only training needs this module, and numpy and scipy with it."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from types import ModuleType

import numpy as np
import numpy.typing as npt
from scipy import sparse

from sentiment_model import native
from sentiment_model.reading import Unit, ngram_keys_of, ngram_lengths_of, ngram_names_of

_TEXTS_AT_ONCE = 1024


class KeyCollision(ValueError):
    """Two different n-grams have the same key, so that a model would give both the same weight."""


@dataclass(frozen=True)
class NgramCounts:
    """How often each n-gram occurs in each text."""

    matrix: sparse.csr_matrix
    """int32 [texts, n-grams], the columns of each row ascending."""
    keys: npt.NDArray[np.uint64]
    """[n-grams], strictly ascending."""
    lengths: npt.NDArray[np.uint8]
    """[n-grams], in tokens."""


def count_ngrams(
    texts: Iterable[str], *, unit: Unit = "words", ngrams: tuple[int, int], min_df: int = 1, threads: int | None = None
) -> NgramCounts:
    """Count all n-grams of these lengths that occur in at least `min_df` texts.

    Args:
        texts: Raw texts. They are read in batches and not kept.
        unit: What n-grams are made of.
        ngrams: Shortest and longest n-gram, 1 to 16 tokens.
        min_df: Smallest document frequency of an n-gram. It is counted exactly, however large the corpus is.
        threads: Number of threads; None for one per processor. The Python implementation uses one.

    Raises:
        UnencodableText: (a ValueError) A text holds a lone surrogate.
        KeyCollision: Two n-grams of different lengths have the same key. `ngram_names` finds those of equal lengths.
    """
    module = native.available()
    if module is None:
        return _count_in_python(texts, unit, ngrams, min_df)
    return _count_in_rust(module, texts, unit, ngrams, min_df, threads or native.cpus())


def project(counts: NgramCounts, keys: npt.NDArray[np.uint64]) -> sparse.csr_matrix:
    """The counts restricted to these ascending keys, [texts, keys]. A key that was not counted has an empty column."""
    places = np.minimum(np.searchsorted(keys, counts.keys), max(0, len(keys) - 1))
    known = np.flatnonzero(keys[places] == counts.keys) if len(keys) else np.array([], dtype=np.int64)
    matrix = counts.matrix[:, known]
    columns = places[known][matrix.indices].astype(matrix.indices.dtype)
    return sparse.csr_matrix((matrix.data, columns, matrix.indptr), shape=(matrix.shape[0], len(keys)), copy=False)


def ngram_names(
    texts: Sequence[str], keys: npt.NDArray[np.uint64], *, unit: Unit = "words", ngrams: tuple[int, int]
) -> list[str]:
    """The n-grams of ascending keys, found again in the texts that they were counted in.

    The words of an n-gram are joined by spaces. A key that no text has yields "".

    Raises:
        KeyCollision: Two different n-grams of these texts share one of these keys.
    """
    module = native.available()
    if module is None:
        return _names_in_python(texts, keys, unit, ngrams)
    try:
        with native.encodable():
            found: list[str | None] = module.ngram_names(texts, keys, unit, ngrams)
    except module.KeyCollision as error:
        raise KeyCollision(str(error)) from None
    return [name or "" for name in found]


def _count_in_rust(
    module: ModuleType, texts: Iterable[str], unit: Unit, ngrams: tuple[int, int], min_df: int, threads: int
) -> NgramCounts:
    counter = module.NgramCounter(unit, ngrams, threads)
    remaining = iter(texts)
    while batch := list(islice(remaining, _TEXTS_AT_ONCE)):
        with native.encodable():
            counter.add(batch)
    try:
        row_starts, columns, counts, keys, lengths = counter.finish(min_df)
    except module.KeyCollision as error:
        raise KeyCollision(str(error)) from None
    return _assemble(
        np.frombuffer(row_starts, np.int64),
        np.frombuffer(columns, np.int32),
        np.frombuffer(counts, np.int32),
        np.frombuffer(keys, np.uint64),
        np.frombuffer(lengths, np.uint8),
    )


def _count_in_python(texts: Iterable[str], unit: Unit, ngrams: tuple[int, int], min_df: int) -> NgramCounts:
    keys, counts, lengths, row_starts = array("Q"), array("i"), array("B"), array("q", [0])
    for text in texts:
        of_text = ngram_keys_of(text, unit, ngrams)
        length_of = dict(zip(of_text, ngram_lengths_of(text, unit, ngrams), strict=True))
        found = Counter(of_text)
        keys.extend(found)
        counts.extend(found.values())
        lengths.extend(length_of[key] for key in found)
        row_starts.append(len(keys))
    vocabulary, first, columns, frequency = np.unique(
        np.array(keys, dtype=np.uint64), return_index=True, return_inverse=True, return_counts=True
    )
    matrix = _assemble(
        np.array(row_starts, dtype=np.int64),
        columns.astype(np.int32),
        np.array(counts, dtype=np.int32),
        vocabulary,
        np.array(lengths, dtype=np.uint8)[first],
    )
    matrix.matrix.sort_indices()
    kept = np.flatnonzero(frequency >= min_df)
    return NgramCounts(matrix.matrix[:, kept], matrix.keys[kept], matrix.lengths[kept])


def _assemble(
    row_starts: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int32],
    keys: npt.NDArray[np.uint64],
    lengths: npt.NDArray[np.uint8],
) -> NgramCounts:
    if row_starts[-1] <= np.iinfo(np.int32).max:
        # scipy needs both index arrays in one type; otherwise it copies the columns to 64 bits.
        row_starts = row_starts.astype(np.int32)
    matrix = sparse.csr_matrix((counts, columns, row_starts), shape=(len(row_starts) - 1, len(keys)), copy=False)
    return NgramCounts(matrix, keys, lengths)


def _names_in_python(
    texts: Iterable[str], keys: npt.NDArray[np.uint64], unit: Unit, ngrams: tuple[int, int]
) -> list[str]:
    places = {int(key): place for place, key in enumerate(keys)}
    names: list[str | None] = [None] * len(keys)
    for text in texts:
        pairs = zip(ngram_keys_of(text, unit, ngrams), ngram_names_of(text, unit, ngrams), strict=True)
        for key, name in pairs:
            place = places.get(key)
            if place is not None:
                if names[place] not in (None, name):
                    raise KeyCollision(f"two n-grams have the same 64-bit key, {key:#018x}")
                names[place] = name
    return [name or "" for name in names]
