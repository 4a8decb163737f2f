"""Errors about model files, manifests and texts."""

from sentiment_model.text import one_line


class _ForeignFileError(ValueError):
    """A file of a model version cannot be used. The message is a safe line: it may quote names in the file."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message, 4096))


class ModelFileError(_ForeignFileError):
    """The model file is damaged or inconsistent. The message names the place and holds no user text."""


class UnsupportedFormat(ModelFileError):
    """The file is no model file, or has a format version or an option that this release does not know."""


class ManifestError(_ForeignFileError):
    """The manifest is malformed, has an unknown version, or lists forbidden files."""


class UnencodableText(ValueError):
    """The text holds a lone surrogate, so it has no UTF-8 form and no n-gram keys."""
