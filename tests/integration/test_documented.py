"""The commands of the documents that need no cluster, as they stand there: pipeline, conversion, serving."""

import os
import subprocess
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
from tests.documented import blocks, pages
from tests.integration.serving.process import started

pytestmark = [
    pytest.mark.integration,
    # MLflow 3.17 writes the input example with what pandas 3 will drop in 4.
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:pandas.errors.Pandas4Warning"),
]

PORT = "5000"
"""Of the documents."""


def surroundings(**variables: str) -> dict[str, str]:
    """Of a reader's shell, in which .venv is active."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DVC_NO_ANALYTICS": "1",
        **{f"GIT_{who}_{what}": "reader@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        **variables,
    }


def shell(script: str) -> list[str]:
    """The command that runs a reader's script, and ends what it started after a while."""
    return ["timeout", "300", "bash", "-euo", "pipefail", "-c", script]


def run(folder: Path, script: str) -> str:
    """What the commands printed, all of which succeeded."""
    done = subprocess.run(
        shell(script),
        cwd=folder,
        env=surroundings(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def registry(
    store: str, mlflow_imported: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[mlflow.MlflowClient]:
    """One of the reader's own, in which the first version of `sentiment-reviews` is version 1."""
    with servers.mlflow(tmp_path_factory.mktemp("mlflow")) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", url)
        yield mlflow.MlflowClient(url, url)


@pytest.fixture(scope="module")
def clone(registry: mlflow.MlflowClient, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone whose stages have run and been committed: DVC compares with that."""
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
    """One session of Python after the other, each where the file that it names is."""
    version = clone / "models" / "current"
    for folder, block in zip((clone, version, version), blocks("docs/model-file.md", "laptop"), strict=True):
        run(folder, block.script)


def test_the_servers_page(clone: Path, registry: mlflow.MlflowClient) -> None:
    """Each server is up until the next one starts, and is asked what comes in between."""
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
                env = surroundings(PORT=str(port), FLASK_RUN_PORT=str(port))
                server.close()
                server.enter_context(started(shell(command), port, folder=clone, env=env))
    assert asked


def test_the_conversions_page(registry: mlflow.MlflowClient, tmp_path: Path) -> None:
    """With a pipeline that somebody has as version 1 of `old-reviews`, which calls its labels 0 and 1."""
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
