"""Which release of this server it is."""

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """The version of the distribution; `unknown` in an image, which has the modules without it."""
    try:
        return version("sentimentmodel")
    except PackageNotFoundError:
        return "unknown"
