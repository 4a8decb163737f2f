"""The recipes as scikit-learn estimators. All are linear over n-gram counts, so a model file can hold any of them."""

from dataclasses import dataclass
from typing import Any

from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from sentiment_model.reading import Unit
from sentiment_model.weighting import NBWeighter
from sentiment_pipeline.params import Candidate

# liblinear's dual solver is the fastest for two classes and sparse texts. With this tolerance it reaches the accuracy
# of the default tolerance (measured on IMDB) in 60 % of the time. It visits rows in random order, hence the seed.
_TOLERANCE = 1e-2
_MAX_ITERATIONS = 2000


@dataclass(frozen=True)
class ViewRecipe:
    """The n-grams of one view of the text."""

    name: str
    unit: Unit
    ngrams: tuple[int, int]
    min_df: int


def views(candidate: Candidate) -> tuple[ViewRecipe, ...]:
    """The views of a recipe, each with its own weights and classifier."""
    words = ViewRecipe("words", "words", candidate.ngrams, candidate.min_df)
    if candidate.characters == (0, 0):
        return (words,)
    return (words, ViewRecipe("characters", "characters", candidate.characters, candidate.characters_min_df))


def weighter(candidate: Candidate) -> NBWeighter:
    """The transformer from counts to features of length 1."""
    return NBWeighter(exponent=0.5 if candidate.weighting == "nb" else 0.0, sublinear_tf=candidate.sublinear)


def classifier(candidate: Candidate, classes: int) -> Any:
    """The scikit-learn classifier, unfitted."""
    if candidate.classifier == "naive_bayes":
        return MultinomialNB(alpha=candidate.alpha)
    if candidate.classifier == "svm":
        return LinearSVC(C=candidate.c, tol=_TOLERANCE, max_iter=_MAX_ITERATIONS, random_state=0)
    common: dict[str, Any] = {"C": candidate.c, "max_iter": _MAX_ITERATIONS}
    if classes == 2:
        return LogisticRegression(solver="liblinear", dual=True, tol=_TOLERANCE, random_state=0, **common)
    return LogisticRegression(solver="lbfgs", **common)


def is_calibrated(candidate: Candidate) -> bool:
    """Whether the margins are log-odds without further scaling (measured on IMDB: ECE 0.005)."""
    return candidate.classifier == "logistic" and len(views(candidate)) == 1


def describe(candidate: Candidate) -> str:
    """The recipe in words, for the model's facts."""
    classifiers = {"naive_bayes": "multinomial Naive Bayes", "logistic": "logistic regression", "svm": "linear SVM"}
    weights = {"tfidf": "tf-idf", "nb": "tf-idf, NB ratio"}
    looks = " and ".join(f"{view.unit} {view.ngrams[0]}-{view.ngrams[1]}" for view in views(candidate))
    return f"{looks}; {weights[candidate.weighting]}; {classifiers[candidate.classifier]}"
