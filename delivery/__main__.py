"""`python -m delivery`: the steps of continuous delivery, one command each (see .github/workflows/cd.yaml)."""

import json
import sys
from pathlib import Path
from typing import Literal

import click

from delivery import deploy, images, rollout, summary
from delivery.cluster import Cluster, DeliveryError, connect
from delivery.markdown import code, output


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--cluster", "kind", type=click.Choice(["lab", "current"]), default="current", show_default=True,
    help="the lab of this checkout, or the cluster of the current KUBECONFIG",
)  # fmt: skip
@click.pass_context
def main(context: click.Context, kind: Literal["lab", "current"]) -> None:
    """Build, push, install and roll out."""
    context.obj = connect(kind)


@main.command("images")
@click.option("--tag", default=images.TAG, show_default=True)
@click.option("--attest", is_flag=True, help="push a bill of materials and the provenance with each (docker buildx)")
@click.pass_obj
def images_command(cluster: Cluster, *, tag: str, attest: bool) -> None:
    """Build and push both images, and print them by digest."""
    pushed = images.build_and_push(cluster, report=lambda line: print(line, file=sys.stderr), tag=tag, attest=attest)
    print(json.dumps(pushed, indent=2))


@main.command("install")
@click.pass_obj
def install_command(cluster: Cluster) -> None:
    """Install the operator with the images that were pushed last."""
    deploy.install(cluster, images.pushed_images())


@main.command("rollout")
@click.argument("resource")
@click.option("--version", required=True, help="the MLflow model version to serve")
@click.option("--namespace", default="default", show_default=True)
@click.option("--timeout", default="15m", show_default=True)
@click.option("--manifest", type=click.Path(path_type=Path), help="the SentimentModel to create if there is none")
@click.pass_obj
def rollout_command(
    cluster: Cluster, resource: str, *, version: str, namespace: str, timeout: str, manifest: Path | None
) -> None:
    """Patch the SentimentModel, wait, and run a smoke test; exit code 1 if the version does not serve."""
    made = manifest and rollout.create_missing(cluster, resource, manifest, version=version, namespace=namespace)
    if not made:
        rollout.patch(cluster, resource, version=version, namespace=namespace)
    outcome = rollout.wait(cluster, resource, namespace=namespace, timeout=timeout)
    print(output(cluster.kubectl("-n", namespace, "get", "smdl", resource)), end="")
    if not outcome.ready:
        raise DeliveryError(f"{resource} does not serve version {version}: {outcome.reason}: {outcome.message}")
    answer = rollout.smoke(cluster, resource, namespace=namespace)
    print(output(f"smoke test: {answer['label']} by version {answer['model']['version']}"))


@main.command("summary")
@click.argument("resource")
@click.option("--version", default="", help="the version to deliver; empty if none was registered")
@click.option("--namespace", default="default", show_default=True)
@click.pass_obj
def summary_command(cluster: Cluster, resource: str, *, version: str, namespace: str) -> None:
    """Print how a delivery ended, also to the job's summary; the last line names what serves, or the failure."""
    text, last = summary.describe(cluster, resource, version=version, namespace=namespace)
    summary.add_to_job(f"{text}\n{code(last)}\n")
    print(output(f"{text}\n{last}"))


if __name__ == "__main__":
    try:
        main(prog_name="python -m delivery")
    except DeliveryError as error:
        sys.exit(output(f"delivery: {error}"))
