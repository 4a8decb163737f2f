"""Bytes in, status and bytes out: the one implementation behind every route that predicts."""

from dataclasses import dataclass

import msgspec

from sentiment_model import Prediction, Scorer
from sentiment_serving import problems
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.limits import Limits
from sentiment_serving.metrics import Metrics
from sentiment_serving.problems import Problem

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client, and the sizes that may be logged about it."""

    status: int
    body: bytes
    content_type: str = JSON
    texts: int = 0
    """How many texts were asked about, as far as that could be read."""
    chars: int = 0
    """Their length together."""


class _Request(msgspec.Struct):
    """The body of POST /predict: exactly one of the two."""

    text: str | None = None
    texts: list[str] | None = None


class Predictor:
    """Answers requests with one model. Shared by threads; holds no state but the metrics."""

    def __init__(self, scorer: Scorer, *, identity: ModelIdentity, limits: Limits, metrics: Metrics) -> None:
        self.identity = identity
        self.limits = limits
        self._scorer = scorer
        self._metrics = metrics
        self._decoder = msgspec.json.Decoder(_Request)
        # A digest or version that is unknown is null to a client: an empty string looks like a value.
        self.model = {"name": identity.name, "version": identity.version, "digest": identity.digest or None}
        self.labels = scorer.labels

    def predict(self, body: bytes, *, content_type: str, request_id: str, counted: bool = True) -> Answer:
        """Answer POST /predict.

        Args:
            body: the request's bytes; the caller stops reading at `limits.body_bytes` + 1.
            content_type: of the request, empty when it has none.
            request_id: named in a problem.
            counted: whether the metrics see what was predicted.
        """
        texts: list[str] = []
        try:
            self._check_bytes(body, content_type)
            request = self._decode(body)
            single = request.text is not None
            texts = _texts(request)
            self._check_texts(texts)
            # The decoder let no lone surrogate through, so every text can be scored.
            predictions = [self._scorer.predict(text) for text in texts]
        except Problem as problem:
            return refusal(problem, request_id=request_id, texts=texts)
        if counted:
            for prediction in predictions:
                self._metrics.predicted(prediction)
        documents = [self._document(prediction) for prediction in predictions]
        content = documents[0] if single else {"predictions": documents}
        encoded = msgspec.json.encode({**content, "model": self.model})
        return Answer(200, encoded, texts=len(texts), chars=sum(map(len, texts)))

    def _check_bytes(self, body: bytes, content_type: str) -> None:
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type != JSON and not (media_type.startswith("application/") and media_type.endswith("+json")):
            raise problems.unsupported_media_type("Send JSON, with the header Content-Type: application/json.")
        if len(body) > self.limits.body_bytes:
            raise body_too_large(self.limits)

    def _decode(self, body: bytes) -> _Request:
        try:
            return self._decoder.decode(body)
        except msgspec.ValidationError as error:
            # The sentence names kinds and a place such as `$.texts[3]`, never a value.
            raise problems.unprocessable(f"{_SHAPE} {error}.") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise problems.malformed(f"The body is not JSON in UTF-8 ({_why_malformed(error)}). {_SHAPE}") from None

    def _check_texts(self, texts: list[str]) -> None:
        limits = self.limits
        if len(texts) > limits.texts:
            raise problems.too_large(
                f"At most {limits.texts} texts in one request, found {len(texts)}. Send them in several requests."
            )
        longest = max(range(len(texts)), key=lambda index: len(texts[index]))
        if len(texts[longest]) > limits.text_chars:
            raise problems.too_large(
                f"A text may have at most {limits.text_chars} characters, and text {longest} has "
                f"{len(texts[longest])}. Shorten it or split it."
            )

    def _document(self, prediction: Prediction) -> dict[str, object]:
        return {
            "label": prediction.label,
            "probabilities": dict(zip(self.labels, prediction.probabilities, strict=True)),
        }


def refusal(problem: Problem, *, request_id: str, texts: list[str] | None = None) -> Answer:
    """The answer that tells a problem."""
    texts = texts or []
    return Answer(
        problem.status,
        problem.to_json(request_id=request_id),
        problems.CONTENT_TYPE,
        texts=len(texts),
        chars=sum(map(len, texts)),
    )


def body_too_large(limits: Limits) -> Problem:
    """The refusal of a body, read or announced, over the limit."""
    return problems.too_large(
        f"The body may have at most {limits.body_bytes} bytes. Send fewer or shorter texts in one request."
    )


_SHAPE = 'Send {"text": "..."} or {"texts": ["...", "..."]}.'


def _texts(request: _Request) -> list[str]:
    match request.text, request.texts:
        case str(text), None:
            return [text]
        case None, [_, *_] as texts:
            return texts
        case None, []:
            found = "an empty list of texts"
        case None, None:
            found = "neither text nor texts"
        case _:
            found = "both text and texts"
    raise problems.unprocessable(f"{_SHAPE} Found {found}.")


def _why_malformed(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "a string has bytes that are not UTF-8"
    return str(error).removeprefix("JSON is malformed: ").rstrip(".")
