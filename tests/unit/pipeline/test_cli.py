"""The command line: errors are one sentence, results go to standard output, lineage is recorded if it is known."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from sentiment_pipeline.cli import main
from sentiment_pipeline.tracking.lineage import git_commit, lock_sha256


@pytest.mark.parametrize("stage", ["ingest", "prepare", "train", "evaluate"])
def test_a_stage_in_the_wrong_folder_names_where_to_run(
    stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, [stage])
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: params.yaml is not here: run this in the folder that holds params.yaml and dvc.yaml\n"
    )


def test_registering_without_a_server_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    result = CliRunner().invoke(main, ["register", "--name", "m"])
    assert result.exit_code == 1
    assert result.stderr == "Error: MLFLOW_TRACKING_URI is not set: export the address of your MLflow server\n"


def test_the_sample_is_written_where_asked(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["sample", str(tmp_path / "s.csv"), "--rows", "5"])
    assert result.exit_code == 0
    assert len((tmp_path / "s.csv").read_text().splitlines()) == 6


def test_a_commit_with_changes_is_called_dirty(tmp_path: Path) -> None:
    assert git_commit(tmp_path) == ""
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")

    def git(*arguments: str) -> None:
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "-m", "First")
    clean = git_commit(tmp_path)
    assert len(clean) == 40
    (tmp_path / "untracked").touch()
    assert git_commit(tmp_path) == clean
    (tmp_path / "file").write_text("two")
    assert git_commit(tmp_path) == f"{clean}-dirty"


def test_without_a_lock_there_is_no_hash_of_it(tmp_path: Path) -> None:
    assert lock_sha256(tmp_path) == ""
    (tmp_path / "dvc.lock").write_text("")
    assert lock_sha256(tmp_path) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
