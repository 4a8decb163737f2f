"""Fits a recipe to counts; the result predicts like a scikit-learn classifier of texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.naive_bayes import MultinomialNB

from sentiment_model.counting import count_ngrams, project
from sentiment_model.weighting import NBWeighter
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.params import Candidate
from sentiment_pipeline.training.calibration import Floats, Scaling, probabilities
from sentiment_pipeline.training.counts import Columns, Corpus, Rows
from sentiment_pipeline.training.recipes import ViewRecipe, classifier, views, weighter

Labels = npt.NDArray[np.str_]


@dataclass(frozen=True)
class FittedView:
    """The weights and the classifier of a view."""

    recipe: ViewRecipe
    keys: npt.NDArray[np.uint64]
    """Ascending, [n-grams]."""
    columns: Columns
    """Their columns in the counts."""
    weighter: NBWeighter
    classifier: Any

    def margins(self, counts: sparse.csr_matrix) -> Floats:
        """Margins [texts, k] of counts [texts, n-grams of the view], as computed by the scikit-learn classifier."""
        features = self.weighter.transform(counts)
        if isinstance(self.classifier, MultinomialNB):
            likelihood: Floats = self.classifier.predict_joint_log_proba(features)
            return likelihood[:, 1:] - likelihood[:, :1] if likelihood.shape[1] == 2 else likelihood
        decision: Floats = self.classifier.decision_function(features)
        return decision[:, None] if decision.ndim == 1 else decision

    def coefficients(self) -> tuple[Floats, Floats]:
        """coef [n-grams, k] and bias [k]: margins = features · coef + bias."""
        model = self.classifier
        if isinstance(model, MultinomialNB):
            coef, bias = model.feature_log_prob_.T, model.class_log_prior_
            return (coef[:, 1:] - coef[:, :1], bias[1:] - bias[:1]) if len(bias) == 2 else (coef, bias)
        return model.coef_.T, np.atleast_1d(model.intercept_)


@dataclass(frozen=True)
class TextClassifier:
    """A fitted recipe, which predicts with scikit-learn's estimators; the reference for the exported model file."""

    candidate: Candidate
    classes_: Labels
    views: tuple[FittedView, ...]
    scaling: Scaling

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """[texts, labels]"""
        raw = []
        for view in self.views:
            counts = count_ngrams(texts, unit=view.recipe.unit, ngrams=view.recipe.ngrams)
            raw.append(view.margins(project(counts, view.keys)))
        return probabilities(self.scaling.apply(np.stack(raw, axis=1)))

    def predict(self, texts: Sequence[str]) -> Labels:
        """[texts]"""
        labels: Labels = self.classes_[self.predict_proba(texts).argmax(axis=1)]
        return labels


def fit_views(candidate: Candidate, corpus: Corpus, labels: Labels, rows: Rows) -> tuple[FittedView, ...]:
    """Fit a recipe to some rows of the corpus, exactly as if there were no others.

    Args:
        candidate: the recipe.
        corpus: the counts of all texts.
        labels: [all texts]
        rows: the texts to fit to.

    Raises:
        DataError: no n-gram is frequent enough.
    """
    return tuple(_fit_view(candidate, view, corpus, labels, rows) for view in views(candidate))


def raw_margins(fitted: Sequence[FittedView], corpus: Corpus, rows: Rows) -> Floats:
    """Raw margins [rows, views, k] of texts in the corpus."""
    return np.stack([view.margins(corpus.rows(view.recipe, rows)[:, view.columns]) for view in fitted], axis=1)


def _fit_view(candidate: Candidate, view: ViewRecipe, corpus: Corpus, labels: Labels, rows: Rows) -> FittedView:
    everything = corpus.rows(view, rows)
    columns = corpus.columns(view, everything)
    if not len(columns):
        raise DataError(f"recipe {candidate.name}: no n-gram occurs in {view.min_df} texts; lower its min_df")
    counts, truth = everything[:, columns], labels[rows]
    classes = len(np.unique(labels))
    weigh = weighter(candidate).fit(counts, truth)
    features = weigh.transform(counts)
    fitted = FittedView(
        recipe=view,
        keys=corpus.counts[view.unit].keys[columns],
        columns=columns,
        weighter=weigh,
        classifier=classifier(candidate, classes).fit(features, truth),
    )
    if not 0 < candidate.max_features < len(columns):
        return fitted
    coef, _ = fitted.coefficients()
    importance = np.abs(coef * weigh.weight_[:, None]).max(axis=1)
    # In ascending order of columns; of equally important n-grams the first.
    kept = np.sort(np.argsort(-importance, kind="stable")[: candidate.max_features])
    weigh = weigh.select(kept)
    features = weigh.transform(counts[:, kept])
    return FittedView(
        recipe=view,
        keys=fitted.keys[kept],
        columns=columns[kept],
        weighter=weigh,
        classifier=classifier(candidate, classes).fit(features, truth),
    )
