"""Opens a model file, or raises the reason why it cannot be served."""

from pathlib import Path

from sentiment_model import ModelFileError, Scorer, UnsupportedFormat
from sentiment_serving.termination import Reason, Termination


def open_model(path: Path) -> Scorer:
    """Map and check a model file.

    Raises:
        Termination: UnsupportedFormat, when this release does not know the file's format; LoadFailed, when the file is
            damaged; BadConfiguration, when there is no such file.
    """
    try:
        return Scorer.open(path)
    except UnsupportedFormat as error:
        raise Termination(
            Reason.UNSUPPORTED_FORMAT,
            f"{path.name} is not a model that this server knows: {error}. Register the version again with the release "
            "of this image, or serve it with the image of its release.",
        ) from error
    except ModelFileError as error:
        raise Termination(Reason.LOAD_FAILED, f"{path.name} is damaged: {error}. Register the model again.") from error
    except MemoryError as error:
        raise Termination(
            Reason.LOAD_FAILED, f"{path.name} does not fit into memory. Raise the container's memory limit."
        ) from error
    except OSError as error:
        raise Termination(
            Reason.BAD_CONFIGURATION,
            f"The model file {path} cannot be opened: {error.strerror or type(error).__name__}. Check MODEL_DIR or "
            "the path given with --model.",
        ) from error
