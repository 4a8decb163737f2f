"""DVC as a person uses it, in a copy of the checkout, with the raw reviews and the cache in S3 (moto)."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from sentiment_pipeline.data.sample.generator import write_sample
from tests.integration.pipeline.workspace import REPOSITORY, Workspace

pytestmark = pytest.mark.integration

DATA = {"source": "s3://raw/reviews.csv", "group": "movie", "id": "id"}
WORDS = {"folds": 2, "candidates": [{"name": "words", "ngrams": [1, 1], "min_df": 2, "c": 1.0}]}


@pytest.fixture(scope="module")
def copied(store: str, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """What a clone holds of the pipeline, with reviews in S3 as its source."""
    root = tmp_path_factory.mktemp("checkout")
    for name in ("dvc.yaml", ".dvcignore", ".gitignore"):
        shutil.copy(REPOSITORY / name, root / name)
    (root / ".dvc").mkdir()
    shutil.copy(REPOSITORY / ".dvc/config", root / ".dvc/config")
    for name in ("model", "pipeline"):
        shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    git(root, "init")
    git(root, "config", "user.name", "A. Person")
    git(root, "config", "user.email", "person@example.org")

    reviews = root / "reviews.csv"
    write_sample(reviews, rows=1200, seed=3)
    boto3.client("s3").upload_file(str(reviews), "raw", "reviews.csv")
    reviews.unlink()
    return Workspace(root, {"data": DATA, "train": {"folds": 2}})


def git(root: Path, *arguments: str) -> None:
    """Run git as a person would."""
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


def dvc(root: Path, *arguments: str) -> str:
    """Run dvc as a person would; `python` in its stages is the one of these tests."""
    binaries = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}", "DVC_NO_ANALYTICS": "1"}
    done = subprocess.run(
        [f"{binaries}/dvc", *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_repro_goes_from_a_file_in_s3_to_an_evaluated_model(copied: Workspace) -> None:
    dvc(copied.root, "repro")
    ingested = json.loads((copied.root / "reports/ingest.json").read_text())
    assert ingested["source"] == "s3://raw/reviews.csv"
    prepared = json.loads((copied.root / "reports/prepare.json").read_text())
    assert prepared["rows"] == 1200
    assert prepared["groups"] == 60

    evaluated = json.loads(dvc(copied.root, "metrics", "show", "--json"))
    accuracy = evaluated[""]["data"]["reports/evaluate.json"]["data"]["accuracy"]
    assert accuracy > 0.75

    for made in ("evaluate.html", "behaviour.json", "data.json", "ngrams.csv", "figures/confusion.png"):
        assert (copied.root / "reports" / made).is_file(), made

    assert "up to date" in dvc(copied.root, "repro").replace("\n", " ")
    assert dvc(copied.root, "status").strip() == "Data and pipelines are up to date."


def test_what_repro_made_can_be_pushed_and_pulled(copied: Workspace) -> None:
    dvc(copied.root, "repro")
    before = (copied.root / "models/current/model.safetensors").read_bytes()
    dvc(copied.root, "push")
    shutil.rmtree(copied.root / ".dvc/cache")
    shutil.rmtree(copied.root / "models")
    dvc(copied.root, "pull")
    assert (copied.root / "models/current/model.safetensors").read_bytes() == before


def test_plots_show_figures_and_curves(copied: Workspace) -> None:
    dvc(copied.root, "repro")
    dvc(copied.root, "plots", "show", "--out", "plots")
    page = (copied.root / "plots/index.html").read_text()
    for shown in ("confusion.png", "Learning curve", "Calibration"):
        assert shown in page, shown


def test_another_recipe_leaves_ingest_and_prepare_alone(copied: Workspace) -> None:
    dvc(copied.root, "repro")
    copied.change({"data": DATA, "train": WORDS})
    output = dvc(copied.root, "repro")
    for stage in ("ingest", "prepare", "data-report"):
        assert f"Stage '{stage}' didn't change, skipping" in output
    assert json.loads((copied.root / "reports/train.json").read_text())["winner"] == "words"


def test_a_change_in_mlflow_plumbing_retrains_nothing_and_one_in_a_recipe_does(copied: Workspace) -> None:
    dvc(copied.root, "repro")
    package = copied.root / "pipeline/sentiment_pipeline"
    recipes = package / "training/recipes.py"
    before = recipes.read_text()
    for plumbing in ("tracking/runs.py", "release/gate.py", "progress.py"):
        path = package / plumbing
        path.write_text(path.read_text() + "# changed\n")
    assert json.loads(dvc(copied.root, "status", "--json")) == {}
    recipes.write_text(before + "# changed\n")
    assert json.loads(dvc(copied.root, "status", "--json")).keys() == {"train"}
    recipes.write_text(before)


def test_an_experiment_is_compared_with_what_was_committed(copied: Workspace) -> None:
    copied.change({"data": DATA, "train": WORDS})
    dvc(copied.root, "repro")
    git(copied.root, "add", ".")
    git(copied.root, "commit", "-m", "Train")
    before = json.loads((copied.root / "reports/train.json").read_text())

    output = dvc(copied.root, "exp", "run", "--set-param", "train.candidates.0.c=0.01")
    assert "Stage 'ingest' didn't change, skipping" in output
    assert "Stage 'prepare' didn't change, skipping" in output
    after = json.loads((copied.root / "reports/train.json").read_text())
    assert after["cv_accuracy"] != before["cv_accuracy"]

    differences = json.loads(dvc(copied.root, "metrics", "diff", "--json"))
    accuracy = differences["reports/train.json"]["cv_accuracy"]
    assert accuracy["old"] == before["cv_accuracy"]
    assert accuracy["new"] == after["cv_accuracy"]

    plots = json.loads(dvc(copied.root, "plots", "diff", "HEAD", "workspace", "--json"))
    assert plots["data"]
    assert {revision for plot in plots["data"].values() for found in plot for revision in found["revisions"]} >= {
        *("HEAD", "workspace"),
    }


def test_reviews_that_changed_in_s3_are_noticed_and_taken_when_asked(copied: Workspace, tmp_path: Path) -> None:
    dvc(copied.root, "repro")
    unchanged = copied.must("ingest", "--check")
    assert unchanged == "s3://raw/reviews.csv is what was ingested\n"

    write_sample(tmp_path / "reviews.csv", rows=1300, seed=4)
    boto3.client("s3").upload_file(str(tmp_path / "reviews.csv"), "raw", "reviews.csv")
    # Ingested reviews do not change unless the stage is forced.
    assert "up to date" in dvc(copied.root, "repro").replace("\n", " ")
    changed = copied.run("ingest", "--check")
    assert changed.returncode == 1
    assert "s3://raw/reviews.csv is not what was ingested" in changed.stderr
    dvc(copied.root, "repro", "--force", "--single-item", "ingest")
    dvc(copied.root, "repro")
    assert copied.must("ingest", "--check") == "s3://raw/reviews.csv is what was ingested\n"
    assert json.loads((copied.root / "reports/prepare.json").read_text())["rows"] == 1300
