"""Errors that a user can fix. Each message states what was expected, what was found and what to do next."""

from sentiment_pipeline.text import console_line


class PipelineError(Exception):
    """An error that the user can fix; the command line prints it as one sentence, without a traceback.

    Each line is safe to print: it may quote columns, labels and file names of others.

    Args:
        sentence: the error.
        more: further lines, such as a list of findings.
    """

    def __init__(self, sentence: str, *more: str) -> None:
        super().__init__("\n".join(map(console_line, (sentence, *more))))


class ParamsError(PipelineError):
    """params.yaml is missing or malformed, or holds an unknown key or an invalid value."""


class SourceError(PipelineError):
    """The raw reviews could not be fetched, or their checksum is not the expected one."""


class SourceChanged(SourceError):
    """The source holds other reviews than those that were ingested."""


class DataError(PipelineError):
    """A file of reviews, of a model or of a report is missing, or its content cannot be used."""


class ExportError(PipelineError):
    """The fitted estimator cannot be written as a model file, or the two predict different probabilities."""


class ConversionError(PipelineError):
    """A scikit-learn model cannot be loaded, or cannot be written as a model file."""


class NotSupported(ConversionError):
    """A scikit-learn model uses a feature that the model file format cannot express."""

    def __init__(self, what: str) -> None:
        super().__init__(f"not supported: {what}")


class RegistryError(PipelineError):
    """MLflow did not answer, or its answer cannot be used."""


class Refused(PipelineError):
    """The gate or the promotion refused a version."""
