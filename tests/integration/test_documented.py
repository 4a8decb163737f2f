"""The documented commands that need no cluster, run as they are written: pipeline, conversion, serving."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import mlflow
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from demo import workspace
from sentiment_pipeline.data.sample.generator import sample_rows, write_sample
from testbed import servers
from tests import documented
from tests.documented import blocks, pages
from tests.integration.serving.process import started

pytestmark = [
    pytest.mark.integration,
    # MLflow 3.17 writes the input example with what pandas 3 will drop in 4.
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:pandas.errors.Pandas4Warning"),
]

PORT = "5000"
"""The port that the documents use."""


def environment(**variables: str) -> dict[str, str]:
    """The environment of a reader's shell in which .venv is active."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DVC_NO_ANALYTICS": "1",
        **{f"GIT_{who}_{what}": "reader@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        **variables,
    }


def run(folder: Path, script: str) -> str:
    """Run a reader's script in a folder and return its output."""
    return documented.run(script, folder=folder, environment=environment())


@pytest.fixture(scope="module")
def registry(
    store: str, mlflow_imported: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[mlflow.MlflowClient]:
    """The reader's own registry, in which the first version of `sentiment-reviews` is version 1."""
    with servers.mlflow(tmp_path_factory.mktemp("mlflow")) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", url)
        yield mlflow.MlflowClient(url, url)


@pytest.fixture(scope="module")
def clone(registry: mlflow.MlflowClient, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone whose stages have run and whose results are committed, for DVC to compare with."""
    folder = tmp_path_factory.mktemp("reader")
    root = workspace.prepare(os.environ, workspace=folder / "clone", cache=folder / "cache")
    workspace.set_parameters(root, {"data.sample_rows": 2000})
    run(root, "dvc repro --quiet && git add --all && git commit --quiet --message Train")
    return root


def test_the_pipelines_page(clone: Path) -> None:
    printed = "".join(run(clone, block.script) for block in blocks("docs/pipeline.md", "laptop"))
    assert "scored 2,000 rows to scored.csv.gz" in printed
    assert "builtin:sample is what was ingested" in printed
    assert "alias challenger of sentiment-reviews is version 1" in printed


def test_the_model_files_page(clone: Path) -> None:
    """Python sessions one after the other, each in the folder of the file that it names."""
    version = clone / "models" / "current"
    for folder, block in zip((clone, version, version), blocks("docs/model-file.md", "laptop"), strict=True):
        run(folder, block.script)


def test_the_servers_page(clone: Path, registry: mlflow.MlflowClient) -> None:
    """Each server runs until the next one starts, and answers the requests in between."""
    registry.set_registered_model_alias("sentiment-reviews", "champion", "1")
    port = servers.free_port()
    asked = 0
    with ExitStack() as server:
        for block in blocks("docs/serving.md", "laptop"):
            if block.script.startswith("curl "):
                assert '"label"' in run(clone, block.script.replace(f"localhost:{PORT}", f"127.0.0.1:{port}"))
                asked += 1
            else:
                (command,) = block.script.splitlines()
                env = environment(PORT=str(port), FLASK_RUN_PORT=str(port))
                server.close()
                server.enter_context(started(documented.command(command), port, folder=clone, env=env))
    assert asked


def test_the_conversions_page(registry: mlflow.MlflowClient, tmp_path: Path) -> None:
    """The registry has a scikit-learn pipeline with the labels 0 and 1 as version 1 of `old-reviews`."""
    rows = list(sample_rows(400, seed=5))
    theirs = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10.0))
    theirs.fit([row["text"] for row in rows], [int(row["label"] == "positive") for row in rows])
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            theirs, name="model", registered_model_name="old-reviews", serialization_format="cloudpickle"
        )
    write_sample(tmp_path / "reviews.csv", rows=300, seed=8)
    (block,) = blocks("docs/convert.md", "laptop")
    assert "converted TfidfVectorizer, LogisticRegression" in run(tmp_path, block.script)


def test_no_page_is_left_out() -> None:
    assert pages("laptop") == {f"docs/{name}.md" for name in ("pipeline", "model-file", "serving", "convert")}
