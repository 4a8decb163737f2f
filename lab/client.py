"""The lab as the rest of the project uses it: its commands, its environment variables, and the files that it keeps.

Nothing outside `lab` imports another module of it (its own tests excepted).
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path

from lab.build import base_image, programs
from lab.build.buildah import Buildah
from lab.build.store import content_key
from lab.errors import LabError
from lab.images import local_name
from lab.lab import settings_of
from lab.layout import PROJECT, State
from lab.progress import Progress
from lab.standins.mlflow import ARTIFACTS as MLFLOW_ARTIFACTS
from lab.standins.mlflow import STORE as MLFLOW_STORE

__all__ = [
    "MLFLOW_ARTIFACTS",
    "MLFLOW_STORE",
    "LabError",
    "Progress",
    "audit_log",
    "command",
    "content_key",
    "environment",
    "host_address",
    "is_up",
    "kubernetes_program",
    "mounted_base_image",
    "mounted_image",
    "parse_exports",
    "prometheus_program",
    "rules_folder",
    "run",
]

_SHOWN_LINES = 30
"""How many lines of a failed command's output an error quotes."""


def command(*arguments: str) -> list[str]:
    """`python -m lab ARGUMENTS` with this Python, for callers that run it themselves from the root of the checkout."""
    return [sys.executable, "-m", "lab", *arguments]


def run(*arguments: str, environ: Mapping[str, str] | None = None) -> str:
    """Run a command of the lab and return what it printed on standard output.

    Args:
        environ: the command's environment; this process's own by default.

    Raises:
        LabError: the command failed; the message ends with its last lines.
    """
    done = subprocess.run(
        command(*arguments), cwd=PROJECT, env=environ and dict(environ), text=True, capture_output=True, check=False
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_SHOWN_LINES:])
        raise LabError(f"lab {shlex.join(arguments)} failed with exit code {done.returncode}:\n{tail}")
    return done.stdout


def is_up() -> bool:
    """Whether a lab of this checkout is up."""
    try:
        environment()
    except LabError:
        return False
    return True


def environment() -> dict[str, str]:
    """The variables that point kubectl, DVC, MLflow and boto3 at the lab that is up.

    Raises:
        LabError: no lab is up.
    """
    done = subprocess.run(command("env"), cwd=PROJECT, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise LabError(done.stderr.strip() or "the lab is not up: run `python -m lab up` first")
    return parse_exports(done.stdout)


def parse_exports(text: str) -> dict[str, str]:
    """Read lines of the form `export NAME=value` (shell quoting allowed, `$PATH` expanded)."""
    exports: dict[str, str] = {}
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if len(words) == 2 and words[0] == "export" and "=" in words[1]:
            name, _, value = words[1].partition("=")
            exports[name] = value.replace("$PATH", os.environ.get("PATH", ""))
    return exports


def audit_log() -> Path:
    """The API server's audit log, one JSON object a line."""
    return State(settings_of(os.environ).state).audit_log


def rules_folder() -> Path:
    """The folder from which the lab's Prometheus reads rule files (`*.yaml`)."""
    return State(settings_of(os.environ).state).rules


def host_address() -> IPv4Address:
    """This machine's address as the lab's pods reach it."""
    return settings_of(os.environ).host


def kubernetes_program() -> Path:
    """The program of all Kubernetes components, called as ``kubernetes etcd ...``, built the first time."""
    return programs.built(settings_of(os.environ).cache, programs.kubernetes(), Progress()) / "kubernetes"


def prometheus_program() -> Path:
    """The Prometheus of the lab, built the first time."""
    return programs.built(settings_of(os.environ).cache, programs.prometheus(), Progress()) / "prometheus"


@contextmanager
def mounted_image(image: str) -> Iterator[Path]:
    """The root file system of an image that `build-image` built, while the block runs."""
    with _images().mounted(local_name(image)) as root:
        yield root


@contextmanager
def mounted_base_image(architecture: str) -> Iterator[Path]:
    """The root file system of the base of all images, while the block runs.

    Args:
        architecture: as `platform.machine()` gives it.
    """
    with _images().mounted(base_image.name(architecture)) as root:
        yield root


def _images() -> Buildah:
    return Buildah(settings_of(os.environ).cache)
