"""What can be wrong with a model that is handed to us."""


class ModelFileError(ValueError):
    """The model file is damaged or contradicts itself; the message says where and is free of user text."""


class UnsupportedFormat(ModelFileError):
    """The file is not one of ours, or of a format version or kind that this release does not know."""


class ManifestError(ValueError):
    """The manifest is malformed, of an unknown version, or lists what it must not."""


class UnencodableText(ValueError):
    """The text holds a lone surrogate, so it has no UTF-8 form and no n-gram keys."""
