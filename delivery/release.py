"""`python -m delivery.release`: the files of a release: its notes, and one manifest that installs the operator."""

import os
import re
import sys
import tomllib
from pathlib import Path

import click

from delivery import deploy, images
from delivery.cluster import ROOT, Cluster, DeliveryError

UNRELEASED = "Unreleased"


def notes(changelog: str, version: str) -> str:
    """The section of CHANGELOG.md for `version`.

    Raises:
        DeliveryError: The section is missing or empty.
    """
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    for section in sections:
        heading, _, body = section.partition("\n")
        if heading.split(" ")[0].strip("[]") == version and body.strip():
            return body.strip() + "\n"
    raise DeliveryError(f"CHANGELOG.md has no section `## {version}`: rename `## {UNRELEASED}` to it and commit")


def check_version(tag: str, project: str) -> str:
    """The version of `tag`.

    Raises:
        DeliveryError: pyproject.toml has another version.
    """
    if tag != f"v{project}":
        raise DeliveryError(
            f"the tag is {tag}, but the version in pyproject.toml is {project}: expected the tag v{project}"
        )
    return project


def bundle(folder: Path, *, registry: str, tracking_uri: str) -> None:
    """Write install.yaml (the base with the pushed images, by digest) and the resource definition alone."""
    # Only PATH, to find kubectl: a release installs the base, and ignores OVERLAY.
    environment = {"MLFLOW_TRACKING_URI": tracking_uri, "PATH": os.environ["PATH"]}
    cluster = Cluster(kind="current", registry=registry, environment=environment)
    rendered = deploy.write_kustomization(cluster, images.pushed_images())
    manifest = cluster.kubectl("kustomize", str(rendered))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "install.yaml").write_text(manifest)
    (folder / "sentimentmodel-crd.yaml").write_text((ROOT / "crds" / "sentimentmodel.yaml").read_text())


@click.command()
@click.argument("tag")
@click.option("--registry", required=True, help="the registry that has the images")
@click.option("--folder", type=click.Path(path_type=Path), default=ROOT / "dist")
def main(tag: str, registry: str, folder: Path) -> None:
    """Write notes.md, install.yaml and the resource definition for the release TAG into FOLDER."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    version = check_version(tag, project)
    settings = (ROOT / "deploy" / "base" / "operator.env").read_text()
    tracking_uri = dict(line.split("=", 1) for line in settings.splitlines() if "=" in line)["MLFLOW_TRACKING_URI"]
    bundle(folder, registry=registry, tracking_uri=tracking_uri)
    (folder / "notes.md").write_text(notes((ROOT / "CHANGELOG.md").read_text(), version))


if __name__ == "__main__":
    try:
        main(prog_name="python -m delivery.release")
    except DeliveryError as error:
        sys.exit(f"delivery: {error}")
