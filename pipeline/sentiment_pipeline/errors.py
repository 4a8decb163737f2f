"""What can go wrong, named by meaning. Each message says what was expected, what was found and what to do next."""


class PipelineError(Exception):
    """A fault that the user can mend; shown as one sentence, without a traceback."""


class ParamsError(PipelineError):
    """params.yaml is missing, malformed or asks for what cannot be."""


class SourceError(PipelineError):
    """The raw reviews could not be had, or are not the ones that were asked for."""


class SourceChanged(SourceError):
    """The raw reviews are not the ones that were ingested."""


class DataError(PipelineError):
    """The reviews are there but cannot be learned from."""


class ExportError(PipelineError):
    """The fitted estimator cannot be written as a model file, or the file does not say what the estimator says."""


class ConversionError(PipelineError):
    """A model of another kind cannot be had, or cannot be written as a model file."""


class NotSupported(ConversionError):
    """A model of another kind does what a model file cannot say."""

    def __init__(self, what: str) -> None:
        super().__init__(f"not supported: {what}")


class RegistryError(PipelineError):
    """MLflow could not be asked, or its answer is not one to act on."""


class Refused(PipelineError):
    """A gate or a promotion said no."""
