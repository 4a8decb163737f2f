"""The application under Flask's development server."""

import atexit
import os
from contextlib import ExitStack

from flask import Flask

from sentiment_serving import logs
from sentiment_serving.from_environ import app_from_environ
from sentiment_serving.http.lifecycle import Lifecycle
from sentiment_serving.settings import ServeSettings, log_level
from sentiment_serving.termination import Termination

TRAINED = "models/current"
"""Where the pipeline writes a model."""


def app_for_development() -> Flask:
    """The application of the environment's model, or of the one that `dvc repro` writes if none is set.

    Raises:
        SystemExit: there is no model that can be served; the message is a sentence.
    """
    stack = ExitStack()
    atexit.register(stack.close)
    environ = os.environ if {"MODEL_DIR", "MODEL_URI"} & os.environ.keys() else os.environ | {"MODEL_DIR": TRAINED}
    try:
        logs.configure(log_level(environ))
        settings = ServeSettings.from_environ(environ)
        return app_from_environ(environ, stack, settings=settings, lifecycle=Lifecycle())
    except Termination as termination_error:
        raise SystemExit(termination_error.message) from termination_error
