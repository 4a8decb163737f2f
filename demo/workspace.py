"""A working copy for the pipeline, so that the demo's data, parameters and dvc.lock do not change the checkout."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML

from delivery.cluster import ROOT

WORKSPACE = ROOT / ".demo" / "workspace"
DVC_CACHE = ROOT / ".demo" / "dvc-cache"


def prepare(environment: Mapping[str, str], *, workspace: Path = WORKSPACE, cache: Path = DVC_CACHE) -> Path:
    """Clone the checkout (with its uncommitted changes) to `workspace` and point DVC at the S3 endpoint."""
    shutil.rmtree(workspace, ignore_errors=True)
    _git(ROOT, "clone", "--quiet", "--shared", str(ROOT), str(workspace))
    for name in _git(ROOT, "ls-files", "--modified", "--others", "--exclude-standard", "--deduplicate").splitlines():
        source, target = ROOT / name, workspace / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    cache.mkdir(parents=True, exist_ok=True)
    # DVC stages dvc.lock itself; otherwise it prints after each stage how to do that by hand.
    settings = f"[core]\n    autostage = true\n[cache]\n    dir = {cache}\n"
    if endpoint := environment.get("AWS_ENDPOINT_URL"):
        settings += f"['remote \"storage\"']\n    endpointurl = {endpoint}\n"
    (workspace / ".dvc" / "config.local").write_text(settings)
    return workspace


def set_parameters(workspace: Path, changes: Mapping[str, object]) -> None:
    """Change `params.yaml` and keep its comments.

    Args:
        changes: dotted name -> value, such as `data.source`.

    Raises:
        KeyError: params.yaml has no such parameter.
    """
    yaml = YAML()
    path = workspace / "params.yaml"
    document = yaml.load(path)
    for dotted, value in changes.items():
        *parents, last = dotted.split(".")
        section = document
        for parent in parents:
            section = section[parent]
        if last not in section:
            raise KeyError(f"params.yaml has no {dotted}")
        section[last] = value
    with path.open("w") as file:
        yaml.dump(document, file)


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, text=True, capture_output=True).stdout
