"""The footprint of an installation: the CRD, webhooks, rights over Secrets, the size of the operator's image."""

import io
import tarfile
from typing import Any

import httpx

from bench.rollout.scenario import Result, Scenario
from bench.rollout.stage import OPERATOR_USER, Stage
from delivery.cluster import ROOT

CRD = ROOT / "crds" / "sentimentmodel.yaml"
CRD_BYTES, IMAGE_MB = 24 * 1024, 180.0
WEBHOOKS = "validatingwebhookconfigurations,mutatingwebhookconfigurations"
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")
MANIFESTS = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"


def footprint(stage: Stage) -> Result:
    """Read from the cluster and the image registry."""
    crd = CRD.stat().st_size
    webhooks = len(stage.cluster.kubectl("get", WEBHOOKS, "-o", "name").split())
    may = ("auth", "can-i", f"--as={OPERATOR_USER}", "--all-namespaces")
    secrets = sum(stage.cluster.try_kubectl(*may, verb, "secrets").stdout.strip() == "yes" for verb in VERBS)
    operator, serving = (_layers(stage.prepared.images[f"sentiment-{name}"]) for name in ("operator", "serving"))
    own = [layer for layer in operator if layer not in serving]
    size = sum(_file_bytes(stage.prepared.images["sentiment-operator"], layer) for layer in own) / 1e6
    return Result(
        f"CRD {crd / 1024:.1f} KiB; {webhooks} webhooks; {secrets} verbs on Secrets; operator image {size:.0f} MB over "
        "its base",
        met=crd < CRD_BYTES and webhooks == 0 and secrets == 0 and size <= IMAGE_MB,
    )


def _layers(image: str) -> list[str]:
    """Digests of an image's layers; the layers that two images of this project share are their base."""
    url, digest = _address(image)
    answer = httpx.get(f"{url}/manifests/{digest}", headers={"Accept": MANIFESTS}, timeout=30).raise_for_status()
    manifest: dict[str, Any] = answer.json()
    return [layer["digest"] for layer in manifest["layers"]]


def _file_bytes(image: str, layer: str) -> int:
    """The total size of a layer's files, as `docker images` counts it."""
    url, _ = _address(image)
    content = httpx.get(f"{url}/blobs/{layer}", follow_redirects=True, timeout=120).raise_for_status().content
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as files:
        return sum(one.size for one in files)


def _address(image: str) -> tuple[str, str]:
    name, _, digest = image.partition("@")
    host, _, repository = name.partition("/")
    return f"http://{host}/v2/{repository}", digest


SCENARIOS = (
    Scenario(
        "footprint",
        "what an installation brings along",
        f"CRD < {CRD_BYTES // 1024} KiB; 0 webhooks; 0 verbs on Secrets; "
        f"operator image <= {IMAGE_MB:.0f} MB over its base",
        footprint,
    ),
)
