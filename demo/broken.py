"""Register a version with an unreadable model file (`python -m demo.broken`).

Its manifest and digest are correct, so that only reading the model file shows the fault. Run it in the pipeline's
workspace, after `train`.
"""

import shutil
import tempfile
from pathlib import Path

import click

from sentiment_model.manifest import DIGEST_TAG
from sentiment_pipeline import paths
from sentiment_pipeline.params import load_params
from sentiment_pipeline.tracking.registry import MlflowRegistry
from testbed.versions import break_model


@click.command()
@click.option("--name", required=True, help="Name of the registered model.")
def main(name: str) -> None:
    """Register the unreadable version, unless it is registered, and print its number."""
    registry = MlflowRegistry()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "model"
        shutil.copytree(paths.MODEL_DIR, folder)
        digest = break_model(folder)
        version = registry.find(name, digest)
        if version is None:
            run_id = registry.record_training(load_params(), Path())
            version = registry.add(name, folder, {DIGEST_TAG: digest}, run_id)
    click.echo(version.number)


if __name__ == "__main__":
    main(prog_name="python -m demo.broken")
