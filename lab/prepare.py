"""Installing and building everything that a lab needs before it starts."""

import platform
from pathlib import Path

from lab.build import base_image, pause, programs
from lab.build.buildah import Buildah
from lab.host import packages, requirements
from lab.layout import Programs
from lab.progress import Progress
from lab.settings import Settings


def prepare(settings: Settings, progress: Progress) -> Programs:
    """Install and build what `up` needs; prints nothing when nothing is missing."""
    requirements.check_user_here()
    packages.ensure(progress)
    requirements.check_kernel(settings)
    return build(settings.cache, progress)


def build(cache: Path, progress: Progress) -> Programs:
    kubernetes = programs.built(cache, programs.kubernetes(), progress)
    prometheus = programs.built(cache, programs.prometheus(), progress)
    return Programs(
        kubernetes=kubernetes / "kubernetes",
        pause_archive=pause.archive(cache, platform.machine(), progress),
        prometheus=prometheus / "prometheus",
        promtool=prometheus / "promtool",
    )


def prepare_all(settings: Settings, progress: Progress) -> None:
    """Install and build what `up` and `build-image` need."""
    prepare(settings, progress)
    base_image.ensure(settings.cache, Buildah(settings.cache), progress)
