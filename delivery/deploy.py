"""Install the operator: the cluster's overlay with the pushed images, by digest."""

import os
from collections.abc import Iterable
from pathlib import Path

import yaml

from delivery.cluster import ROOT, Cluster

NAMESPACE = "sentiment-system"
OPERATOR = "deployment/sentiment-operator"


def install(cluster: Cluster, images: dict[str, str]) -> None:
    """Apply the overlay with `images` and wait until the operator is up."""
    folder = write_kustomization(cluster, images)
    cluster.kubectl("apply", "-k", str(folder))
    cluster.kubectl("wait", "--for=condition=Established", "crd/sentimentmodels.sentiment.dev", "--timeout=30s")
    cluster.kubectl("-n", NAMESPACE, "rollout", "status", OPERATOR, "--timeout=180s")


def write_kustomization(cluster: Cluster, images: dict[str, str]) -> Path:
    """Write `build/deploy/kustomization.yaml`, which refers to the overlay, so that git stays clean."""
    folder = ROOT / "build" / "deploy"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kustomization.yaml").write_text(
        kustomization(
            overlay=os.path.relpath(cluster.overlay, folder),
            image_names=image_names(cluster.overlay),
            images=images,
            tracking_uri=cluster.environment["MLFLOW_TRACKING_URI"],
        )
    )
    return folder


def image_names(overlay: Path) -> list[str]:
    """The names that the operator's image may have in the rendered `overlay`: that of the base, and new names."""
    text = yaml.safe_load((overlay / "kustomization.yaml").read_text())
    renamed = [one["newName"] for one in text.get("images", ()) if "newName" in one]
    return ["sentiment-operator", *renamed]


def kustomization(*, overlay: str, image_names: Iterable[str], images: dict[str, str], tracking_uri: str) -> str:
    """The text of a kustomization that pins the images with these names in `overlay` by digest."""
    repository, _, digest = images["sentiment-operator"].partition("@")
    pins = "".join(f"  - name: {name}\n    newName: {repository}\n    digest: {digest}\n" for name in image_names)
    return f"""\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - {overlay}
images:
{pins}configMapGenerator:
  - name: sentiment-operator-settings
    namespace: {NAMESPACE}
    behavior: merge
    literals:
      - MLFLOW_TRACKING_URI={tracking_uri}
      - SERVING_IMAGE={images["sentiment-serving"]}
"""
