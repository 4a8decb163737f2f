"""What a sentiment model is: text to n-grams to score, and the file that holds it. Standard library only."""

from sentiment_model.classifier import Classifier, load
from sentiment_model.errors import ManifestError, ModelFileError, UnencodableText, UnsupportedFormat
from sentiment_model.explain import Contribution, Explanation
from sentiment_model.linear import LinearModel, View
from sentiment_model.reading import Reading
from sentiment_model.scorer import Prediction, Scorer
from sentiment_model.tokens import preprocess, tokenize

__all__ = [
    "Classifier",
    "Contribution",
    "Explanation",
    "LinearModel",
    "ManifestError",
    "ModelFileError",
    "Prediction",
    "Reading",
    "Scorer",
    "UnencodableText",
    "UnsupportedFormat",
    "View",
    "load",
    "preprocess",
    "tokenize",
]
