"""The predictions behind every route: a request in, a response out, whatever the format."""

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from sentiment_model import Prediction, Scorer
from sentiment_serving import problems
from sentiment_serving.headers import RETRY_AFTER
from sentiment_serving.http.admission import Admission, QueueFull
from sentiment_serving.http.message import Request, Response
from sentiment_serving.http.metrics import Metrics
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.limits import Limits
from sentiment_serving.problems import Problem
from sentiment_serving.wire import mlflow, native, reading, v2, v2_requests

_TEXTS_AT_ONCE = 64
"""A millisecond or two of work: after that, waiting requests go first."""

MOMENT_SECONDS = 0.01
"""Pause before a refusal: long enough for other requests to finish, short for the client that is refused."""

Read = TypeVar("Read")

_LOG = logging.getLogger("sentiment_serving.requests")


class Predictor:
    """Predicts with one model. Shared by threads; its only state is in the metrics and the admission control."""

    def __init__(self, scorer: Scorer, *, identity: ModelIdentity, limits: Limits, metrics: Metrics) -> None:
        self.identity = identity
        self.limits = limits
        self.labels = scorer.labels
        self.model = native.model_of(identity)
        self.admission = Admission(places=limits.working, waiting=limits.waiting, large=limits.large)
        metrics.watch("sentiment_requests_working", "Requests at work.", lambda: self.admission.working)
        metrics.watch("sentiment_requests_waiting", "Requests that wait to be at work.", lambda: self.admission.waiting)
        self._large_body_bytes = limits.large_body_bytes
        self._decoding = Lock()
        self._read_predict = native.PredictReader(limits.texts).read
        self._read_infer = v2_requests.InferReader(limits.texts).read
        self._read_invocations = mlflow.InvocationsReader(limits.texts).read
        self._scorer = scorer
        self._metrics = metrics

    def predict(self, request: Request) -> Response:
        """POST /predict."""
        return self._respond(request, self._predict)

    def explain(self, request: Request) -> Response:
        """POST /explain. Not counted as a prediction: most clients call /predict for the same text as well."""
        return self._respond(request, self._explain)

    def infer(self, request: Request) -> Response:
        """POST /v2/models/{name}/infer."""
        return self._respond(request, self._infer, open_inference=True)

    def invocations(self, request: Request) -> Response:
        """POST /invocations."""
        return self._respond(request, self._invocations)

    def _predict(self, request: Request) -> Response:
        reading.require_json(request.content_type)
        texts, single = self._read(request, self._read_predict)
        predictions = self._predictions(texts, request)
        return _success(native.write_predict(predictions, self.labels, self.model, single=single), texts)

    def _explain(self, request: Request) -> Response:
        reading.require_json(request.content_type)
        text = self._read(request, native.read_explain)
        self._check([text])
        prediction, explanation = self._scorer.predict(text), self._scorer.explain(text)
        return _success(native.write_explain(prediction, explanation, self.labels, self.model), [text])

    def _infer(self, request: Request) -> Response:
        query = self._read(request, self._read_infer, request.content_type, request.header_length)
        predictions = self._predictions(query.texts, request)
        body, json_bytes = v2.write(query, predictions, self.labels, self.identity)
        if json_bytes is None:
            return _success(body, query.texts)
        header = ((v2.HEADER_LENGTH, str(json_bytes)),)
        return _success(body, query.texts, v2.BINARY, header)

    def _invocations(self, request: Request) -> Response:
        texts = self._read(request, self._read_invocations, request.content_type)
        return _success(mlflow.write(self._predictions(texts, request)), texts)

    def _respond(
        self, request: Request, respond: Callable[[Request], Response], *, open_inference: bool = False
    ) -> Response:
        """Respond once the request is admitted, whatever happens."""
        large = len(request.body) >= self._large_body_bytes
        try:
            self.admission.enter(large=large)
        except QueueFull:
            problem = overloaded_after_pause("More requests wait than this server can answer in good time.")
            return problem_response(problem, request_id=request.request_id, open_inference=open_inference)
        try:
            return respond(request)
        except Problem as problem:
            return problem_response(problem, request_id=request.request_id, open_inference=open_inference)
        except Exception as error:
            return failure_response(error, request_id=request.request_id, open_inference=open_inference)
        finally:
            self.admission.leave(large=large)

    def _read(self, request: Request, read: Callable[..., Read], *headers: str) -> Read:
        """What `read` makes of the body. One large body at a time: until only its texts are left, it takes much memory.

        That is no slower: decoding holds the interpreter's lock.
        """
        if len(request.body) < self._large_body_bytes:
            return read(request.body, *headers)
        with self._decoding:
            return read(request.body, *headers)

    def _predictions(self, texts: list[str], request: Request) -> list[Prediction]:
        self._check(texts)
        # The decoders refuse lone surrogates, so every text can be scored.
        if len(texts) == 1:
            predictions = [self._scorer.predict(texts[0])]
        else:
            predictions = []
            for start in range(0, len(texts), _TEXTS_AT_ONCE):
                if start:
                    self.admission.yield_to_waiting()
                predictions.extend(self._scorer.predict_many(texts[start : start + _TEXTS_AT_ONCE]))
        if request.counted:
            self._metrics.predicted(predictions)
        return predictions

    def _check(self, texts: list[str]) -> None:
        most = self.limits.text_chars
        for index, text in enumerate(texts):
            if len(text) > most:
                raise problems.too_large(
                    f"A text may have at most {most} characters, and text {index} has {len(text)}. "
                    "Shorten it or split it."
                )


def problem_response(problem: Problem, *, request_id: str, open_inference: bool = False) -> Response:
    """The response with a problem's details."""
    after = problem.retry_after_seconds
    return Response(
        problem.status,
        problem.to_json(request_id=request_id, open_inference=open_inference),
        problems.CONTENT_TYPE,
        headers=((RETRY_AFTER, str(after)),) if after is not None else (),
    )


def failure_response(error: Exception, *, request_id: str, open_inference: bool = False) -> Response:
    """The response to a defect of ours; the log has the traceback."""
    _LOG.error("failed", exc_info=error, extra={"fields": {"request_id": request_id}})
    return problem_response(problems.internal_error(), request_id=request_id, open_inference=open_inference)


def overloaded_after_pause(why: str) -> Problem:
    """503, after a short pause: threads that refuse without one would take the interpreter from those at work."""
    time.sleep(MOMENT_SECONDS)
    return problems.overloaded(why)


def body_too_large(limits: Limits) -> Problem:
    """413, for a body that is over the limit or announces to be."""
    return problems.too_large(
        f"The body may have at most {limits.body_bytes} bytes. Send fewer or shorter texts in one request."
    )


def _success(
    body: bytes, texts: list[str], content_type: str = reading.JSON, headers: tuple[tuple[str, str], ...] = ()
) -> Response:
    return Response(200, body, content_type, headers, len(texts), sum(map(len, texts)))
