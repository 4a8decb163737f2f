"""The stages one after the other on a file that a team might bring: three labels, own columns, gaps, duplicates."""

import contextlib
import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import sentiment_model
from sentiment_model import Scorer
from sentiment_model.manifest import MODEL
from sentiment_pipeline import paths
from sentiment_pipeline.cli import main
from sentiment_pipeline.data.ingestion.ingest import check_source, ingest
from sentiment_pipeline.data.inspection.data_report import data_report
from sentiment_pipeline.data.preparation.prepare import prepare
from sentiment_pipeline.data.reviews.review import read_reviews
from sentiment_pipeline.evaluation.evaluate import evaluate
from sentiment_pipeline.params import load_params
from sentiment_pipeline.standalone import params_path
from sentiment_pipeline.training.train import train
from sentiment_pipeline.version.files import verified_digest
from tests.unit.pipeline.corpora import three_classes

PARAMS = """
data:
  source: survey.csv
  text: comment
  label: stars
  group: product
  labels: {"1": negative, "3": neutral, "5": positive}
prepare: {min_rows: 100}
split: {}
train: {folds: 2, candidates: [{name: pairs, c: 5}]}
golden: {rows: 30}
gate: {}
tracking: {}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS)
    stars = {"negative": "1", "neutral": "3", "positive": "5"}
    with (tmp_path / "survey.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["product", "comment", "stars", "rating"])
        for number, review in enumerate(three_classes(600)):
            writer.writerow([review.group, review.text, stars[review.label], number % 3 + 1])
        writer.writerow(["any", "", "5", "1"])
        writer.writerow(["any", "Written once.", "5", "1"])
        writer.writerow(["any", "Written once.", "5", "1"])
    return tmp_path


def test_three_labels_go_from_file_to_evaluated_model(root: Path) -> None:
    params = load_params()
    ingest(params.data)
    prepare(params)
    data_report(params.data)
    train(params)
    evaluate(params)

    prepared = json.loads(paths.PREPARE_REPORT.read_text())
    assert prepared["dropped"] == {"empty_text": 1, "empty_label": 0, "duplicate": 1, "contradiction": 0}
    assert Scorer.open(paths.MODEL_DIR / MODEL).labels == ("negative", "neutral", "positive")
    evaluated = json.loads(paths.EVALUATE_REPORT.read_text())
    assert evaluated["accuracy"] > evaluated["baseline_accuracy"] + 0.2
    assert json.loads(paths.TRAIN_REPORT.read_text())["digest"] == evaluated["digest"]
    assert set(evaluated["slices"]) == {"length", "negation", "rating"}
    assert set(evaluated["slices"]["rating"]) == {"1", "2", "3"}
    behaviour = json.loads(paths.BEHAVIOUR_REPORT.read_text())
    assert behaviour["digest"] == evaluated["digest"]
    assert behaviour["capabilities"]["vocabulary"]["pass_rate"] > 0.6
    assert json.loads(paths.DATA_REPORT.read_text())["raw"]["duplicates"]["exact"] == 1
    for table in (
        paths.CONFUSION_PLOT,
        paths.CALIBRATION_PLOT,
        paths.CANDIDATES_PLOT,
        paths.LEARNING_PLOT,
        paths.NGRAMS_REPORT,
        paths.MISTAKES_REPORT,
        paths.TEMPLATES_REPORT,
    ):
        assert len(table.read_text().splitlines()) > 2
    assert "neutral" in paths.EVALUATE_PAGE.read_text()


def test_no_text_of_a_review_is_in_what_evaluate_leaves(root: Path) -> None:
    params = load_params()
    ingest(params.data)
    for stage in (prepare, train, evaluate):
        stage(params)
    texts = [review.text for review in read_reviews(paths.TEST)]
    for path in (paths.EVALUATE_REPORT, paths.BEHAVIOUR_REPORT, paths.MISTAKES_REPORT, paths.EVALUATE_PAGE):
        content = path.read_text()
        assert not [text for text in texts if text in content], path


def test_ingesting_again_leaves_nothing_of_another_format(root: Path) -> None:
    params = load_params()
    paths.RAW.mkdir(parents=True)
    (paths.RAW / "reviews.jsonl").touch()
    ingest(params.data)
    assert [path.name for path in paths.RAW.iterdir()] == ["reviews.csv"]


def test_training_goes_the_whole_way_without_dvc_in_a_folder_of_its_own(root: Path) -> None:
    options = ["--label", "stars", "--text", "comment", "--group", "product"]
    names = ["--rename", "1=negative", "--rename", "3=neutral", "--rename", "5=positive"]
    done = CliRunner().invoke(main, ["train", "--data", "survey.csv", "--out", "made", *options, *names])
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "made/models/current\n"
    assert sentiment_model.load("made/models/current").classes_ == ("negative", "neutral", "positive")
    assert {path.name for path in Path.cwd().iterdir()} == {"made", "params.yaml", "survey.csv"}
    assert load_params(Path("made/params.yaml")).data.labels == {"1": "negative", "3": "neutral", "5": "positive"}
    verified_digest(Path("made/models/current"))
    with contextlib.chdir("made"):
        assert check_source(load_params().data).endswith("survey.csv is what was ingested")

    again = CliRunner().invoke(main, ["train", "--data", "survey.csv", "--out", "made", *options])
    assert again.exit_code == 1
    assert (
        again.stderr
        == "Error: made is not empty, and training would overwrite its files: name a new folder with --out\n"
    )


def test_without_a_params_yaml_the_one_that_comes_along_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_params(params_path()) == load_params(Path(__file__).parents[3] / "params.yaml")


@pytest.mark.parametrize("options", [["--data", "survey.csv"], ["--out", "made"]])
def test_data_without_out_reports_that_both_are_needed(options: list[str], root: Path) -> None:
    done = CliRunner().invoke(main, ["train", *options])
    assert done.exit_code == 2
    assert "--data and --out must be given together" in done.stderr
