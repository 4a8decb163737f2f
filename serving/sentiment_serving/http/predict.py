"""Bytes in, status, bytes and headers out: the one implementation behind every route that predicts."""

import logging
import time
from collections.abc import Callable

import msgspec

from sentiment_model import Prediction, Scorer
from sentiment_serving import problems
from sentiment_serving.http.admission import Full, Gate
from sentiment_serving.http.headers import RETRY_AFTER
from sentiment_serving.http.metrics import Metrics
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.limits import Limits
from sentiment_serving.problems import Problem
from sentiment_serving.wire import mlflow, native, reading, v2

_TEXTS_AT_ONCE = 64
"""So many texts are a millisecond or two of work: then whoever waits goes first."""

MOMENT_SECONDS = 0.01
"""Before a refusal: long enough for others to finish, and short for the one who is refused."""

_LOG = logging.getLogger("sentiment_serving.requests")


class Call(msgspec.Struct, frozen=True, gc=False):
    """A request, read to its end. The caller of `Predictor` has seen to the size of the body."""

    body: bytes
    content_type: str
    """Empty when it has none."""
    request_id: str
    """Named in a problem."""
    counted: bool = True
    """Whether the metrics see what was predicted."""
    header_length: str = ""
    """The header Inference-Header-Content-Length."""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What goes back to the client, and the sizes that may be logged about it."""

    status: int
    body: bytes
    content_type: str = reading.JSON
    headers: tuple[tuple[str, str], ...] = ()
    texts: int = 0
    """How many texts were asked about, as far as that could be read."""
    chars: int = 0
    """Their length together."""


class Predictor:
    """Answers requests with one model. Shared by threads; holds no state but the metrics and the gate."""

    def __init__(self, scorer: Scorer, *, identity: ModelIdentity, limits: Limits, metrics: Metrics) -> None:
        self.identity = identity
        self.limits = limits
        self.labels = scorer.labels
        self.model = native.model_of(identity)
        self.gate = Gate(places=limits.working, waiting=limits.waiting, large=limits.large)
        metrics.watch("sentiment_requests_working", "Requests at work.", lambda: self.gate.working)
        metrics.watch("sentiment_requests_waiting", "Requests that wait to be at work.", lambda: self.gate.waiting)
        self._large_body_bytes = limits.large_body_bytes
        self._scorer = scorer
        self._metrics = metrics

    def predict(self, call: Call) -> Answer:
        """POST /predict."""
        return self._answer(call, self._predict)

    def explain(self, call: Call) -> Answer:
        """POST /explain. It counts as no prediction: who asks has most often asked /predict as well."""
        return self._answer(call, self._explain)

    def infer(self, call: Call) -> Answer:
        """POST /v2/models/{name}/infer."""
        return self._answer(call, self._infer, open_inference=True)

    def invocations(self, call: Call) -> Answer:
        """POST /invocations."""
        return self._answer(call, self._invocations)

    def _predict(self, call: Call) -> Answer:
        reading.require_json(call.content_type)
        texts, single = native.read_predict(call.body)
        predictions = self._predictions(texts, call)
        return _success(native.write_predict(predictions, self.labels, self.model, single=single), texts)

    def _explain(self, call: Call) -> Answer:
        reading.require_json(call.content_type)
        text = native.read_explain(call.body)
        self._check([text])
        prediction, explanation = self._scorer.predict(text), self._scorer.explain(text)
        return _success(native.write_explain(prediction, explanation, self.labels, self.model), [text])

    def _infer(self, call: Call) -> Answer:
        question = v2.read(call.body, call.content_type, call.header_length)
        predictions = self._predictions(question.texts, call)
        body, json_bytes = v2.write(question, predictions, self.labels, self.identity)
        if json_bytes is None:
            return _success(body, question.texts)
        header = ((v2.HEADER_LENGTH, str(json_bytes)),)
        return _success(body, question.texts, v2.BINARY, header)

    def _invocations(self, call: Call) -> Answer:
        texts = mlflow.read(call.body, call.content_type)
        return _success(mlflow.write(self._predictions(texts, call)), texts)

    def _answer(self, call: Call, answer: Callable[[Call], Answer], *, open_inference: bool = False) -> Answer:
        """An answer in any case."""
        large = len(call.body) >= self._large_body_bytes
        try:
            self.gate.enter(large=large)
        except Full:
            problem = refused("More requests wait than this server can answer in good time.")
            return refusal(problem, request_id=call.request_id, open_inference=open_inference)
        try:
            return answer(call)
        except Problem as problem:
            return refusal(problem, request_id=call.request_id, open_inference=open_inference)
        except Exception as error:
            return failure(error, request_id=call.request_id, open_inference=open_inference)
        finally:
            self.gate.leave(large=large)

    def _predictions(self, texts: list[str], call: Call) -> list[Prediction]:
        self._check(texts)
        # The decoders let no lone surrogate through, so every text can be scored.
        if len(texts) == 1:
            predictions = [self._scorer.predict(texts[0])]
        else:
            predictions = []
            for start in range(0, len(texts), _TEXTS_AT_ONCE):
                if start:
                    self.gate.give_way()
                predictions.extend(self._scorer.predict_many(texts[start : start + _TEXTS_AT_ONCE]))
        if call.counted:
            self._metrics.predicted(predictions)
        return predictions

    def _check(self, texts: list[str]) -> None:
        limits = self.limits
        if len(texts) > limits.texts:
            raise problems.too_large(
                f"At most {limits.texts} texts in one request, found {len(texts)}. Send them in several requests."
            )
        for index, text in enumerate(texts):
            if len(text) > limits.text_chars:
                raise problems.too_large(
                    f"A text may have at most {limits.text_chars} characters, and text {index} has {len(text)}. "
                    "Shorten it or split it."
                )


def refusal(problem: Problem, *, request_id: str, open_inference: bool = False) -> Answer:
    """The answer that tells a problem."""
    after = problem.retry_after_seconds
    return Answer(
        problem.status,
        problem.to_json(request_id=request_id, open_inference=open_inference),
        problems.CONTENT_TYPE,
        headers=((RETRY_AFTER, str(after)),) if after is not None else (),
    )


def failure(error: Exception, *, request_id: str, open_inference: bool = False) -> Answer:
    """The answer where we failed; the log says where."""
    _LOG.error("failed", exc_info=error, extra={"fields": {"request_id": request_id}})
    return refusal(problems.internal_error(), request_id=request_id, open_inference=open_inference)


def refused(why: str) -> Problem:
    """503, after a moment: threads that refuse without a pause would take the interpreter from those at work."""
    time.sleep(MOMENT_SECONDS)
    return problems.overloaded(why)


def body_too_large(limits: Limits) -> Problem:
    """The refusal of a body, read or announced, over the limit."""
    return problems.too_large(
        f"The body may have at most {limits.body_bytes} bytes. Send fewer or shorter texts in one request."
    )


def _success(
    body: bytes, texts: list[str], content_type: str = reading.JSON, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    return Answer(200, body, content_type, headers, len(texts), sum(map(len, texts)))
