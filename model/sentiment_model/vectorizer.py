"""The model's n-gram counts as a scikit-learn estimator. Serving does not need it, nor scikit-learn."""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sentiment_model.counting import NgramCounts, count_ngrams, ngram_names, project
from sentiment_model.reading import Unit


class NgramVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Transforms texts to a matrix of n-gram counts, with the tokens of this project's models.

    The counts are those of scikit-learn's CountVectorizer with `preprocessor=sentiment_model.preprocess` and
    `tokenizer=sentiment_model.tokenize`. Columns are ordered by key instead of by name.

    Args:
        ngram_range: Shortest and longest n-gram, 1 to 16 tokens.
        unit: What n-grams are made of: tokens, or all characters of the preprocessed text.
        min_df: Smallest number of texts that an n-gram must occur in.
        named: Whether `fit` also finds the n-grams of the keys. This doubles its time, reads the texts twice and
            proves that no two n-grams share a key.
        dtype: Type of the counts.
        n_jobs: Number of threads; None for one per processor. The Python implementation uses one.

    Attributes:
        keys_: uint64 [n_ngrams], strictly ascending.
        lengths_: uint8 [n_ngrams], in tokens.
        names_: The n-grams, if `named`.

    Examples:
    >>> counts = NgramVectorizer(ngram_range=(1, 2)).fit(["not good", "good"])
    >>> sorted(counts.get_feature_names_out().tolist())
    ['good', 'not', 'not good']
    >>> counts.transform(["good, good"]).sum()
    np.int64(2)
    """

    def __init__(
        self,
        *,
        ngram_range: tuple[int, int] = (1, 1),
        unit: Unit = "words",
        min_df: int = 1,
        named: bool = True,
        dtype: Any = np.int64,
        n_jobs: int | None = None,
    ) -> None:
        self.ngram_range = ngram_range
        self.unit = unit
        self.min_df = min_df
        self.named = named
        self.dtype = dtype
        self.n_jobs = n_jobs

    def fit(self, texts: Iterable[str], y: object = None) -> Self:
        """Learn the vocabulary.

        Raises:
            ValueError: No n-gram is frequent enough, or a text is not well-formed Unicode.
            KeyCollision: (a ValueError) Two n-grams share a key.
        """
        self.fit_transform(texts, y)
        return self

    def fit_transform(self, texts: Iterable[str], y: object = None) -> sparse.csr_matrix:
        """Learn the vocabulary and return the counts [n_texts, n_ngrams] of the same texts."""
        checked = _checked(texts)
        held = list(checked) if self.named else []
        counts = self._count(held or checked, self.min_df)
        if not len(counts.keys):
            raise ValueError(f"empty vocabulary: no n-gram occurs in {self.min_df} texts; lower min_df")
        self.keys_, self.lengths_ = counts.keys, counts.lengths
        if self.named:
            self.names_ = ngram_names(held, counts.keys, unit=self.unit, ngrams=self.ngram_range)
        return sparse.csr_matrix(counts.matrix, dtype=self.dtype)

    def transform(self, texts: Iterable[str]) -> sparse.csr_matrix:
        """The counts [n_texts, n_ngrams] of the n-grams in the vocabulary."""
        check_is_fitted(self, "keys_")
        counts = self._count(_checked(texts), 1)
        return sparse.csr_matrix(project(counts, self.keys_), dtype=self.dtype)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """The n-gram of each column. Words are joined by spaces."""
        check_is_fitted(self, "names_", msg="This %(name)s has no names: fit it with named=True.")
        return np.array(self.names_, dtype=object)

    def _count(self, texts: Iterable[str], min_df: int) -> NgramCounts:
        return count_ngrams(texts, unit=self.unit, ngrams=self.ngram_range, min_df=min_df, threads=self.n_jobs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _checked(texts: Iterable[str]) -> Iterable[str]:
    if isinstance(texts, str):
        raise ValueError("expected an iterable of texts, found a single string: put it into a list")
    return texts
