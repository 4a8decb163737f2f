"""The project's own format: POST /predict and POST /explain."""

from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct

from sentiment_model import Explanation, Prediction
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.wire import reading
from sentiment_serving.wire.elements import NULL, Elements, is_null

PREDICT_SHAPE = 'Send {"text": "..."} or {"texts": ["...", "..."]}.'
EXPLAIN_SHAPE = 'Send {"text": "..."}.'


class PredictRequest(Struct):
    """One text or several: exactly one of the two."""

    text: str | None = None
    texts: list[str] | None = None


class _Received(Struct):
    """`PredictRequest`, its texts yet to be decoded."""

    text: str | None = None
    texts: Raw = NULL


class ExplainRequest(Struct):
    """One text."""

    text: str


class Model(Struct, frozen=True):
    """The model that answers."""

    name: str
    version: str
    digest: str | None
    """`sha256:` and 64 hex digits; null if there is no manifest: an empty string would look like a value."""


class TextPrediction(Struct):
    """The prediction for one text; probabilities by label, in the order of GET /version."""

    label: str
    probabilities: dict[str, float]


class PredictOne(TextPrediction):
    """The response to one text."""

    model: Model


class PredictMany(Struct):
    """The response to several texts, in their order."""

    predictions: list[TextPrediction]
    model: Model


class NgramContribution(Struct):
    """What one known n-gram adds to each margin, over all its occurrences."""

    ngram: str
    """After preprocessing, in lower case, its words separated by a space."""
    view: str
    count: int
    contributions: list[float]


class ExplainResponse(TextPrediction):
    """A prediction by n-gram: `bias` and all contributions add up to `margins`."""

    margins: list[float]
    """One margin for two labels (in favour of the second), else one per label."""
    bias: list[float]
    contributions: list[NgramContribution]
    model: Model


class Version(Struct):
    """GET /version."""

    model: Model
    labels: list[str]
    """In the order of their index."""


_PREDICT = msgspec.json.Decoder(_Received)
_EXPLAIN = msgspec.json.Decoder(ExplainRequest)
_encode = msgspec.json.Encoder().encode


def model_of(identity: ModelIdentity) -> Model:
    """The model as responses name it."""
    return Model(identity.name, identity.version, identity.digest or None)


class PredictReader:
    """Reads the bodies of POST /predict.

    Args:
        most: how many texts a request may have.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._texts = Elements[str](str, most)

    def read(self, body: bytes) -> tuple[list[str], bool]:
        """The texts, and whether the request has a single `text`.

        Raises:
            Problem: 400, 413, 422.
        """
        request = reading.decode(_PREDICT, body, PREDICT_SHAPE)
        if is_null(request.texts):
            if request.text is None:
                raise reading.not_one_of(PREDICT_SHAPE, "neither text nor texts")
            return [request.text], True
        texts = self._texts.decode(request.texts, PREDICT_SHAPE, "$.texts")
        if request.text is not None:
            raise reading.not_one_of(PREDICT_SHAPE, "both text and texts")
        if not texts:
            raise reading.not_one_of(PREDICT_SHAPE, "an empty list of texts")
        reading.require_at_most(self._most, texts)
        return texts, False


def write_predict(predictions: Sequence[Prediction], labels: Sequence[str], model: Model, *, single: bool) -> bytes:
    """The response of POST /predict."""
    if single:
        one = predictions[0]
        return _encode(PredictOne(one.label, dict(zip(labels, one.probabilities, strict=True)), model))
    found = [TextPrediction(one.label, dict(zip(labels, one.probabilities, strict=True))) for one in predictions]
    return _encode(PredictMany(found, model))


def read_explain(body: bytes) -> str:
    """The text of POST /explain.

    Raises:
        Problem: 400, 422.
    """
    return reading.decode(_EXPLAIN, body, EXPLAIN_SHAPE).text


def write_explain(prediction: Prediction, explanation: Explanation, labels: Sequence[str], model: Model) -> bytes:
    """The response of POST /explain."""
    contributions = [
        NgramContribution(one.ngram, one.view, one.count, list(one.contributions)) for one in explanation.contributions
    ]
    return _encode(
        ExplainResponse(
            label=prediction.label,
            probabilities=dict(zip(labels, prediction.probabilities, strict=True)),
            margins=list(prediction.margins),
            bias=list(explanation.bias),
            contributions=contributions,
            model=model,
        )
    )
