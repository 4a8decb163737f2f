"""The command line: four commands that read with kubectl, decide purely and print what they change."""

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console

from sentiment_operator.api.status import Status, timestamp
from sentiment_operator.api.text import printable
from sentiment_operator.plugin import changes, report
from sentiment_operator.plugin.kubectl import RESOURCE, Json, Kubectl, KubectlFailed

PIPE_WIDTH = 200
"""Columns if the output is not a terminal: long lines suit grep."""


class _Commands(click.Group):
    """A group that prints an error as one sentence and exits with 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except KubectlFailed as error:
            raise click.ClickException(str(error)) from error
        except changes.NothingToDo as error:
            raise click.ClickException(printable(str(error))) from error


def _placed(command: Callable[..., None]) -> Callable[..., None]:
    """Add kubectl's own flags to a command."""
    for option in (
        click.option("--context", default="", metavar="CONTEXT", help="The kubeconfig context to use."),
        click.option(
            "-n", "--namespace", default="", metavar="NAMESPACE", help="The namespace. Default: the context's."
        ),
        click.argument("name"),
    ):
        command = option(command)
    return command


_dry_run = click.option("--dry-run", is_flag=True, help="Let the API server check the change without making it.")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sentimentmodel", prog_name="kubectl-sentiment")
def main() -> None:
    """Show what a SentimentModel does and why; roll back; retry."""


@main.command(short_help="Show what it does and why, as a tree.")
@_placed
def status(name: str, namespace: str, context: str) -> None:
    """Show conditions, rollout, verdict, pods and events of NAME as a tree."""
    kubectl = Kubectl(namespace=namespace, context=context)
    resource = kubectl.resource(name)
    _console().print(
        report.tree(
            resource,
            pods=_readable(kubectl.pods, resource),
            events=_readable(kubectl.events, resource),
            now=datetime.now(UTC),
        )
    )


@main.command(short_help="List the finished rollouts.")
@_placed
def history(name: str, namespace: str, context: str) -> None:
    """List the finished rollouts of NAME, the newest first."""
    resource = Kubectl(namespace=namespace, context=context).resource(name)
    _console().print(report.history(resource, now=datetime.now(UTC)))


@main.command(short_help="Request the previous version again.")
@_placed
@click.option("--to", default="", metavar="VERSION", help="An earlier version that was rolled out successfully.")
@_dry_run
def rollback(name: str, namespace: str, context: str, to: str, dry_run: bool) -> None:
    """Request the previous version again, or VERSION."""
    kubectl = Kubectl(namespace=namespace, context=context)
    resource = kubectl.resource(name)
    spec = resource["spec"]
    step = changes.rollback(spec, _status(resource), to=to)
    kubectl.patch(name, changes.version_patch(spec, step.version), kind="json", dry_run=dry_run)
    _print(f"{name}: version {step.version} is requested instead of {step.requested or 'none'}{_dry(dry_run)}.")
    _print(f"It was rolled out successfully at {step.time}.")
    if step.alias:
        _print(f"The alias {step.alias} is no longer followed.")
    _print_next_step(kubectl, name, spec, dry_run=dry_run)


@main.command(short_help="Retry a rejected version.")
@_placed
@_dry_run
def retry(name: str, namespace: str, context: str, dry_run: bool) -> None:
    """Retry the rejected version of NAME."""
    kubectl = Kubectl(namespace=namespace, context=context)
    resource = kubectl.resource(name)
    reason = changes.rejected_reason(_status(resource), resource["metadata"]["generation"])
    token = f"{timestamp(datetime.now(UTC))}-{secrets.token_hex(2)}"
    kubectl.patch(name, changes.token_patch(token), kind="merge", dry_run=dry_run)
    asked = resource["spec"]["model"]
    what = f"version {asked['version']}" if asked.get("version") else f"alias {asked['alias']}"
    _print(f"{name}: {what}, rejected with {reason}, is retried (retryToken {token}){_dry(dry_run)}.")
    _print_next_step(kubectl, name, resource["spec"], dry_run=dry_run)


def _print_next_step(kubectl: Kubectl, name: str, spec: Json, *, dry_run: bool) -> None:
    if spec.get("suspend"):
        _print("It is suspended: nothing changes until spec.suspend is false.")
    elif not dry_run:
        wait = ("wait", f"{RESOURCE}/{name}")
        _print("Wait for it with:")
        _print(f"  {kubectl.command(*wait, '--for=condition=Reconciling=False', '--timeout=15m')}")
        _print(f"  {kubectl.command(*wait, '--for=condition=Ready', '--timeout=0')}")


def _print(line: str) -> None:
    """Print a line that cannot control the terminal: a status may hold any text."""
    click.echo(printable(line))


def _dry(dry_run: bool) -> str:
    return " (dry run: nothing was changed)" if dry_run else ""


def _status(resource: Json) -> Status:
    return Status.parse(resource.get("status") or {})


def _readable(read: Callable[[Json], Sequence[Json]], resource: Json) -> Sequence[Json] | str:
    """What `read` returns, or why it failed: a user may be allowed to see a SentimentModel but not pods or Events."""
    try:
        return read(resource)
    except KubectlFailed as error:
        return str(error)


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPE_WIDTH)
