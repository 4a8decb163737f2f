"""Building the project's images on the lab's base image, and pushing them to its registry."""

import os
from collections.abc import Mapping
from pathlib import Path

from lab.build import base_image, buildah
from lab.errors import LabError
from lab.progress import Progress
from lab.settings import Settings


def build(
    settings: Settings, dockerfile: Path, context: Path, image: str, build_args: Mapping[str, str], progress: Progress
) -> None:
    """Build an image; BASE_IMAGE is the lab's base image unless `build_args` has one."""
    if not dockerfile.is_file():
        raise LabError(f"there is no Dockerfile {dockerfile}")
    storage = buildah.Buildah(settings.cache)
    arguments = {"BASE_IMAGE": base_image.ensure(settings.cache, storage, progress), **build_args}
    with progress.step(f"building the image {image}"):
        storage.build(dockerfile, context, local_name(image), arguments, buildah.pip_conf(_pip_settings()))


def push(settings: Settings, image: str, progress: Progress) -> str:
    """Push an image that was built here and return its name in the cluster, `registry/name@digest`."""
    storage = buildah.Buildah(settings.cache)
    if not storage.has(local_name(image)):
        raise LabError(f"there is no image {image}: build it with `python -m lab build-image -t {image} ...`")
    repository, tag = split(image)
    with progress.step(f"pushing {image} to {settings.registry}"):
        digest = storage.push(local_name(image), f"{settings.registry}/{repository}:{tag}")
    return f"{settings.registry}/{repository}@{digest}"


def split(image: str) -> tuple[str, str]:
    """Repository and tag; the tag is `latest` when none is given."""
    repository, colon, tag = image.rpartition(":")
    if not colon or "/" in tag:
        return image, "latest"
    return repository, tag


def local_name(image: str) -> str:
    repository, tag = split(image)
    return f"localhost/{repository}:{tag}"


def _pip_settings() -> dict[str, str]:
    files = (Path("/etc/pip.conf"), Path.home() / ".pip/pip.conf", Path.home() / ".config/pip/pip.conf")
    return buildah.pip_settings([file.read_text() for file in files if file.is_file()], os.environ)
