"""The programs that are built from pinned, checksummed Go modules."""

import os
import platform
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.build import store, toolchain
from lab.command import run
from lab.errors import LabError
from lab.layout import MODULES
from lab.progress import Progress, Step


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The arguments of one `go build`."""

    name: str
    title: str
    module: Path
    packages: tuple[str, ...] = (".",)
    flags: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return store.content_key([platform.machine(), *self.packages, *self.flags, *store.folder_parts(self.module)])


def kubernetes_version(go_mod: str) -> str:
    """The version of Kubernetes that a go.mod requires, such as `v1.34.4`."""
    match = re.search(r"^\s*k8s\.io/kubernetes (v\d+\.\d+\.\d+)$", go_mod, re.MULTILINE)
    if not match:
        raise LabError("lab/go/kubernetes/go.mod names no version of k8s.io/kubernetes")
    return match[1]


def cluster_version() -> str:
    return kubernetes_version((MODULES / "kubernetes" / "go.mod").read_text())


def kubernetes() -> Recipe:
    """Every Kubernetes component in one program, with its version linked in as in a release build."""
    version = cluster_version()
    major, minor, _ = version.removeprefix("v").split(".")
    facts = {
        "k8s.io/component-base/version.gitVersion": version,
        "k8s.io/component-base/version.gitMajor": major,
        "k8s.io/component-base/version.gitMinor": minor,
        "k8s.io/client-go/pkg/version.gitVersion": version,
    }
    linker = " ".join(["-s -w", *(f"-X {name}={value}" for name, value in facts.items())])
    return Recipe(
        name="kubernetes",
        title=f"building Kubernetes {version} (the first time, about 5 minutes)",
        module=MODULES / "kubernetes",
        flags=(f"-ldflags={linker}",),
    )


def prometheus() -> Recipe:
    """Prometheus and promtool, with Kubernetes as the only service discovery."""
    command = "github.com/prometheus/prometheus/cmd"
    return Recipe(
        name="prometheus",
        title="building Prometheus (the first time, about 3 minutes)",
        module=MODULES / "prometheus",
        packages=(f"{command}/prometheus", f"{command}/promtool"),
        flags=("-ldflags=-s -w", "-tags=remove_all_sd,enable_kubernetes_sd"),
    )


def pause() -> Recipe:
    return Recipe(name="pause", title="building the pause program", module=MODULES / "pause", flags=("-ldflags=-s -w",))


def built(cache: Path, recipe: Recipe, progress: Progress) -> Path:
    """The folder of a recipe's programs; builds them the first time."""
    found = store.kept(cache, recipe.name, recipe.key)
    if found:
        return found
    go = toolchain.go(cache, progress)
    return store.keep(cache, recipe.name, recipe.key, lambda folder: _build(cache, recipe, go, folder, progress))


def _build(cache: Path, recipe: Recipe, go: Path, folder: Path, progress: Progress) -> None:
    environment = toolchain.environment(os.environ, cache)
    flags = ["-trimpath", *recipe.flags]
    with progress.step(recipe.title) as step:
        step.note("fetching modules")
        listed = run([go, "list", "-deps", *flags, *recipe.packages], cwd=recipe.module, environment=environment)
        argv = [str(go), "build", "-v", *flags, "-o", f"{folder}/", *recipe.packages]
        _follow(argv, recipe.module, environment, step, len(listed.split()))


def _follow(argv: Sequence[str], cwd: Path, environment: dict[str, str], step: Step, total: int) -> None:
    """Run `go build -v`, which writes a line for each package that it compiles (not for those in its cache)."""
    with subprocess.Popen(
        argv, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as build:
        assert build.stderr is not None
        lines = list(_counted(build.stderr, step, total))
    if build.returncode != 0:
        tail = "\n".join(f"  {line}" for line in lines[-15:])
        raise LabError(f"`go build` in {cwd} ended with {build.returncode}:\n{tail}")


def _counted(lines: Iterator[str], step: Step, total: int) -> Iterator[str]:
    for count, line in enumerate(lines, start=1):
        step.note(f"{count:,} of at most {total:,} packages compiled")
        yield line.rstrip()
