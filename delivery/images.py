"""Build both images from their Dockerfiles and push them. Deployments name them by digest, never by tag.

With attestations, BuildKit pushes a bill of materials (SPDX) and the provenance (SLSA) with each image.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from delivery.cluster import ROOT, Cluster, DeliveryError
from lab import client

IMAGES = {"sentiment-operator": "Dockerfile.operator", "sentiment-serving": "Dockerfile.serving"}
RECORD = ROOT / "build" / "images.json"
TAG = "dev"

Report = Callable[[str], None]


def build_and_push(cluster: Cluster, *, report: Report, tag: str = TAG, attest: bool = False) -> dict[str, str]:
    """Build and push both images.

    Args:
        cluster: Its registry takes the images; the lab's buildah, or Docker, builds them.
        report: Takes lines about the progress.
        tag: Protects the images in the registry: an untagged image may be cleaned up while it is deployed.
        attest: Push bill of materials and provenance with them. The lab's buildah cannot, and a line reports that.

    Returns:
        The images by name, each as `registry/name@sha256:...`; also kept in `build/images.json`.
    """
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    if attest and cluster.kind == "lab":
        report("the lab builds with buildah, which pushes no attestations")
    origin = [f"--build-arg={key}={value}" for key, value in _origin(cluster, tag).items()]
    images = {}
    for name, dockerfile in IMAGES.items():
        report(f"building {name} from {dockerfile}")
        build, push = _plan(cluster, name, ["-f", dockerfile, *origin], tag=tag, attest=attest)
        _run(cluster, build)
        images[name] = push()
        report(f"pushed {images[name]}")
    RECORD.write_text(json.dumps(images, indent=2) + "\n")
    return images


def pushed_images() -> dict[str, str]:
    """The images that `build_and_push` pushed last.

    Raises:
        DeliveryError: No image was pushed from this checkout.
    """
    if not RECORD.is_file():
        raise DeliveryError("no image was pushed from this checkout: run `make images` first")
    images: dict[str, str] = json.loads(RECORD.read_text())
    return images


Plan = tuple[list[str], Callable[[], str]]


def _plan(cluster: Cluster, name: str, described: list[str], *, tag: str, attest: bool) -> Plan:
    if cluster.kind == "lab":
        return _lab(cluster, name, described, tag)
    return (_buildkit if attest else _docker)(cluster, name, described, tag)


def _origin(cluster: Cluster, tag: str) -> dict[str, str]:
    """Build arguments for the labels about an image's sources, as far as they are known."""
    origin = {"VERSION": tag}
    describe = ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"]
    if (ROOT / ".git").exists():
        origin["REVISION"] = _run(cluster, describe).strip()
    server, repository = (cluster.environment.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY"))
    if server and repository:
        origin["SOURCE"] = f"{server}/{repository}"
    return origin


def _lab(cluster: Cluster, name: str, described: list[str], tag: str) -> Plan:
    def push() -> str:
        return _run(cluster, client.command("push", f"{name}:{tag}")).splitlines()[-1].strip()

    return client.command("build-image", *described, "-t", f"{name}:{tag}"), push


def _docker(cluster: Cluster, name: str, described: list[str], tag: str) -> Plan:
    tagged = f"{cluster.registry}/{name}:{tag}"

    def push() -> str:
        _run(cluster, ["docker", "push", "--quiet", tagged])
        return _run(cluster, ["docker", "inspect", "--format", "{{index .RepoDigests 0}}", tagged]).strip()

    return ["docker", "build", "--quiet", *described, "-t", tagged, "."], push


def _buildkit(cluster: Cluster, name: str, described: list[str], tag: str) -> Plan:
    """One command builds and pushes: attestations exist in the registry only, under the digest of an index."""
    repository, metadata = f"{cluster.registry}/{name}", RECORD.parent / f"{name}.json"
    build = ["docker", "buildx", "build", "--push", "--sbom=true", "--provenance=mode=max"]
    named = ["--metadata-file", str(metadata), *described, "-t", f"{repository}:{tag}", "."]

    def push() -> str:
        return f"{repository}@{json.loads(metadata.read_text())['containerimage.digest']}"

    return [*build, *named], push


def _run(cluster: Cluster, command: list[str], *, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, env=dict(cluster.environment), text=True, capture_output=True, check=False)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-30:])
        raise DeliveryError(f"{' '.join(command)} failed with exit code {done.returncode}:\n{tail}")
    return done.stdout
