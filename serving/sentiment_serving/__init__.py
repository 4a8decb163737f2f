"""Serves a sentiment model over HTTP: `fetch` brings a verified model into a folder, `serve` answers from it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def create_app() -> "Flask":
    """For `flask --app sentiment_serving run`: the application of the environment's model (MODEL_DIR, ...).

    Raises:
        SystemExit: with a sentence, when there is no model that can be served.
    """
    from sentiment_serving.development import app_for_development

    return app_for_development()
