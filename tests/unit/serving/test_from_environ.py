"""Which model is served: a mounted folder is found without being named, and what was named wins."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from sentiment_serving.from_environ import app_from_environ
from sentiment_serving.http.lifecycle import Lifecycle
from sentiment_serving.settings import ServeSettings
from sentiment_serving.termination import Reason, Termination
from tests.unit.serving.tiny_model import tiny_model, write_version


def app(**environ: str) -> Flask:
    with ExitStack() as stack:
        settings = ServeSettings.from_environ(environ)
        return app_from_environ(environ, stack, settings=settings, lifecycle=Lifecycle())


def label(app: Flask) -> str:
    answer = app.test_client().post("/predict", json={"text": "good"})
    label: str = answer.get_json()["label"]
    return label


@pytest.mark.parametrize("folder", ["", "current"])
def test_a_folder_of_models_needs_no_name(tmp_path: Path, folder: str) -> None:
    write_version(tmp_path / folder)
    assert label(app(MODELS_DIR=str(tmp_path))) == "positive"


def test_a_named_folder_wins_over_the_mounted_one(tmp_path: Path) -> None:
    write_version(tmp_path / "mounted")
    write_version(tmp_path / "named", tiny_model(good=-2.0))
    assert label(app(MODELS_DIR=str(tmp_path / "mounted"), MODEL_DIR=str(tmp_path / "named"))) == "negative"


def test_a_version_to_fetch_wins_over_the_mounted_one(tmp_path: Path) -> None:
    write_version(tmp_path)
    with pytest.raises(Termination) as ended:
        app(MODELS_DIR=str(tmp_path), MODEL_URI="https://example.invalid/model")
    assert "MODEL_DIGEST is not set" in ended.value.message


def test_an_empty_mount_reports_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(Termination) as ended:
        app(MODELS_DIR=str(tmp_path))
    assert ended.value.reason is Reason.BAD_CONFIGURATION
    assert f"In {tmp_path} there is neither model.safetensors nor current/model.safetensors" in ended.value.message
