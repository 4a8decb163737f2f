"""What Flask itself refuses, and what fails in a view: told like every other problem."""

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from sentiment_serving import problems
from sentiment_serving.http.predict import failure, refusal
from sentiment_serving.http.request_context import speaks_open_inference
from sentiment_serving.problems import Problem
from sentiment_serving.routes.context import exchange, reply


def install(app: Flask) -> None:
    """For all routes of the application."""
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(Problem, _refuse)
    app.register_error_handler(Exception, _fail)


def _refuse(problem: Problem) -> Response:
    open_inference = speaks_open_inference(request.path)
    return reply(refusal(problem, request_id=exchange().request_id, open_inference=open_inference))


def _refuse_http(error: HTTPException) -> Response:
    response = _refuse(_problem(error))
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _problem(error: HTTPException) -> Problem:
    match error:
        case NotFound():
            return problems.not_found("There is no such route. GET /openapi.json tells which there are.")
        case MethodNotAllowed():
            allowed = ", ".join(sorted(error.valid_methods or ()))
            return Problem(405, "Method not allowed", f"Use one of: {allowed}.")
    return Problem(error.code or 500, error.name, "The request could not be understood as HTTP.")


def _fail(error: Exception) -> Response:
    open_inference = speaks_open_inference(request.path)
    return reply(failure(error, request_id=exchange().request_id, open_inference=open_inference))
