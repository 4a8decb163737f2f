"""What the routes stand on, held by the Flask application."""

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from sentiment_serving.lifecycle import Lifecycle
from sentiment_serving.metrics import Metrics
from sentiment_serving.predict import Predictor

_KEY = "sentiment_serving"


@dataclass(frozen=True)
class Serving:
    """The parts of one application."""

    predictor: Predictor
    metrics: Metrics
    lifecycle: Lifecycle

    def attach(self, app: Flask) -> None:
        """Give them to the application's routes."""
        app.extensions[_KEY] = self


def serving() -> Serving:
    """The parts of the application that handles the present request."""
    return cast("Serving", current_app.extensions[_KEY])
