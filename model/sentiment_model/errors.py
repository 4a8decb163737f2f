"""Errors about model files, manifests and texts."""


class ModelFileError(ValueError):
    """The model file is damaged or inconsistent. The message names the place and holds no user text."""


class UnsupportedFormat(ModelFileError):
    """The file is no model file, or has a format version or an option that this release does not know."""


class ManifestError(ValueError):
    """The manifest is malformed, has an unknown version, or lists forbidden files."""


class UnencodableText(ValueError):
    """The text holds a lone surrogate, so it has no UTF-8 form and no n-gram keys."""
