"""What an image builder is asked for. It is a script that notes its arguments: none is needed to know them."""

import os
from pathlib import Path

import pytest

from delivery import images
from delivery.cluster import ROOT, Cluster

DIGEST = "sha256:" + "a" * 64
DOCKER = f"""#!/bin/sh
echo "$*" >>"$ASKED"
if [ "$1" = inspect ]; then echo "registry.example.com/some@{DIGEST}"; fi
for argument; do
  if [ "$previous" = --metadata-file ]; then echo '{{"containerimage.digest": "{DIGEST}"}}' >"$argument"; fi
  previous=$argument
done
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with the arguments of each call, one line per call."""
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setattr(images, "RECORD", tmp_path / "images.json")
    return tmp_path / "asked"


@pytest.mark.parametrize("attest", [False, True])
@pytest.mark.parametrize("on_github", [False, True])
def test_a_builder_gets_the_values_of_the_labels(asked: Path, attest: bool, on_github: bool) -> None:
    environment = {"PATH": f"{asked.parent}:{os.environ['PATH']}", "ASKED": str(asked)}
    if on_github:
        environment |= {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "owner/repository"}
    cluster = Cluster(kind="current", registry="registry.example.com", environment=environment)
    pushed = images.build_and_push(cluster, report=lambda sentence: None, tag="v1.2.3", attest=attest)
    assert {image.partition("@")[2] for image in pushed.values()} == {DIGEST}

    builds = [line.split() for line in asked.read_text().splitlines() if "-f Dockerfile." in line]
    assert len(builds) == len(images.IMAGES)
    for build in builds:
        assert "--build-arg=VERSION=v1.2.3" in build
        assert any(word.startswith("--build-arg=REVISION=") for word in build) == (ROOT / ".git").exists()
        assert ("--build-arg=SOURCE=https://github.com/owner/repository" in build) == on_github
        assert ("--sbom=true" in build) == attest
