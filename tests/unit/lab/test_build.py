"""Decisions about the toolchain, images and packages."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from lab import images
from lab.build import base_image, buildah, pause, programs, toolchain
from lab.errors import LabError
from lab.host import packages


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26)),
        ("go version go1.19 linux/arm64", (1, 19)),
        ("go version devel go1.27-abc linux/amd64", (1, 27)),
        ("gccgo something", (0, 0)),
    ],
)
def test_go_version_is_read(output: str, version: tuple[int, int]) -> None:
    assert toolchain.version_of(output) == version


def test_wheel_is_installed_with_uv_or_else_pip() -> None:
    assert toolchain.installer(Path("/x"), "/bin/uv", "python")[:3] == ["/bin/uv", "pip", "install"]
    assert toolchain.installer(Path("/x"), None, "python")[:4] == ["python", "-m", "pip", "install"]


def test_go_builds_without_c_and_keeps_the_users_other_choices() -> None:
    environment = toolchain.environment(
        {"GOFLAGS": "-mod=mod", "GOPROXY": "https://p.example", "GOGC": "50"}, Path("/cache")
    )
    assert environment["CGO_ENABLED"] == "0"
    assert environment["GOFLAGS"] == "-mod=mod -buildvcs=false"
    assert environment["GOPROXY"] == "https://p.example"
    assert environment["GOGC"] == "50"
    assert environment["GOBIN"] == "/cache/bin"


def test_kubernetes_version_comes_from_the_module() -> None:
    assert programs.kubernetes_version("require (\n\tk8s.io/kubernetes v1.34.4\n)\n") == "v1.34.4"
    assert f"version.gitVersion={programs.cluster_version()}" in programs.kubernetes().flags[0]
    with pytest.raises(LabError, match="names no version"):
        programs.kubernetes_version("module x\n")


def test_pause_image_is_a_docker_archive_whose_layer_matches_its_digest() -> None:
    with tarfile.open(fileobj=io.BytesIO(pause.image(b"program", "amd64"))) as archive:

        def read(name: str) -> bytes:
            file = archive.extractfile(name)
            assert file is not None
            return file.read()

        (manifest,) = json.loads(read("manifest.json"))
        config = json.loads(read(manifest["Config"]))
        layer = read(manifest["Layers"][0])
    assert manifest["RepoTags"] == ["lab.local/pause:1"]
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
    with tarfile.open(fileobj=io.BytesIO(layer)) as contents:
        assert contents.getmember("pause").mode == 0o755


def test_same_program_gives_the_same_pause_image() -> None:
    assert pause.image(b"program", "amd64") == pause.image(b"program", "amd64")


def test_base_image_is_named_by_what_is_in_it() -> None:
    assert base_image.name("x86_64").startswith("localhost/lab-base:")
    assert base_image.name("x86_64") != base_image.name("aarch64")


@pytest.mark.parametrize(
    ("image", "repository", "tag"),
    [
        ("serving", "serving", "latest"),
        ("serving:1.2", "serving", "1.2"),
        ("team/serving:dev", "team/serving", "dev"),
        ("host:5000/serving", "host:5000/serving", "latest"),
    ],
)
def test_image_names_are_split_at_the_tag(image: str, repository: str, tag: str) -> None:
    assert images.split(image) == (repository, tag)


def test_build_sees_the_package_index_of_this_machine_but_no_files_of_it() -> None:
    files = ["[global]\nindex-url = https://site.example/simple\ncert = /etc/ssl/ca.pem\n", "[install]\nretries = 9\n"]
    settings = buildah.pip_settings(files, {"PIP_INDEX_URL": "https://mine.example/simple", "PIP_FIND_LINKS": "/opt"})
    assert buildah.pip_conf(settings) == "[global]\nindex-url = https://mine.example/simple\nretries = 9\n"


def test_no_pip_configuration_is_made_without_settings_for_it() -> None:
    assert buildah.pip_conf({"cert": "/etc/ssl/ca.pem"}) == ""


def test_missing_packages_are_named_once_and_in_order() -> None:
    absent = {"runc", "ip", "/usr/lib/cni/bridge"}
    assert packages.missing(lambda program: program not in absent) == [
        "containernetworking-plugins",
        "iproute2",
        "runc",
    ]
