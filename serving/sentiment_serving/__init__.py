"""Serves a sentiment model over HTTP: `fetch` copies and checks a model, `serve` answers requests with it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def create_app() -> "Flask":
    """For `flask --app sentiment_serving run`: the application of the environment's model (MODEL_DIR, ...).

    Raises:
        SystemExit: there is no model that can be served; the message is a sentence.
    """
    from sentiment_serving.development import app_for_development

    return app_for_development()
