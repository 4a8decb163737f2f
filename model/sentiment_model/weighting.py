"""Weights of n-grams from their frequencies in texts and labels, as a scikit-learn estimator."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.preprocessing import normalize
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = npt.NDArray[np.float64]


class NBWeighter(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Transforms counts to weighted features: (1 + ln tf) · idf · |r|^exponent, scaled to Euclidean length 1.

    r is the Naive Bayes log-count ratio of Wang and Manning 2012 ("Baselines and Bigrams", section 2.1) over binary
    counts, r = ln((p / Σp) / (q / Σq)). p is 1 + the number of texts with the n-gram and the label, q is 1 + the number
    of texts with the n-gram and another label. The sign is dropped, because a linear classifier learns it. With more
    than two labels, |r| is the largest of one label against the rest. idf is ln((1 + n) / (1 + df)) + 1, as in
    scikit-learn's TfidfTransformer.

    Args:
        exponent: Exponent of |r|; 0 gives TF-IDF.
        sublinear_tf: Whether a count becomes 1 + ln(count).
        norm: "l2" scales features to length 1; None does not.

    Attributes:
        weight_: float64 [n_features], multiplies the term frequency before the norm.

    Examples:
    >>> weighter = NBWeighter().fit([[2, 0, 1], [0, 1, 1]], ["bad", "good"])
    >>> weighter.transform([[1, 0, 1]]).toarray().round(3).tolist()
    [[1.0, 0.0, 0.0]]
    """

    def __init__(self, *, exponent: float = 0.5, sublinear_tf: bool = True, norm: str | None = "l2") -> None:
        self.exponent = exponent
        self.sublinear_tf = sublinear_tf
        self.norm = norm

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 (the name that scikit-learn gives it)
        """Learn the weights from counts [n_samples, n_features] and labels [n_samples]."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32, np.int32, np.int64])  # noqa: N806
        check_classification_targets(y)
        counts = sparse.csr_matrix(X)
        if counts.nnz and counts.data.min() < 0:
            raise ValueError("Negative values in data passed to NBWeighter: expected counts")
        self.classes_ = np.unique(y)
        self.weight_ = _idf(counts) * (_ratio(counts, y, self.classes_) ** self.exponent if self.exponent else 1.0)
        return self

    def transform(self, X: Any) -> sparse.csr_matrix:  # noqa: N803
        """The weighted features of counts [n_samples, n_features]."""
        check_is_fitted(self, "weight_")
        X = validate_data(  # noqa: N806
            self, X, accept_sparse="csr", dtype=[np.float64, np.float32, np.int32, np.int64], reset=False
        )
        features = sparse.csr_matrix(X, dtype=np.float64, copy=True)
        features.eliminate_zeros()
        if self.sublinear_tf:
            np.log(features.data, out=features.data)
            features.data += 1.0
        features.data *= self.weight_[features.indices]
        return normalize(features, norm="l2", copy=False) if self.norm == "l2" else features

    def select(self, features: npt.NDArray[np.int64]) -> Self:
        """A fitted weighter of these features only, with their present weights."""
        check_is_fitted(self, "weight_")
        chosen: Self = clone(self)
        chosen.classes_, chosen.weight_ = self.classes_, self.weight_[features]
        chosen.n_features_in_ = len(features)
        return chosen

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        tags.target_tags.required = True
        return tags


def _frequency(counts: sparse.csr_matrix) -> Floats:
    """Number of rows with each feature."""
    return np.bincount(counts.indices[counts.data > 0], minlength=counts.shape[1]).astype(np.float64)


def _idf(counts: sparse.csr_matrix) -> Floats:
    return np.log((1 + counts.shape[0]) / (1 + _frequency(counts))) + 1


def _ratio(counts: sparse.csr_matrix, labels: npt.NDArray[Any], classes: npt.NDArray[Any]) -> Floats:
    """|r| of each feature."""
    df = _frequency(counts)
    strongest = np.zeros(counts.shape[1])
    for label in classes[1:] if len(classes) == 2 else classes:
        inside = _frequency(counts[labels == label])
        p, q = 1 + inside, 1 + df - inside
        np.maximum(strongest, np.abs(np.log(p / p.sum()) - np.log(q / q.sum())), out=strongest)
    return strongest
