"""The n-gram counts that all recipes share: texts are counted once, however many recipes and folds are fitted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from sentiment_model.counting import KeyCollision, NgramCounts, count_ngrams
from sentiment_model.reading import Unit
from sentiment_pipeline.errors import DataError, ExportError
from sentiment_pipeline.params import Candidate
from sentiment_pipeline.progress import progress
from sentiment_pipeline.training.recipes import ViewRecipe, views

Rows = npt.NDArray[np.int64]
Columns = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Corpus:
    """Counts of all texts per unit, for all recipes."""

    counts: dict[Unit, NgramCounts]

    @property
    def cells(self) -> int:
        """Number of counts that are not zero."""
        return sum(counts.matrix.nnz for counts in self.counts.values())

    def rows(self, view: ViewRecipe, rows: Rows) -> sparse.csr_matrix:
        """Counts of these texts, [rows, all n-grams of the unit]."""
        return self.counts[view.unit].matrix[rows]

    def columns(self, view: ViewRecipe, rows: sparse.csr_matrix) -> Columns:
        """The n-grams that the recipe knows when it is fitted to these rows only."""
        lengths = self.counts[view.unit].lengths
        frequency = np.bincount(rows.indices, minlength=rows.shape[1])
        shortest, longest = view.ngrams
        return np.flatnonzero((lengths >= shortest) & (lengths <= longest) & (frequency >= view.min_df))


def count(texts: Sequence[str], candidates: Sequence[Candidate], threads: int | None = None) -> Corpus:
    """Count the n-grams of all recipes.

    Raises:
        DataError: no n-gram is frequent enough.
    """
    needed: dict[Unit, list[ViewRecipe]] = {}
    for candidate in candidates:
        for view in views(candidate):
            needed.setdefault(view.unit, []).append(view)
    counts: dict[Unit, NgramCounts] = {}
    for unit, recipes in needed.items():
        with progress(f"count n-grams of {unit}", len(texts)) as advance:

            def watched() -> Iterator[str]:
                for text in texts:
                    yield text
                    advance(1)

            try:
                counts[unit] = count_ngrams(
                    watched(),
                    unit=unit,
                    ngrams=(min(r.ngrams[0] for r in recipes), max(r.ngrams[1] for r in recipes)),
                    # An n-gram rarer than this in all texts is rarer in any fold.
                    min_df=min(r.min_df for r in recipes),
                    threads=threads,
                )
            except KeyCollision as error:
                raise ExportError(f"{error}; change the n-gram range or raise min_df") from None
        if not len(counts[unit].keys):
            raise DataError("no n-gram is frequent enough; lower min_df in train.candidates")
    return Corpus(counts)
