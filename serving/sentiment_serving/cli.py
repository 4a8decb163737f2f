"""The commands of the image: `fetch`, `serve`, `verify`.

Each command imports what it needs when it runs: importing Flask or obstore takes longer than most of the work.
"""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import ParamSpec

import click

from sentiment_serving import logs, termination
from sentiment_serving.settings import FetchSettings, ServeSettings, log_level
from sentiment_serving.signals import Signals
from sentiment_serving.termination import Termination

P = ParamSpec("P")

_LOG = logging.getLogger("sentiment_serving")


def _terminates_with_reason(command: Callable[P, None]) -> Callable[P, None]:
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        logs.configure("INFO")
        try:
            logs.configure(log_level(os.environ))
            command(*args, **kwargs)
        except Termination as termination_error:
            termination.write(termination_error)
            _LOG.error(termination_error.message, extra={"fields": {"reason": termination_error.reason.value}})
            if termination_error.__cause__ is not None:
                _LOG.debug("because of", exc_info=termination_error.__cause__)
            sys.exit(termination_error.exit_code)

    return run


@click.group()
def main() -> None:
    """Serve a sentiment model over HTTP."""


@main.command()
@_terminates_with_reason
def fetch() -> None:
    """Copy the model at MODEL_URI with the digest MODEL_DIGEST into the folder MODEL_DIR."""
    Signals()
    from sentiment_serving.fetching.fetch import fetch_from_environ

    fetch_from_environ(FetchSettings.from_environ(os.environ), os.environ)


@main.command()
@click.option("--model", help="A model file, or models:/NAME@ALIAS of an MLflow registry, instead of MODEL_DIR.")
@click.option("--host", help="The address to listen at, instead of HOST; by default all.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen at, instead of PORT; by default 5000.")
@_terminates_with_reason
def serve(model: str | None, host: str | None, port: int | None) -> None:
    """Answer requests with the model in MODEL_DIR, or with one fetched from MODEL_URI when MODEL_DIR is not set."""
    signals = Signals()
    from sentiment_serving.from_environ import app_from_environ
    from sentiment_serving.http import server
    from sentiment_serving.http.lifecycle import Lifecycle

    settings = ServeSettings.from_environ(os.environ, host=host, port=port)
    with ExitStack() as stack:
        lifecycle = Lifecycle()
        app = app_from_environ(os.environ, stack, settings=settings, lifecycle=lifecycle, model=model)
        server.serve(app, lifecycle=lifecycle, settings=settings, signals=signals)
    server.leave()


@main.command()
def verify() -> None:
    """Verify the candidate at CANDIDATE_URL and write the verdict as the termination message. Exits with 0."""
    logs.configure("INFO")
    Signals()
    from sentiment_serving.verifying import verdict as verdicts
    from sentiment_serving.verifying.verify import verify_from_environ

    verdict = verify_from_environ(os.environ)
    verdicts.write(verdict)
    click.echo(verdict.to_json())
