"""From a WSGI request to the response of its endpoint, with Flask or without it."""

from typing import TYPE_CHECKING

from sentiment_serving.http.bodies import Bodies
from sentiment_serving.http.endpoint import Endpoint
from sentiment_serving.http.message import Request, Response
from sentiment_serving.http.predict import failure_response, problem_response
from sentiment_serving.http.request_context import RequestContext, is_open_inference, wsgi_variable
from sentiment_serving.http.service import Service
from sentiment_serving.problems import Problem
from sentiment_serving.wire.v2 import HEADER_LENGTH

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_HEADER_LENGTH_VARIABLE = wsgi_variable(HEADER_LENGTH)


class Handler:
    """Reads requests within the limits and has their endpoints respond. Shared by threads."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.bodies = Bodies(service.predictor.limits)

    def handle(
        self,
        endpoint: Endpoint,
        environ: "WSGIEnvironment",
        context: RequestContext,
        *,
        name: str | None = None,
        version: str | None = None,
    ) -> Response:
        """Respond to one request, whatever happens.

        Args:
            name: the model that the path names, where it was not compared with the one that serves.
            version: the same for the version.
        """
        body = b""
        try:
            if name is not None:
                self.service.require_model(name, version)
            if endpoint.method == "POST":
                body = self.bodies.read(environ)
            response = endpoint.respond(self.service, _request(endpoint, body, environ, context))
        except Problem as problem:
            open_inference = is_open_inference(endpoint.route)
            response = problem_response(problem, request_id=context.request_id, open_inference=open_inference)
        except Exception as error:
            open_inference = is_open_inference(endpoint.route)
            response = failure_response(error, request_id=context.request_id, open_inference=open_inference)
        finally:
            self.bodies.release(body)
        context.record(response)
        return response


def _request(endpoint: Endpoint, body: bytes, environ: "WSGIEnvironment", context: RequestContext) -> Request:
    if endpoint.method == "GET":
        return Request(b"", "", context.request_id, accept=environ.get("HTTP_ACCEPT", ""))
    return Request(
        body,
        environ.get("CONTENT_TYPE", ""),
        context.request_id,
        counted=not context.is_verification,
        header_length=environ.get(_HEADER_LENGTH_VARIABLE, ""),
    )
