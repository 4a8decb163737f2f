"""Downloads a registered version and verifies its files."""

from pathlib import Path

from sentiment_pipeline.errors import RegistryError
from sentiment_pipeline.tracking.registry import Registry, Version
from sentiment_pipeline.version.files import verified_digest


def download(registry: Registry, version: Version, folder: Path) -> Path:
    """Download the files of a version into a folder and verify them.

    Returns:
        The folder of the files.

    Raises:
        RegistryError: MLflow did not answer, or the files do not have the digest of the version.
    """
    found = registry.download(version, folder)
    digest = verified_digest(found)
    if digest != version.digest:
        raise RegistryError(
            f"version {version.number} of {version.name} has the files of {digest},"
            f" but its tag is {version.digest or 'empty'}: check the registry"
        )
    return found
