"""The command line: stages for DVC, commands for CI. Each body is one call."""

import json
import os
from pathlib import Path
from typing import Any

import click

from sentiment_model.errors import ManifestError, ModelFileError
from sentiment_pipeline import paths
from sentiment_pipeline.errors import PipelineError
from sentiment_pipeline.params import load_params


class _Command(click.Group):
    """A group that shows our errors as one sentence."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (PipelineError, ModelFileError, ManifestError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Command, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """From labelled reviews to a registered, gated and promoted sentiment model.

    The stages ingest, prepare, data-report, train and evaluate are run by `dvc repro` in the folder that holds
    params.yaml; register, gate and promote are for CI.
    """


@main.command()
def ingest() -> None:
    """Bring the raw reviews of data.source to data/raw."""
    from sentiment_pipeline.ingest import ingest as run

    run(load_params().data)


@main.command()
def prepare() -> None:
    """Clean, drop duplicates, split."""
    from sentiment_pipeline.prepare import prepare as run

    run(load_params())


@main.command()
def data_report() -> None:
    """Report on duplicates, leakage, balance and oddities of the reviews."""
    from sentiment_pipeline.data_report import data_report as run

    run(load_params().data)


@main.command()
def train() -> None:
    """Compare the recipes by cross-validation, fit the best, write models/current."""
    from sentiment_pipeline.train import train as run

    run(load_params())


@main.command()
def evaluate() -> None:
    """Measure the model file on the held-out reviews."""
    from sentiment_pipeline.evaluate import evaluate as run

    run(load_params())


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--rows", default=4000, show_default=True, type=click.IntRange(min=1))
@click.option("--seed", default=1, show_default=True)
def sample(path: Path, rows: int, seed: int) -> None:
    """Write the built-in sample of reviews to PATH as CSV."""
    from sentiment_pipeline.sample import write_sample

    write_sample(path, rows, seed)
    click.echo(f"wrote {rows:,} reviews to {path}", err=True)


_NAME = click.option("--name", required=True, help="Name of the registered model.")


@main.command()
@_NAME
@click.option(
    "--model-dir", default=paths.MODEL_DIR, show_default=True, type=click.Path(path_type=Path), help="What to register."
)
@click.option("--output", type=click.Path(path_type=Path), help="Also write the result to this file, as JSON.")
def register(name: str, model_dir: Path, output: Path | None) -> None:
    """Register the trained model in MLflow; the same model gives the same version."""
    from sentiment_pipeline.register import register as run
    from sentiment_pipeline.registry import MlflowRegistry

    registered = run(MlflowRegistry(), load_params(), name, model_dir)
    version = registered.version
    if output is not None:
        result = {
            "name": version.name,
            "version": version.number,
            "digest": version.digest,
            "run_id": version.run_id,
            "tags": dict(version.tags),
            "created": registered.created,
        }
        output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{'registered' if registered.created else 'already registered'}: {version.name}", err=True)
    click.echo(f"version {version.number} digest {version.digest}")


@main.command()
@_NAME
@click.option("--version", "number", help="Judge this version, and make it the challenger if it passes.")
def gate(name: str, number: str | None) -> None:
    """Judge a model against gate.min_accuracy and the champion; the exit code says the verdict.

    Without --version the model in models/current is judged, and without MLFLOW_TRACKING_URI by gate.min_accuracy alone.
    """
    from sentiment_pipeline.gate import gate as run
    from sentiment_pipeline.gate import gate_here
    from sentiment_pipeline.registry import MlflowRegistry

    params = load_params()
    if number is None and not os.environ.get("MLFLOW_TRACKING_URI"):
        click.echo("MLFLOW_TRACKING_URI is not set: no champion to compare with, the floor alone decides", err=True)
        verdict = gate_here(params)
    else:
        verdict = run(MlflowRegistry(), params, name, number)
    click.echo(f"passed: {verdict.sentence}")


@main.command()
@_NAME
@click.option("--version", "number", required=True, help="The version to promote.")
@click.option("--resource", required=True, help="The SentimentModel that must serve it.")
@click.option("--namespace", default="default", show_default=True, help="Where that resource is.")
@click.option("--kubectl", default="kubectl", show_default=True, help="The kubectl to ask with.")
@click.option("--serving-json", type=click.File(), help="Read the resource from this file (- for stdin) instead.")
def promote(name: str, number: str, resource: str, namespace: str, kubectl: str, serving_json: Any) -> None:
    """Make a version the champion, only if the cluster serves it."""
    from sentiment_pipeline.promote import promote as run
    from sentiment_pipeline.promote import read_resource
    from sentiment_pipeline.registry import MlflowRegistry

    found = json.load(serving_json) if serving_json else read_resource(kubectl, resource, namespace)
    version = run(MlflowRegistry(), name, number, found, resource)
    click.echo(f"champion of {version.name} is version {version.number}")
