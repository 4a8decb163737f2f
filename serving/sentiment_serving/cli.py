"""The commands of the image: `fetch`, `serve`, `verify`."""

import logging
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click

from sentiment_model.manifest import MODEL
from sentiment_serving import logs, termination
from sentiment_serving import verdict as verdicts
from sentiment_serving.app import create_app
from sentiment_serving.lifecycle import Lifecycle
from sentiment_serving.load import open_model
from sentiment_serving.settings import FetchSettings, ServeSettings, identity_from_environ, log_level
from sentiment_serving.signals import Signals
from sentiment_serving.termination import Reason, Termination

P = ParamSpec("P")

_LOG = logging.getLogger("sentiment_serving")


def _ends_with_a_reason(command: Callable[P, None]) -> Callable[P, None]:
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        logs.configure("INFO")
        try:
            logs.configure(log_level(os.environ))
            command(*args, **kwargs)
        except Termination as ending:
            termination.write(ending)
            _LOG.error(ending.message, extra={"fields": {"reason": ending.reason.value}})
            if ending.__cause__ is not None:
                _LOG.debug("because of", exc_info=ending.__cause__)
            sys.exit(ending.exit_code)

    return run


@click.group()
def main() -> None:
    """Serve a sentiment model over HTTP."""


@main.command()
@_ends_with_a_reason
def fetch() -> None:
    """Bring the model MODEL_URI with the digest MODEL_DIGEST into the folder MODEL_DIR."""
    Signals()
    # obstore takes a while to load, and a server that has its model does without it.
    from sentiment_serving.fetch import fetch_from_environ

    fetch_from_environ(FetchSettings.from_environ(os.environ), os.environ)


@main.command()
@click.option("--model", type=click.Path(path_type=Path), help="A model file, instead of the one in MODEL_DIR.")
@click.option("--host", help="The address to listen at, instead of HOST; by default all.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen at, instead of PORT; by default 5000.")
@_ends_with_a_reason
def serve(model: Path | None, host: str | None, port: int | None) -> None:
    """Answer requests with the model in MODEL_DIR, or with one fetched from MODEL_URI when MODEL_DIR is not set."""
    signals = Signals()
    from sentiment_serving import server

    settings = ServeSettings.from_environ(os.environ, host=host, port=port)
    with ExitStack() as stack:
        path = model or _model_path(stack)
        identity = identity_from_environ(os.environ, path)
        lifecycle = Lifecycle()
        app = create_app(
            open_model(path),
            identity=identity,
            limits=settings.limits,
            lifecycle=lifecycle,
            fast_path=settings.fast_path,
        )
        server.serve(app, lifecycle=lifecycle, settings=settings, signals=signals)
    server.leave()


@main.command()
def verify() -> None:
    """Judge the candidate at CANDIDATE_URL and leave the verdict as the termination message. Ends with 0."""
    logs.configure("INFO")
    Signals()
    from sentiment_serving.verify import verify_from_environ

    verdict = verify_from_environ(os.environ)
    verdicts.write(verdict)
    click.echo(verdict.to_json())


def _model_path(stack: ExitStack) -> Path:
    folder = os.environ.get("MODEL_DIR")
    if folder:
        return Path(folder) / MODEL
    if not os.environ.get("MODEL_URI"):
        raise Termination(
            Reason.BAD_CONFIGURATION,
            "No model to serve. Name a file with --model, a folder with MODEL_DIR, or a version with MODEL_URI and "
            "MODEL_DIGEST.",
        )
    from sentiment_serving.fetch import fetch_from_environ

    # Only here: with a read-only root there may be no place for temporary files at all.
    scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sentiment-model-")))
    fetch_from_environ(FetchSettings.from_environ(os.environ, folder=scratch), os.environ)
    return scratch / MODEL
