"""Builds the application from the environment: finds the model, fetches it if needed, and reads the settings."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from flask import Flask

from sentiment_model.manifest import MODEL
from sentiment_serving.app import create_app
from sentiment_serving.http.lifecycle import Lifecycle
from sentiment_serving.http.reference import read_reference
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.load import open_model
from sentiment_serving.settings import FetchSettings, ServeSettings, identity_from_environ
from sentiment_serving.termination import Reason, Termination


def app_from_environ(
    environ: Mapping[str, str],
    stack: ExitStack,
    *,
    settings: ServeSettings,
    lifecycle: Lifecycle,
    model: str | None = None,
) -> Flask:
    """The application of the environment's model.

    Args:
        environ: see docs/serving.md.
        stack: keeps the fetched files until it is closed.
        settings: of the same environment.
        lifecycle: the caller starts draining through it.
        model: a file, or `models:/NAME@ALIAS`, instead of MODEL_DIR and MODEL_URI.

    Raises:
        Termination: there is no model, or none that can be served.
    """
    path, identity = _model(environ, stack, model)
    return create_app(
        open_model(path),
        identity=identity,
        limits=settings.limits,
        lifecycle=lifecycle,
        fast_path=settings.fast_path,
        reference=read_reference(path.parent),
    )


def _model(environ: Mapping[str, str], stack: ExitStack, model: str | None) -> tuple[Path, ModelIdentity]:
    if model is not None and model.startswith("models:"):
        from sentiment_serving.fetching.registry import fetch_registered

        return fetch_registered(model, _scratch(stack))
    path = Path(model) if model is not None else _path(environ, stack)
    return path, identity_from_environ(environ, path)


def _path(environ: Mapping[str, str], stack: ExitStack) -> Path:
    folder = environ.get("MODEL_DIR")
    if folder:
        return Path(folder) / MODEL
    if not environ.get("MODEL_URI"):
        return _mounted(environ.get("MODELS_DIR"))
    # obstore takes a while to import, and a server that has its model does not need it.
    from sentiment_serving.fetching.fetch import fetch_from_environ

    scratch = _scratch(stack)
    fetch_from_environ(FetchSettings.from_environ(environ, folder=scratch), environ)
    return scratch / MODEL


def _mounted(models: str | None) -> Path:
    """The model in MODELS_DIR: a version's own files, or those that the pipeline writes to its folder `current`."""
    if models:
        for path in (Path(models) / MODEL, Path(models) / "current" / MODEL):
            if path.is_file():
                return path
    looked = f" In {models} there is neither {MODEL} nor current/{MODEL}: is a folder mounted there?" if models else ""
    raise Termination(
        Reason.BAD_CONFIGURATION,
        "No model to serve. Name a file with --model, a folder with MODEL_DIR, or a version with MODEL_URI and "
        f"MODEL_DIGEST.{looked}",
    )


def _scratch(stack: ExitStack) -> Path:
    # Only when it is needed: with a read-only root file system there may be no folder for temporary files.
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sentiment-model-")))
