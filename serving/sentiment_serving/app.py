"""The Flask application: parts put together, routes registered, nothing decided."""

from flask import Flask

from sentiment_model import Scorer
from sentiment_serving import exchange
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.lifecycle import Lifecycle
from sentiment_serving.limits import Limits
from sentiment_serving.metrics import Metrics
from sentiment_serving.predict import Predictor
from sentiment_serving.routes import native, operations
from sentiment_serving.serving import Serving


def create_app(
    scorer: Scorer,
    *,
    identity: ModelIdentity,
    limits: Limits | None = None,
    lifecycle: Lifecycle | None = None,
) -> Flask:
    """The application that answers with `scorer`, ready once its first prediction has succeeded.

    Any WSGI server may run it; `sentiment_serving.server` adds what a rollout without a lost request needs.

    Raises:
        Termination: LoadFailed, when the model cannot predict.
    """
    limits = limits or Limits()
    lifecycle = lifecycle or Lifecycle()
    metrics = Metrics(identity, scorer.labels)
    predictor = Predictor(scorer, identity=identity, limits=limits, metrics=metrics)

    app = Flask("sentiment_serving", static_folder=None, template_folder=None)
    # One more than allowed: a chunked body is cut there without a word, and the predictor sees that it was too long.
    app.config["MAX_CONTENT_LENGTH"] = limits.body_bytes + 1
    Serving(predictor, metrics, lifecycle).attach(app)
    exchange.install(app)
    app.register_blueprint(native.blueprint)
    app.register_blueprint(operations.blueprint)

    lifecycle.prove(scorer)
    return app
