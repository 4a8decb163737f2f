"""Build both images from their Dockerfiles and push them; what is deployed is named by digest, never by tag."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from delivery.cluster import ROOT, Cluster, DeliveryError

IMAGES = {"sentiment-operator": "Dockerfile.operator", "sentiment-serving": "Dockerfile.serving"}
RECORD = ROOT / "build" / "images.json"
TAG = "dev"

Say = Callable[[str], None]


def build_and_push(cluster: Cluster, *, say: Say) -> dict[str, str]:
    """Build and push both images.

    Returns:
        The images by name, each as ``registry/name@sha256:...``; also kept in ``build/images.json``.
    """
    images = {}
    for name, dockerfile in IMAGES.items():
        say(f"building {name} from {dockerfile}")
        build, push = (_lab if cluster.kind == "lab" else _docker)(cluster, name, dockerfile)
        _run(cluster, build)
        images[name] = push()
        say(f"pushed {images[name]}")
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps(images, indent=2) + "\n")
    return images


def pushed_images() -> dict[str, str]:
    """What ``build_and_push`` pushed last."""
    if not RECORD.is_file():
        raise DeliveryError("no image was pushed from this checkout: run `make images` first")
    images: dict[str, str] = json.loads(RECORD.read_text())
    return images


Plan = tuple[list[str], Callable[[], str]]


def _lab(cluster: Cluster, name: str, dockerfile: str) -> Plan:
    lab = [sys.executable, "-m", "lab"]

    def push() -> str:
        return _run(cluster, [*lab, "push", f"{name}:{TAG}"]).splitlines()[-1].strip()

    return [*lab, "build-image", "-f", dockerfile, "-t", f"{name}:{TAG}"], push


def _docker(cluster: Cluster, name: str, dockerfile: str) -> Plan:
    tagged = f"{cluster.registry}/{name}:{TAG}"

    def push() -> str:
        _run(cluster, ["docker", "push", "--quiet", tagged])
        return _run(cluster, ["docker", "inspect", "--format", "{{index .RepoDigests 0}}", tagged]).strip()

    return ["docker", "build", "--quiet", "-f", dockerfile, "-t", tagged, "."], push


def _run(cluster: Cluster, command: list[str], *, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, env=dict(cluster.environment), text=True, capture_output=True, check=False)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-30:])
        raise DeliveryError(f"{' '.join(command)} failed with exit code {done.returncode}:\n{tail}")
    return done.stdout
