"""The table of endpoints as Flask's routing, and problem details for what Flask itself refuses."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import flask
from flask import Flask, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from sentiment_serving import problems
from sentiment_serving.http.endpoint import Endpoint
from sentiment_serving.http.handler import Handler
from sentiment_serving.http.message import Response
from sentiment_serving.http.predict import failure_response, problem_response
from sentiment_serving.http.request_context import context_of, is_open_inference
from sentiment_serving.problems import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class _FlaskResponse(flask.Response):
    """A response that has all its headers: Werkzeug need not compute any."""

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        return self.headers


def install(app: Flask, endpoints: Iterable[Endpoint], handler: Handler) -> None:
    """Register every endpoint, and the handlers of what no endpoint answers."""
    for endpoint in endpoints:
        app.add_url_rule(
            endpoint.route,
            endpoint.route,
            _view(endpoint, handler),
            methods=[endpoint.method],
            strict_slashes=endpoint.route == "/" or not endpoint.route.endswith("/"),
        )
    app.register_error_handler(HTTPException, _refused_by_flask)
    app.register_error_handler(Exception, _failed)


def _view(endpoint: Endpoint, handler: Handler) -> Callable[..., flask.Response]:
    def view(name: str | None = None, version: str | None = None) -> flask.Response:
        environ = request.environ
        return _to_flask(handler.handle(endpoint, environ, context_of(environ), name=name, version=version))

    return view


def _to_flask(response: Response) -> flask.Response:
    converted = _FlaskResponse(response.body, response.status, content_type=response.content_type)
    converted.content_length = len(response.body)
    for name, value in response.headers:
        converted.headers[name] = value
    return converted


def _refused_by_flask(error: HTTPException) -> flask.Response:
    problem, path = _problem_of(error), request.path
    request_id = context_of(request.environ).request_id
    response = problem_response(problem, request_id=request_id, open_inference=is_open_inference(path))
    converted = _to_flask(response)
    for name, value in error.get_headers():
        if name == "Allow":
            converted.headers[name] = value
    return converted


def _problem_of(error: HTTPException) -> Problem:
    match error:
        case NotFound():
            return problems.not_found("There is no such route. GET /openapi.json lists all routes.")
        case MethodNotAllowed():
            allowed = ", ".join(sorted(error.valid_methods or ()))
            return Problem(405, "Method not allowed", f"Use one of: {allowed}.")
    return Problem(error.code or 500, error.name, "The request could not be understood as HTTP.")


def _failed(error: Exception) -> flask.Response:
    request_id = context_of(request.environ).request_id
    return _to_flask(failure_response(error, request_id=request_id, open_inference=is_open_inference(request.path)))
