"""The Flask application: parts put together, routes registered, nothing decided."""

from flask import Flask

from sentiment_model import Scorer
from sentiment_serving.http import openapi
from sentiment_serving.http.application import Application
from sentiment_serving.http.endpoints import Endpoints
from sentiment_serving.http.lifecycle import Lifecycle
from sentiment_serving.http.metrics import Metrics
from sentiment_serving.http.middleware import Front
from sentiment_serving.http.predict import Predictor
from sentiment_serving.http.reference import Reference, ReferenceMetrics
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.limits import Limits
from sentiment_serving.routes import errors, mlflow, native, operations, page, v2
from sentiment_serving.routes.context import Serving


def create_app(
    scorer: Scorer,
    *,
    identity: ModelIdentity,
    limits: Limits | None = None,
    lifecycle: Lifecycle | None = None,
    fast_path: bool = True,
    reference: Reference | None = None,
) -> Flask:
    """The application that answers with `scorer`, ready once its first prediction has succeeded.

    Any WSGI server may run it; `sentiment_serving.http.server` adds what a rollout without a lost request needs.

    Args:
        scorer: of the model.
        identity: how answers call it.
        limits: of requests.
        lifecycle: where others may say that the end begins.
        fast_path: answer the routes in demand before Flask's routing (see `front`).
        reference: the model's distributions at training time, which the metrics tell beside the live ones.

    Raises:
        Termination: LoadFailed, when the model cannot predict.
    """
    limits = limits or Limits()
    lifecycle = lifecycle or Lifecycle()
    metrics = Metrics(identity, scorer.labels)
    if reference:
        metrics.registry.register(ReferenceMetrics(reference))
    predictor = Predictor(scorer, identity=identity, limits=limits, metrics=metrics)
    endpoints = Endpoints(predictor, lifecycle)

    app = Application()
    document = openapi.document(identity=identity, limits=limits)
    Serving(predictor, endpoints, metrics, lifecycle, document).attach(app)
    for part in (native, mlflow, v2, operations, page):
        app.register_blueprint(part.blueprint)
    errors.install(app)
    front = Front(app.wsgi_app, endpoints, metrics=metrics, version=identity.version, short=fast_path)
    app.wsgi_app = front  # type: ignore[method-assign]

    lifecycle.prove(scorer)
    return app
