"""The base of the project's images: Debian with Python, made from Debian's packages with debootstrap.

It replaces `python:3.13-slim-trixie`, the Dockerfiles' default base: Debian 13 has Python 3.13.
"""

import os
import platform
from pathlib import Path

from lab.build import store
from lab.build.buildah import Buildah
from lab.command import run
from lab.host import apt_sources, packages
from lab.progress import Progress

SUITE = "trixie"
PACKAGES = ("ca-certificates", "python3", "python3-venv")
_UNNEEDED = (
    "var/cache/apt/archives/*.deb",
    "var/cache/apt/*.bin",
    "var/lib/apt/lists/*",
    "var/log/*.log",
    "usr/share/doc/*",
    "usr/share/locale/*",
    "usr/share/man/*",
)


def name(machine: str) -> str:
    return f"localhost/lab-base:{store.content_key([SUITE, machine, *PACKAGES, *_UNNEEDED])}"


def ensure(cache: Path, buildah: Buildah, progress: Progress) -> str:
    """Make the base image unless buildah's storage has it, and return its name."""
    image = name(platform.machine())
    if buildah.has(image):
        return image
    packages.ensure(progress)
    with store.exclusively(cache / "locks" / "base-image"):
        if not buildah.has(image):
            title = f"making the base image from Debian {SUITE} (the first time, about a minute)"
            with progress.step(title), buildah.scratch(image) as root:
                _bootstrap(root, apt_sources.mirror())
    return image


def _bootstrap(root: Path, mirror: str | None) -> None:
    include = f"--include={','.join(PACKAGES)}"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    source = [mirror] if mirror else []  # without one, debootstrap takes its own default
    run(["debootstrap", "--variant=minbase", include, SUITE, root, *source], environment=environment)
    for pattern in _UNNEEDED:
        for path in root.glob(pattern):
            run(["rm", "-rf", path])
    # The official image has a `python` too.
    (root / "usr/bin/python").symlink_to("python3")
