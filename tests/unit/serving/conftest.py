"""An application with a model small enough to reckon with, answered both ways."""

import pytest
from flask.testing import FlaskClient

from sentiment_serving.app import create_app
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.limits import Limits
from tests.unit.serving.tiny_model import tiny_scorer

IDENTITY = ModelIdentity(name="reviews", version="14", digest="sha256:" + "a" * 64)


@pytest.fixture(params=[True, False], ids=["short way", "by way of Flask"])
def client(request: pytest.FixtureRequest) -> FlaskClient:
    """A client of a fresh application: every claim holds whichever way the routes in demand are answered."""
    limits = Limits(body_bytes=100_000, texts=200, text_chars=10_000)
    return create_app(tiny_scorer(), identity=IDENTITY, limits=limits, fast_path=request.param).test_client()
