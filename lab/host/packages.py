"""The Debian packages that the lab needs."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lab.command import run, succeeds
from lab.errors import LabError, RequirementError
from lab.progress import Progress

PROGRAMS: Mapping[str, str] = {
    "buildah": "buildah",
    "conntrack": "conntrack",
    "containerd": "containerd",
    "debootstrap": "debootstrap",
    "docker-registry": "docker-registry",
    "ip": "iproute2",
    "iptables": "iptables",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "runc": "runc",
    "unshare": "util-linux",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
}
"""Program on PATH, or absolute path -> the package that contains it."""

_POLICY = Path("/usr/sbin/policy-rc.d")


def missing(present: Callable[[str], bool]) -> list[str]:
    """Names of the packages whose program is missing."""
    return sorted({package for program, package in PROGRAMS.items() if not present(program)})


def is_present(program: str) -> bool:
    return Path(program).exists() if program.startswith("/") else shutil.which(program) is not None


def ensure(progress: Progress) -> None:
    """Install the missing packages, with a progress line.

    Raises:
        RequirementError: packages are missing and this machine has no apt.
        LabError: apt could not install them.
    """
    packages = missing(is_present)
    if not packages:
        return
    if shutil.which("apt-get") is None:
        raise RequirementError(f"the lab needs these Debian packages or their equivalents: {' '.join(packages)}")
    with progress.step(f"installing Debian packages that are missing: {' '.join(packages)}"), _services_off():
        install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        # The lists may be old or absent. `update` also fails if a third party's source does not answer, which need not
        # keep the packages from being installed.
        updated = succeeds(["apt-get", "update"])
        try:
            run(install, environment=environment)
        except LabError as err:
            hint = "" if updated else "\n(`apt-get update` failed too: run it to see why)"
            raise LabError(f"{err}{hint}") from err
    still = missing(is_present)
    if still:
        raise LabError(f"apt installed {' '.join(still)}, but their programs are not on PATH: is /usr/sbin on it?")


@contextmanager
def _services_off() -> Iterator[None]:
    """Keep packages from starting their daemons on installation (see invoke-rc.d(8)): the lab starts its own."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
