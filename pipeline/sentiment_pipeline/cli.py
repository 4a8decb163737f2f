"""The command line: stages for DVC, commands for CI. Each body is one call."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sentiment_pipeline import paths
from sentiment_pipeline.commands import RENAME, Commands, registered_name
from sentiment_pipeline.params import DataParams, GoldenParams, TrackingParams, load_params
from sentiment_pipeline.progress import log_line, result_line

if TYPE_CHECKING:
    from sentiment_pipeline.tracking.registry import Registered, Registry


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """From labelled reviews to a registered, gated and promoted sentiment model.

    The stages ingest, prepare, data-report, train and evaluate are run by `dvc repro` in the folder that holds
    params.yaml; register, gate and promote are for CI.
    """


@main.command()
@click.option("--check", is_flag=True, help="Only check whether data.source changed; exit code 1 if it did.")
def ingest(check: bool) -> None:
    """Fetch the raw reviews of data.source into data/raw."""
    from sentiment_pipeline.data.ingestion.ingest import check_source
    from sentiment_pipeline.data.ingestion.ingest import ingest as run

    data = load_params().data
    if check:
        result_line(check_source(data))
    else:
        run(data)


@main.command()
def prepare() -> None:
    """Clean the reviews, drop duplicates, split."""
    from sentiment_pipeline.data.preparation.prepare import prepare as run

    run(load_params())


@main.command()
def data_report() -> None:
    """Report on duplicates, leakage, balance and oddities of the reviews."""
    from sentiment_pipeline.data.inspection.data_report import data_report as run

    run(load_params().data)


@main.command()
@click.option("--data", help="Run all stages without DVC on this file, or any other value of data.source.")
@click.option("--out", type=click.Path(path_type=Path), help="With --data: the folder to create.")
@click.option("--text", default="text", show_default=True, help="With --data: column of the texts.")
@click.option("--label", default="label", show_default=True, help="With --data: column of the labels.")
@click.option("--id", "name", default="", help="With --data: column of unique ids, if there is one.")
@click.option("--group", default="", help="With --data: column of the group of a row (film, author), if there is one.")
@RENAME
def train(
    data: str | None, out: Path | None, text: str, label: str, name: str, group: str, rename: dict[str, str]
) -> None:
    """Compare the recipes by cross-validation, fit the best, write models/current.

    With --data FILE --out DIR: ingest, prepare, train and evaluate in DIR, without DVC.
    """
    if (data is None) != (out is None):
        raise click.UsageError("--data and --out must be given together")
    if data is None or out is None:
        from sentiment_pipeline.training.train import train as run

        run(load_params())
        return
    from sentiment_pipeline.standalone import train_alone

    columns: dict[str, object] = {"text": text, "label": label, "id": name, "group": group}
    train_alone(data, out, columns | ({"labels": rename} if rename else {}))
    result_line(str(out / paths.MODEL_DIR))


@main.command()
def evaluate() -> None:
    """Evaluate the model file on the held-out reviews."""
    from sentiment_pipeline.evaluation.evaluate import evaluate as run

    run(load_params())


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--rows", default=4000, show_default=True, type=click.IntRange(min=1))
@click.option("--seed", default=1, show_default=True)
def sample(path: Path, rows: int, seed: int) -> None:
    """Write the built-in sample of reviews to PATH as CSV."""
    from sentiment_pipeline.data.sample.generator import write_sample

    write_sample(path, rows, seed)
    log_line(f"wrote {rows:,} reviews to {path}")


@main.command()
@click.option("--model", required=True, type=click.Path(path_type=Path, exists=True), help="Model file, or its folder.")
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Texts.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write the labelled rows to.")
@click.option("--text", default="text", show_default=True, help="Column of the texts.")
@click.option("--probabilities", is_flag=True, help="Also write the probability of every label.")
@click.option("--skip-bad-rows", is_flag=True, help="Leave out rows that cannot be scored, else nothing is written.")
@click.option("--escape-formulas", is_flag=True, help="CSV: put ' before each cell that a spreadsheet would evaluate.")
def score(
    model: Path, data: Path, out: Path, text: str, probabilities: bool, skip_bad_rows: bool, escape_formulas: bool
) -> None:
    """Label the rows of a file of any size. Input and output are CSV or JSON Lines, gzipped or not.

    The output keeps all columns and appends predicted_label and predicted_probability. A spreadsheet evaluates a cell
    such as =1+1 as a formula: before you open a CSV file of other people's texts in one, use --escape-formulas.
    """
    from sentiment_pipeline.score import score as run

    scored = run(
        model, data, out, text=text, every_label=probabilities, skip_bad=skip_bad_rows, escape_formulas=escape_formulas
    )
    for sentence in scored.sentences():
        log_line(f"left out {sentence}")
    log_line(f"scored {scored.rows:,} rows to {out}, left out {scored.bad_rows:,}")


_NAME = click.option("--name", required=True, callback=registered_name, help="Name of the registered model.")
_OUTPUT = click.option("--output", type=click.Path(path_type=Path), help="Also write the result to this file, as JSON.")


@main.command()
@_NAME
@click.option(
    "--model-dir",
    default=paths.MODEL_DIR,
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder of the model to register.",
)
@_OUTPUT
def register(name: str, model_dir: Path, output: Path | None) -> None:
    """Register the trained model in MLflow. Registering the same model again returns its version.

    With SENTIMENT_SIGNING_KEY the version is signed.
    """
    from sentiment_pipeline.release.register import register as run
    from sentiment_pipeline.tracking.registry import MlflowRegistry

    registry = MlflowRegistry()
    _sign_and_print(registry, run(registry, load_params(), name, model_dir), output)


def _sign_and_print(registry: "Registry", found: "Registered", output: Path | None) -> None:
    """Sign the version if a key is set, print it, and write it to a file for the next step of a workflow."""
    from sentiment_pipeline.release.sign import sign_registered

    registered = sign_registered(registry, found)
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
    log_line(f"{'registered' if registered.created else 'already registered'}: {version.name}")
    result_line(f"version {version.number} digest {version.digest}")


@main.command()
@click.argument("source")
@click.option(
    "--trust-pickle", is_flag=True, help="Unpickle SOURCE, which can run any code of its author on this machine."
)
@click.option("--out", default="models/converted", show_default=True, type=click.Path(path_type=Path), help="Folder.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Reviews on which SOURCE and the version are compared.",
)
@click.option("--text", default="text", show_default=True, help="Column of the texts.")
@click.option("--label", default="label", show_default=True, help="Column of the labels, if there is one.")
@RENAME
@click.option(
    "--golden",
    default="data",
    show_default=True,
    type=click.Choice(["data", "builtin"]),
    help="Texts of the golden rows; builtin if yours are confidential.",
)
@click.option("--name", callback=registered_name, help="Register the result as a version of this model.")
@click.option("--experiment", default=TrackingParams().experiment, show_default=True, help="Of the MLflow run.")
@_OUTPUT
def convert(
    source: str,
    trust_pickle: bool,
    out: Path,
    data: Path | None,
    text: str,
    label: str,
    rename: dict[str, str],
    golden: str,
    name: str | None,
    experiment: str,
    output: Path | None,
) -> None:
    """Convert a scikit-learn model from MLflow (models:/name/3, runs:/id/model, a folder) to a version without pickle.

    The version is written only if its probabilities differ from those of SOURCE by at most 1e-6 on the texts of --data
    (or on built-in ones).
    """
    from sentiment_pipeline.conversion.convert import builtin_sample, read_sample, register_converted, summary
    from sentiment_pipeline.conversion.convert import convert as run

    sample = (
        builtin_sample()
        if data is None
        else read_sample(data, DataParams(source=str(data), text=text, label=label, labels=rename))
    )
    rows = GoldenParams(texts="test" if data is not None and golden == "data" else "builtin")
    converted = run(source, out, trusted=trust_pickle, sample=sample, golden=rows, names=rename)
    for line in summary(converted):
        log_line(line)
    if name is None:
        result_line(f"{out} digest {converted.digest}")
        return
    from sentiment_pipeline.tracking.registry import MlflowRegistry

    registry = MlflowRegistry()
    _sign_and_print(registry, register_converted(registry, converted, source, name, experiment), output)


@main.command()
@_NAME
@click.option("--version", "number", required=True, help="The version to sign.")
def sign(name: str, number: str) -> None:
    """Sign a registered version with SENTIMENT_SIGNING_KEY, after checking its files against its digest."""
    from sentiment_pipeline.release.sign import sign_version
    from sentiment_pipeline.tracking.registry import MlflowRegistry

    version = sign_version(MlflowRegistry(), name, number)
    result_line(f"signed version {version.number} of {version.name}, digest {version.digest}")


@main.command()
@_NAME
@click.option("--version", "number", help="Check this version, and make it the challenger if it passes.")
def gate(name: str, number: str | None) -> None:
    """Compare a model with the champion and check the limits under gate: in params.yaml; exit code 1 if it fails.

    Without --version the gate checks the model in models/current. If MLFLOW_TRACKING_URI is not set either, it checks
    the limits only.
    """
    from sentiment_pipeline.release.gate import gate as run
    from sentiment_pipeline.release.gate import gate_here
    from sentiment_pipeline.tracking.registry import MlflowRegistry

    params = load_params()
    if number is None and not os.environ.get("MLFLOW_TRACKING_URI"):
        log_line("MLFLOW_TRACKING_URI is not set: there is no champion to compare with, only the limits are checked")
        verdict = gate_here(params)
    else:
        verdict = run(MlflowRegistry(), params, name, number)
    result_line(f"passed: {verdict.sentence}")


@main.command()
@_NAME
@click.option("--version", "number", required=True, help="The version to promote.")
@click.option("--resource", required=True, help="The SentimentModel that must serve it.")
@click.option("--namespace", default="default", show_default=True, help="Namespace of that resource.")
@click.option("--kubectl", default="kubectl", show_default=True, help="The kubectl to run.")
@click.option("--serving-json", type=click.File(), help="Read the resource from this file (- for stdin) instead.")
def promote(name: str, number: str, resource: str, namespace: str, kubectl: str, serving_json: Any) -> None:
    """Make a version the champion if the cluster serves it, otherwise fail."""
    from sentiment_pipeline.release.promote import parse_resource, read_resource
    from sentiment_pipeline.release.promote import promote as run
    from sentiment_pipeline.tracking.registry import MlflowRegistry

    found = parse_resource(serving_json) if serving_json else read_resource(kubectl, resource, namespace)
    version = run(MlflowRegistry(), name, number, found, resource)
    result_line(f"champion of {version.name} is version {version.number}")
