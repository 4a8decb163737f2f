"""Environments for the peers, which uv makes in the cache folder the first time."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import click

from bench.serving.places import CACHE
from bench.serving.wrk import CannotMeasure
from bench.table import ROOT

_UV = ROOT / ".cache" / "uv" / "bin" / "uv"


def fastapi() -> Path:
    """The Python of an environment with FastAPI, uvicorn and scikit-learn, of the versions used here."""
    return _environment("fastapi", [_pinned("fastapi"), f"uvicorn[standard]=={version('uvicorn')}", _sklearn()])


def mlflow() -> Path:
    """The Python of an environment with MLflow and scikit-learn, of the versions used here."""
    return _environment("mlflow", [_pinned("mlflow"), _sklearn()])


def run(command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
    """Run a program until it ends.

    Raises:
        CannotMeasure: it failed; the message quotes the end of its output.
    """
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        output = (done.stdout + done.stderr).strip()[-800:]
        raise CannotMeasure(f"{' '.join(command)} failed with exit code {done.returncode}: {output}")


def _sklearn() -> str:
    # A pickle must be read by the version that wrote it.
    return _pinned("scikit-learn")


def _pinned(name: str) -> str:
    return f"{name}=={version(name)}"


def _environment(name: str, requirements: list[str]) -> Path:
    key = hashlib.sha256("\n".join([sys.version, *requirements]).encode()).hexdigest()[:8]
    folder = CACHE / f"{name}-{key}"
    python = folder / "bin" / "python"
    done = folder / "installed"
    if not done.is_file():
        click.echo(f"==> making an environment with {', '.join(requirements)}", err=True)
        uv = shutil.which("uv") or str(_UV)
        run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
        run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *requirements])
        done.touch()
    return python
