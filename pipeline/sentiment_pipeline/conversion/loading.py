"""Loads a scikit-learn estimator from MLflow or from a file.

Only this module unpickles, and only if the user allows it.
"""

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sentiment_pipeline.errors import ConversionError, RegistryError
from sentiment_pipeline.failures import MLFLOW, asking
from sentiment_pipeline.progress import log_line
from sentiment_pipeline.tracking.runs import prepare_mlflow

_PICKLES = (".pkl", ".pickle", ".joblib")
_ALLOW = "MLFLOW_ALLOW_PICKLE_DESERIALIZATION"


def load_estimator(source: str, *, trusted: bool) -> Any:
    """Load a fitted estimator.

    Args:
        source: `models:/name/version`, `models:/name@alias`, `runs:/run/path`, a folder with an MLmodel file, or a
            file that ends in .pkl, .pickle or .joblib.
        trusted: whether the user trusts its author: loading a pickle can run any code.

    Raises:
        ConversionError: it is not trusted, does not exist, or cannot be loaded on this machine.
    """
    if not trusted:
        raise ConversionError(
            f"to convert {source} it must be unpickled, and a pickle can run any code on this machine:"
            " add --trust-pickle if you trust its author"
        )
    remote = ":/" in source
    if not remote and not Path(source).exists():
        raise ConversionError(f"{source} does not exist (current folder: {Path.cwd()})")
    if not remote and Path(source).is_file():
        return _from_file(Path(source))
    return _from_mlflow(source)


def _from_file(path: Path) -> Any:
    if path.suffix not in _PICKLES:
        raise ConversionError(f"expected a file that ends in {', '.join(_PICKLES)}, or an MLflow model; found {path}")
    with _loading(str(path)):
        import joblib

        return joblib.load(path)


def _from_mlflow(source: str) -> Any:
    prepare_mlflow()
    os.environ.setdefault(_ALLOW, "true")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            with asking(MLFLOW):
                import mlflow.sklearn
                from mlflow.artifacts import download_artifacts
                from mlflow.models import get_model_info

                flavors = get_model_info(source).flavors
                if mlflow.sklearn.FLAVOR_NAME not in flavors:
                    raise ConversionError(
                        f"{source} is not a scikit-learn model: its MLflow flavors are {', '.join(flavors)}"
                    )
                folder = download_artifacts(artifact_uri=source, dst_path=scratch)
        except RegistryError as error:
            raise ConversionError(f"{source} could not be loaded. {error}") from error
        with _loading(source):
            return mlflow.sklearn.load_model(folder)


@contextmanager
def _loading(source: str) -> Iterator[None]:
    """Turn errors of unpickling into a ConversionError with advice, and print the version warnings of scikit-learn."""
    from sklearn.exceptions import InconsistentVersionWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", InconsistentVersionWarning)
        try:
            yield
        except ImportError as error:
            raise ConversionError(
                f"{source} needs {error.name or 'a module'}, which is not installed here:"
                " install the packages it was fitted with"
            ) from error
        except Exception as error:
            # Unpickling can run any code, which can raise any exception.
            raise ConversionError(
                f"{source} could not be unpickled ({type(error).__name__}): was it saved by another release of Python,"
                " numpy or scikit-learn?"
            ) from error
    versions = {
        warning.message.original_sklearn_version: warning.message.current_sklearn_version
        for warning in caught
        if isinstance(warning.message, InconsistentVersionWarning)
    }
    for fitted, here in versions.items():
        log_line(f"fitted with scikit-learn {fitted}, loaded with {here}: the predictions of the latter are converted")
