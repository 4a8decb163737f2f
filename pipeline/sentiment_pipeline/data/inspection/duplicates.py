"""Finds texts that are equal when punctuation and case are ignored, and near-duplicates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse

from sentiment_model import preprocess, tokenize
from sentiment_model.counting import count_ngrams
from sentiment_pipeline.progress import progress

SHINGLE_WORDS = 5

NEAR = 0.5
"""Two texts are near-duplicates from this Jaccard similarity of their shingles."""

_SKETCH = 16
"""Number of shingles of a text that are compared with those of other texts: the ones with the smallest hashes among
those that occur in other texts too (Broder 1997), frequent and rare ones separately. At a Jaccard similarity of 0.5
about one pair in thousands is missed."""

_MOST_IN_COMMON = 20
"""A shingle in more texts than this pairs each text only with the next: a common phrase gives millions of pairs."""

_PAIRS_AT_ONCE = 20_000

Pairs = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pair:
    """The positions of two texts, in ascending order."""

    first: int
    second: int
    similarity: float
    """1 for texts that are equal when normalised, otherwise the Jaccard similarity of their shingles."""


def normalised(text: str) -> str:
    """The words of a text in lower case, separated by single spaces."""
    return " ".join(token for token in tokenize(preprocess(text)) if token[0].isalnum())


def similar_pairs(texts: Sequence[str]) -> list[Pair]:
    """Pairs of texts that are equal when normalised, and pairs of near-duplicates.

    Of several equal texts each is paired with the first, and only the first is paired with its near-duplicates.
    """
    first: dict[str, int] = {}
    equal = []
    with progress("look for duplicates", len(texts)) as advance:
        for place, text in enumerate(map(normalised, texts)):
            earlier = first.setdefault(text, place)
            if earlier != place:
                equal.append(Pair(earlier, place, 1.0))
            advance(1)
    places = list(first.values())
    with progress("look for near-duplicates", len(places)) as advance:
        near = [Pair(places[a], places[b], similarity) for a, b, similarity in _near_pairs(list(first))]
        advance(len(places))
    return sorted([*equal, *near], key=lambda pair: (-pair.similarity, pair.first, pair.second))


def _near_pairs(texts: Sequence[str]) -> Iterator[tuple[int, int, float]]:
    """Positions and similarity of near-duplicates among distinct normalised texts."""
    counts = count_ngrams(texts, ngrams=(SHINGLE_WORDS, SHINGLE_WORDS), min_df=1).matrix
    sizes = np.diff(counts.indptr)
    # A shingle's key is a hash, so the first columns of a row are a random choice, the same for every text.
    shared = counts[:, np.bincount(counts.indices, minlength=counts.shape[1]) >= 2]
    shared.data[:] = 1
    candidates = _candidates(shared)
    for start in range(0, len(candidates), _PAIRS_AT_ONCE):
        some = candidates[start : start + _PAIRS_AT_ONCE]
        common = np.asarray(shared[some[:, 0]].multiply(shared[some[:, 1]]).sum(axis=1)).ravel()
        similarity = common / (sizes[some[:, 0]] + sizes[some[:, 1]] - common)
        for place in np.flatnonzero(similarity >= NEAR):
            yield int(some[place, 0]), int(some[place, 1]), float(similarity[place])


def _candidates(shared: sparse.csr_matrix) -> Pairs:
    """Pairs of rows whose sketches share a shingle, [pairs, 2]."""
    frequency = np.bincount(shared.indices, minlength=shared.shape[1])
    rare = np.flatnonzero(frequency <= _MOST_IN_COMMON)
    common = np.flatnonzero(frequency > _MOST_IN_COMMON)
    found: set[tuple[int, int]] = set()
    for same in _rows_by_shingle(shared[:, rare]):
        found.update(combinations(same, 2))
    for same in _rows_by_shingle(shared[:, common]):
        found.update(pairwise(same))
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _rows_by_shingle(shared: sparse.csr_matrix) -> Iterator[list[int]]:
    """For each shingle, the rows whose sketch has it."""
    starts = shared.indptr[:-1]
    lengths = np.minimum(np.diff(shared.indptr), _SKETCH)
    rows = np.repeat(np.arange(len(starts)), lengths)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    columns = shared.indices[np.repeat(starts, lengths) + within]
    order = np.argsort(columns, kind="stable")
    for same in np.split(rows[order], np.flatnonzero(np.diff(columns[order])) + 1):
        yield same.tolist()
