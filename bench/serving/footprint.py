"""The server's start time, memory and image size."""

import os
import platform
import shutil
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.serving import servers
from bench.serving.servers import Running
from bench.serving.trained import Trained
from bench.serving.wrk import load
from bench.table import Row
from lab import client

_IMAGE = "sentiment-serving:bench"
_STARTS = 5
_USER = "10001:10001"
_SECONDS = 3


def footprint(trained: Trained) -> list[Row]:
    """Measure in the image's root folder as the image's user; without root and buildah, as an ordinary process."""
    theirs = _start(servers.mlflow(trained))
    if os.geteuid() != 0 or not shutil.which("buildah"):
        return [
            *_rows("as a process", [_start(servers.ours(trained)) for _ in range(_STARTS)], theirs),
            Row("image", "not measured: needs Linux, root and buildah", "", "", "<= 50 MB", None),
        ]
    client.run("build-image", "-f", "Dockerfile.serving", "-t", _IMAGE)
    with client.mounted_base_image(platform.machine()) as base, client.mounted_image(_IMAGE) as root:
        size, found = _bytes(root) - _bytes(base), packages(root)
        with _model_in(root, trained):
            starts = [_start(_contained(root, trained)) for _ in range(_STARTS)]
    return [
        *_rows("in the image", starts, theirs),
        Row(
            "image content over its base",
            f"{size / 1e6:.1f} MB: {', '.join(found)}",
            "",
            "",
            "<= 50 MB",
            size <= 50_000_000,
        ),
    ]


def packages(root: Path) -> list[str]:
    """The names of the packages in an image's environment."""
    [site] = (root / "opt/venv/lib").glob("python3*/site-packages")
    return sorted({path.name.split("-")[0] for path in site.glob("*.dist-info")}, key=str.lower)


def _bytes(root: Path) -> int:
    """The total size of all files, as `docker images` counts it."""
    return sum(path.lstat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())


def _rows(where: str, starts: list[tuple[float, int, int]], theirs: tuple[float, int, int]) -> list[Row]:
    seconds = statistics.median(one[0] for one in starts)
    first, worked = (statistics.median(one[place] for one in starts) for place in (1, 2))
    return [
        Row(
            f"start to first prediction, {where}",
            f"{seconds:.2f} s",
            f"{theirs[0]:.1f} s (`mlflow models serve`)",
            f"{theirs[0] / seconds:.0f}x",
            "<= 0.5 s",
            seconds <= 0.5,
        ),
        Row(
            f"memory after {_SECONDS} s of load, resident, pages of the model file included, {where}",
            f"{worked / 1e6:.0f} MB ({first / 1e6:.0f} MB after the first prediction)",
            f"{theirs[2] / 1e6:.0f} MB (`mlflow models serve`)",
            f"{theirs[2] / worked:.1f}x",
            "<= 100 MB",
            worked <= 100_000_000,
        ),
    ]


def _start(server: AbstractContextManager[Running]) -> tuple[float, int, int]:
    """Seconds to the first prediction, and bytes of memory then and after some load."""
    with server as running:
        first = running.memory_bytes()
        load(running.target, seconds=_SECONDS)
        return running.started_seconds, first, running.memory_bytes()


@contextmanager
def _model_in(root: Path, trained: Trained) -> Iterator[None]:
    shutil.copytree(trained.version, root / "models")
    # A container has a /proc too; without it, the process's memory cannot be read.
    proc = root / "proc"
    subprocess.run(["mount", "-t", "proc", "proc", proc], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", proc], check=True)


@contextmanager
def _contained(root: Path, trained: Trained) -> Iterator[Running]:
    env = {"PYTHONPATH": "/app", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/tmp", "MODEL_DIR": "/models"}  # noqa: S108
    command = ("chroot", f"--userspec={_USER}", str(root), "/opt/venv/bin/python", "-m", "sentiment_serving", "serve")
    with servers.ours(trained, env=env, command=command) as running:
        yield running
