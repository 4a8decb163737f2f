"""A lab's name belongs to one state folder as long as that folder exists."""

from dataclasses import replace
from pathlib import Path

import pytest

from lab import claims, lab, lifecycle
from lab.errors import LabError
from lab.lab import Lab
from lab.progress import Progress
from lab.settings import Settings
from tests.unit.lab.test_lab import PROGRAMS


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A lab that has taken its name."""
    monkeypatch.setattr(claims, "FOLDER", tmp_path / "run")
    settings = replace(Settings(), state=tmp_path / "mine", name="mine")
    settings.state.mkdir()
    lab.note_settings(settings)
    claims.take(settings)
    return settings


def test_a_name_that_another_lab_has_is_refused(mine: Settings, tmp_path: Path) -> None:
    other = replace(mine, state=tmp_path / "other")
    with pytest.raises(LabError, match=r"a lab called mine is up in .*mine: take that one down, or set LAB_NAME"):
        lifecycle.up(Lab.of(other, PROGRAMS), 1, Progress())


def test_taking_down_a_lab_that_is_not_there_leaves_the_one_of_its_name_alone(mine: Settings, tmp_path: Path) -> None:
    lifecycle.down(replace(mine, state=tmp_path / "other"))
    assert claims.owner("mine") == mine.state


def test_a_name_is_free_once_its_lab_is_gone(mine: Settings, tmp_path: Path) -> None:
    assert not claims.is_elsewhere(mine)
    claims.release(mine)
    assert claims.owner("mine") is None
    assert not (tmp_path / "run").exists()


def test_a_state_folder_that_was_removed_by_hand_holds_no_name(mine: Settings, tmp_path: Path) -> None:
    (mine.state / "settings.json").unlink()
    assert not claims.is_elsewhere(replace(mine, state=tmp_path / "other"))
