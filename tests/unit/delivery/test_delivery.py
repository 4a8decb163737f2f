"""The pure parts of delivery: reading the lab's environment, pinning the images, reading a status."""

import yaml

from delivery.cluster import ROOT
from delivery.deploy import NAMESPACE, image_names, kustomization
from delivery.rollout import condition_of
from lab.client import parse_exports

IMAGES = {
    "sentiment-operator": "registry:5000/sentiment-operator@sha256:" + "a" * 64,
    "sentiment-serving": "registry:5000/sentiment-serving@sha256:" + "b" * 64,
}


def test_exports_are_read_with_their_quoting() -> None:
    text = "# a comment\nexport REGISTRY=10.0.0.1:5000\nexport NAME='two words'\nnot an export\n"
    assert parse_exports(text) == {"REGISTRY": "10.0.0.1:5000", "NAME": "two words"}


def test_path_is_expanded() -> None:
    assert parse_exports('export PATH="/lab/bin:$PATH"')["PATH"].startswith("/lab/bin:/")


def test_images_are_deployed_by_digest() -> None:
    text = kustomization(
        overlay="../../deploy/base",
        image_names=["sentiment-operator", "elsewhere/sentiment-operator"],
        images=IMAGES,
        tracking_uri="http://mlflow:5000",
    )
    found = yaml.safe_load(text)
    pinned = {"newName": "registry:5000/sentiment-operator", "digest": "sha256:" + "a" * 64}
    assert found["images"] == [
        {"name": "sentiment-operator", **pinned},
        {"name": "elsewhere/sentiment-operator", **pinned},
    ]
    settings = found["configMapGenerator"][0]
    assert settings["namespace"] == NAMESPACE
    assert f"SERVING_IMAGE={IMAGES['sentiment-serving']}" in settings["literals"]


def test_an_overlay_that_renames_the_image_is_pinned_too() -> None:
    assert image_names(ROOT / "deploy" / "base") == ["sentiment-operator"]
    assert len(image_names(ROOT / "deploy" / "overlays" / "lab")) == 2


def test_a_missing_condition_reads_as_empty() -> None:
    assert condition_of({}, "Ready") == {}
    assert condition_of({"conditions": [{"type": "Ready", "status": "True"}]}, "Ready")["status"] == "True"
