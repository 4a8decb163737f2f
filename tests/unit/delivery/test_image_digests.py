"""The images of others: each by digest, except for those that the documentation names."""

import re

import yaml

from delivery.cluster import ROOT

OURS = re.compile(r"(.*/)?sentiment-(operator|serving|mlflow)$")
BY_TAG = {"python:3.13-slim-trixie"}
"""Base images, whose tag brings Debian's fixes; `BASE_IMAGE` pins them."""


def manifests() -> list[object]:
    paths = [path for folder in ("deploy", "examples") for path in sorted((ROOT / folder).rglob("*.yaml"))]
    return [document for path in paths for document in yaml.safe_load_all(path.read_text())]


def containers(value: object) -> list[str]:
    """Every `image` of a manifest."""
    if isinstance(value, list):
        return [image for one in value for image in containers(one)]
    if not isinstance(value, dict):
        return []
    own = [value["image"]] if isinstance(value.get("image"), str) else []
    return own + [image for one in value.values() for image in containers(one)]


def digests() -> dict[str, str]:
    """The images that a kustomization sets by digest."""
    found = [one.get("images") or () for one in manifests() if isinstance(one, dict)]
    return {one["name"]: one["digest"] for images in found for one in images if "digest" in one}


def base_images() -> set[str]:
    """What the Dockerfiles begin with; `FROM` names nothing else."""
    texts = [path.read_text() for path in [*ROOT.glob("Dockerfile.*"), *ROOT.glob("deploy/**/Dockerfile")]]
    assert len(texts) == 3
    assert {name for text in texts for name in re.findall(r"^FROM (\S+)", text, re.MULTILINE)} == {"${BASE_IMAGE}"}
    return {name for text in texts for name in re.findall(r"^ARG BASE_IMAGE=(.+)$", text, re.MULTILINE)}


def test_only_the_named_images_of_others_have_no_digest() -> None:
    of_others = {image for image in containers(manifests()) if not OURS.match(image)} | base_images()
    assert {"prom/prometheus", "prom/alertmanager", "grafana/grafana"} <= of_others
    pinned = {image for image in of_others if re.fullmatch(r"sha256:[0-9a-f]{64}", digests().get(image, ""))}
    assert of_others - pinned == BY_TAG


def test_the_documentation_names_the_images_without_a_digest() -> None:
    named = set(re.findall(r"base image `([^`]+)`", (ROOT / "SECURITY.md").read_text()))
    assert named == BY_TAG


def test_the_documentation_names_a_release_that_is_pinned() -> None:
    text = (ROOT / "docs" / "monitoring.md").read_text()
    kustomization = (ROOT / "deploy" / "monitoring" / "kustomization.yaml").read_text()
    for name, release in re.findall(r"imagetools inspect (\S+):([^\s`]+)", text):
        assert re.search(rf"name: {name}\n    digest: sha256:[0-9a-f]{{64}} # {re.escape(release)}\n", kustomization)
