"""Assembles the Flask application from its parts."""

from flask import Flask

from sentiment_model import Scorer
from sentiment_serving.http import openapi
from sentiment_serving.http.application import Application
from sentiment_serving.http.handler import Handler
from sentiment_serving.http.lifecycle import Lifecycle
from sentiment_serving.http.metrics import Metrics
from sentiment_serving.http.middleware import EXTENSION, Middleware
from sentiment_serving.http.predict import Predictor
from sentiment_serving.http.reference import Reference, ReferenceMetrics
from sentiment_serving.http.service import Service
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.limits import Limits
from sentiment_serving.routes import flask_views
from sentiment_serving.routes.table import ENDPOINTS


def create_app(
    scorer: Scorer,
    *,
    identity: ModelIdentity,
    limits: Limits | None = None,
    lifecycle: Lifecycle | None = None,
    fast_path: bool = True,
    reference: Reference | None = None,
) -> Flask:
    """The application that predicts with `scorer`; it is ready once its first prediction has succeeded.

    Any WSGI server may run it. `sentiment_serving.http.server` adds draining, so that a rollout loses no request.

    Args:
        scorer: of the model.
        identity: the model's name, version and digest in responses.
        limits: of requests.
        lifecycle: shared with the server, which starts draining through it.
        fast_path: answer the busy routes before Flask's routing (see `sentiment_serving.http.middleware`).
        reference: the model's distributions at training time, which the metrics show beside the live ones.

    Raises:
        Termination: LoadFailed, when the model cannot predict.
    """
    limits = limits or Limits()
    lifecycle = lifecycle or Lifecycle()
    metrics = Metrics(identity, scorer.labels)
    if reference:
        metrics.registry.register(ReferenceMetrics(reference))
    service = Service(
        predictor=Predictor(scorer, identity=identity, limits=limits, metrics=metrics),
        metrics=metrics,
        lifecycle=lifecycle,
        openapi=openapi.document(ENDPOINTS, identity=identity, limits=limits),
    )
    handler = Handler(service)
    app = Application()
    app.extensions["sentiment_serving"] = service
    flask_views.install(app, ENDPOINTS, handler)
    middleware = Middleware(app.wsgi_app, ENDPOINTS, handler, fast_path=fast_path)
    app.wsgi_app = middleware  # type: ignore[method-assign]
    # The server finds it here: others may wrap `wsgi_app` once more.
    app.extensions[EXTENSION] = middleware

    lifecycle.prove(scorer)
    return app
