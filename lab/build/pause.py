"""The pause image, written as a `docker save` archive without an image tool."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

from lab.build import programs, store
from lab.kubernetes.node_config import PAUSE_IMAGE
from lab.progress import Progress

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def archive(cache: Path, machine: str, progress: Progress) -> Path:
    """The archive for containerd to import.

    Args:
        machine: the architecture, as `platform.machine()` returns it.
    """
    recipe = programs.pause()
    program = programs.built(cache, recipe, progress) / "pause"
    data = program.read_bytes()
    architecture = _ARCHITECTURES.get(machine, machine)
    key = store.content_key([architecture, PAUSE_IMAGE, data])

    def write(folder: Path) -> None:
        (folder / "pause.tar").write_bytes(image(data, architecture))

    return store.keep(cache, "pause-image", key, write) / "pause.tar"


def image(program: bytes, architecture: str) -> bytes:
    """An image archive with one static program (see the Docker Image Specification v1.2, combined archive)."""
    layer = _tar({"pause": (program, 0o755)})
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Entrypoint": ["/pause"], "User": "65535:65535"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [PAUSE_IMAGE], "Layers": ["layer.tar"]}]
    return _tar(
        {
            "layer.tar": (layer, 0o644),
            "config.json": (json.dumps(config).encode(), 0o644),
            "manifest.json": (json.dumps(manifest).encode(), 0o644),
        }
    )


def _tar(files: dict[str, tuple[bytes, int]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, (data, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
