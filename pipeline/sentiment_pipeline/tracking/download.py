"""Downloads a registered version and verifies its files."""

from pathlib import Path

from sentiment_pipeline.errors import RegistryError
from sentiment_pipeline.tracking.registry import Registry, Version
from sentiment_pipeline.version.files import verified_digest


def download(registry: Registry, version: Version, folder: Path) -> Path:
    """Bring a version's files into a folder; returns where they are.

    Raises:
        RegistryError: MLflow could not be asked, or gives other files than those of the digest.
    """
    found = registry.download(version, folder)
    digest = verified_digest(found)
    if digest != version.digest:
        raise RegistryError(
            f"version {version.number} of {version.name} has the files of {digest},"
            f" but its tag says {version.digest or 'nothing'}: look into the registry"
        )
    return found
