"""The release of this server."""

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """The version of the distribution; `unknown` in an image, which has no distribution metadata."""
    try:
        return version("sentimentmodel")
    except PackageNotFoundError:
        return "unknown"
