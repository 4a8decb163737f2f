"""`python -m demo`: see `demo.story`."""

import os
import platform
import sys
from typing import Literal

import click

from delivery.cluster import DeliveryError
from demo.console import StepFailed
from demo.story import play


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--cluster", "kind", type=click.Choice(["lab", "current"]), default="lab", show_default=True)
@click.option(
    "--data", default="sample", show_default=True,
    help="a CSV file with the columns text and label (.gz allowed), `imdb`, or `sample`: generated reviews",
)  # fmt: skip
def main(kind: Literal["lab", "current"], data: str) -> None:
    """Run the main job: from raw reviews to a served model, and a bad version that is rejected."""
    if kind == "lab" and (platform.system() != "Linux" or os.geteuid() != 0):
        sys.exit(
            "demo: the lab makes network namespaces and mounts, which needs Linux and root (try: sudo make demo). "
            "`make demo CLUSTER=current` uses the cluster of your KUBECONFIG and REGISTRY instead; "
            "`make local` trains and serves without a cluster."
        )
    try:
        play(kind, data)
    except (DeliveryError, StepFailed) as error:
        sys.exit(f"demo: {error}")


if __name__ == "__main__":
    main(prog_name="python -m demo")
