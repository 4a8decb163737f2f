"""The routes that are answered from bytes to bytes: by `Front` at once, or by Flask's views."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sentiment_serving.http.bodies import Bodies
from sentiment_serving.http.lifecycle import Lifecycle
from sentiment_serving.http.predict import Answer, Call, Predictor, refusal
from sentiment_serving.http.request_context import Exchange, speaks_open_inference, variable
from sentiment_serving.problems import Problem, not_ready
from sentiment_serving.wire.v2 import HEADER_LENGTH

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PLAIN = "text/plain; charset=utf-8"

_HEADER_LENGTH_VARIABLE = variable(HEADER_LENGTH)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of them."""

    method: str
    route: str
    """Its pattern, as Flask writes it."""
    respond: Callable[[Call], Answer]
    is_operation: bool = False


class Endpoints:
    """All of them, for one application."""

    def __init__(self, predictor: Predictor, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._name, self._version = predictor.identity.name, predictor.identity.version
        self.bodies = Bodies(predictor.limits)
        self.predict = Endpoint("POST", "/predict", predictor.predict)
        self.explain = Endpoint("POST", "/explain", predictor.explain)
        self.invocations = Endpoint("POST", "/invocations", predictor.invocations)
        self.infer = Endpoint("POST", "/v2/models/<name>/infer", predictor.infer)
        self.infer_version = Endpoint("POST", "/v2/models/<name>/versions/<version>/infer", predictor.infer)
        self.livez = Endpoint("GET", "/livez", _live, is_operation=True)
        self.readyz = Endpoint("GET", "/readyz", self._ready, is_operation=True)
        self.ping = Endpoint("GET", "/ping", self._ready, is_operation=True)

    def by_path(self) -> Iterator[tuple[tuple[str, str], Endpoint]]:
        """By method and path, those of this model only."""
        plain = (self.predict, self.explain, self.invocations, self.livez, self.readyz, self.ping)
        for endpoint in plain:
            yield (endpoint.method, endpoint.route), endpoint
        model = f"/v2/models/{self._name}"
        yield ("POST", f"{model}/infer"), self.infer
        yield ("POST", f"{model}/versions/{self._version}/infer"), self.infer_version

    def answer(self, endpoint: Endpoint, environ: "WSGIEnvironment", exchange: Exchange) -> Answer:
        """Read the request and answer it."""
        request_id = exchange.request_id
        body = b""
        if endpoint.method == "POST":
            try:
                body = self.bodies.read(environ)
            except Problem as problem:
                open_inference = speaks_open_inference(endpoint.route)
                return refusal(problem, request_id=request_id, open_inference=open_inference)
        call = Call(
            body,
            environ.get("CONTENT_TYPE", ""),
            request_id,
            counted=not exchange.is_verification,
            header_length=environ.get(_HEADER_LENGTH_VARIABLE, ""),
        )
        return endpoint.respond(call)

    def _ready(self, call: Call) -> Answer:
        if self._lifecycle.ready:
            return Answer(200, b"ready\n", PLAIN)
        return refusal(not_ready(self._lifecycle.description), request_id=call.request_id)


def _live(call: Call) -> Answer:
    return Answer(200, b"ok\n", PLAIN)
