"""A file that cannot be served ends the process with the right reason."""

from pathlib import Path

import pytest

from sentiment_serving.load import open_model
from sentiment_serving.termination import Reason, Termination
from tests.unit.serving.tiny_model import write_version


def test_a_model_is_opened(tmp_path: Path) -> None:
    write_version(tmp_path)
    assert open_model(tmp_path / "model.safetensors").labels == ("negative", "positive")


def reason_for(path: Path) -> Reason:
    with pytest.raises(Termination) as caught:
        open_model(path)
    return caught.value.reason


def test_what_is_no_model_is_an_unsupported_format(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"not a model at all, just words in a file")
    assert reason_for(path) is Reason.UNSUPPORTED_FORMAT


def test_a_damaged_model_is_load_failed(tmp_path: Path) -> None:
    write_version(tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    assert reason_for(path) is Reason.LOAD_FAILED


def test_a_missing_file_is_the_configuration(tmp_path: Path) -> None:
    assert reason_for(tmp_path / "nothing.safetensors") is Reason.BAD_CONFIGURATION
