"""The only place that unpickles: a scikit-learn estimator from MLflow or from a file, if the user says so."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sentiment_pipeline.errors import ConversionError
from sentiment_pipeline.progress import say

_PICKLES = (".pkl", ".pickle", ".joblib")
_ALLOW = "MLFLOW_ALLOW_PICKLE_DESERIALIZATION"


def load_estimator(source: str, *, trusted: bool) -> Any:
    """Load a fitted estimator.

    Args:
        source: `models:/name/version`, `models:/name@alias`, `runs:/run/path`, a folder with an MLmodel file, or a
            file that ends in .pkl, .pickle or .joblib.
        trusted: whether the user trusts who made it: a pickle runs any code it likes when it is loaded.

    Raises:
        ConversionError: the user did not say so, it is not there, or it cannot be loaded here.
    """
    if not trusted:
        raise ConversionError(
            f"to convert {source} it must be unpickled, and a pickle can run any code on this machine:"
            " say --trust-pickle if you trust who made it"
        )
    remote = ":/" in source
    if not remote and not Path(source).exists():
        raise ConversionError(f"there is no {source}, seen from {Path.cwd()}")
    with _loading(source):
        if not remote and Path(source).is_file():
            return _from_file(Path(source))
        return _from_mlflow(source)


def _from_file(path: Path) -> Any:
    if path.suffix not in _PICKLES:
        raise ConversionError(f"expected a file that ends in {', '.join(_PICKLES)}, or an MLflow model; found {path}")
    import joblib

    return joblib.load(path)


def _from_mlflow(source: str) -> Any:
    os.environ.setdefault(_ALLOW, "true")
    import mlflow.sklearn
    from mlflow.exceptions import MlflowException
    from mlflow.models import get_model_info

    try:
        flavors = get_model_info(source).flavors
        if mlflow.sklearn.FLAVOR_NAME not in flavors:
            raise ConversionError(f"{source} is not a scikit-learn model: MLflow knows it as {', '.join(flavors)}")
        return mlflow.sklearn.load_model(source)
    except MlflowException as error:
        raise ConversionError(f"{source} could not be loaded. MLflow: {str(error).splitlines()[0]}") from error


@contextmanager
def _loading(source: str) -> Iterator[None]:
    """Say what a pickle may fail with in words that help, and pass on what scikit-learn warns of."""
    from sklearn.exceptions import InconsistentVersionWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", InconsistentVersionWarning)
        try:
            yield
        except ConversionError:
            raise
        except ImportError as error:
            raise ConversionError(
                f"{source} needs {error.name or 'a module'}, which is not installed here:"
                " install what it was fitted with"
            ) from error
        except Exception as error:
            # Unpickling runs whatever it names, which may raise whatever it likes.
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
        say(f"fitted with scikit-learn {fitted}, read with {here}: what counts is what the latter answers")
