"""A lab is remembered by its state folder."""

import importlib.util
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from lab import environment, lab, process
from lab.errors import LabError
from lab.kubernetes.api import ready_names
from lab.layout import Programs, State
from lab.progress import elapsed
from lab.settings import Settings
from lab.standins import mlflow

PROGRAMS = Programs(kubernetes=Path("/k"), pause_archive=Path("/a"), prometheus=Path("/p"), promtool=Path("/t"))


def noted(tmp_path: Path, *, up: bool) -> Settings:
    settings = replace(Settings(), state=tmp_path, name="mine", s3_port=9999)
    lab.note_settings(settings)
    if up:
        lab.note_up(State(tmp_path), 1)
    return settings


def test_settings_of_a_lab_are_those_it_was_brought_up_with(tmp_path: Path) -> None:
    settings = noted(tmp_path, up=True)
    assert lab.settings_of({"LAB_STATE": str(tmp_path)}) == settings


def test_other_settings_in_the_environment_are_not_silently_ignored(tmp_path: Path) -> None:
    noted(tmp_path, up=True)
    with pytest.raises(LabError, match=r"LAB_S3_PORT is 9001, and the lab in .* was brought up with 9999"):
        lab.settings_of({"LAB_STATE": str(tmp_path), "LAB_S3_PORT": "9001"})


def test_after_an_up_that_failed_other_settings_may_be_tried_and_the_old_ones_are_cleaned_up(tmp_path: Path) -> None:
    failed = noted(tmp_path, up=False)
    wanted = lab.settings_of({"LAB_STATE": str(tmp_path), "LAB_S3_PORT": "9001"})
    assert (wanted.name, wanted.s3_port) == ("lab", 9001)
    assert lab.noted_settings(wanted) == failed


def test_lab_is_up_once_noted_and_not_after_a_restart_of_the_machine(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert lab.facts(state) is None
    lab.note_up(state, 2)
    assert lab.facts(state) == lab.Facts(2, process.boot_id())
    state.finished.write_text(json.dumps({"nodes": 2, "boot": "another"}))
    assert lab.facts(state) is None


def test_nodes_of_a_lab_that_is_down_cannot_be_asked_for(tmp_path: Path) -> None:
    down = lab.Lab.of(replace(Settings(), state=tmp_path), PROGRAMS)
    with pytest.raises(LabError, match="the lab is not up: run `python -m lab up` first"):
        down.node(1)


def test_node_that_the_lab_does_not_have_is_refused(tmp_path: Path) -> None:
    lab.note_up(State(tmp_path), 2)
    with pytest.raises(LabError, match="nodes 1 to 2; there is no node 3"):
        lab.Lab.of(replace(Settings(), state=tmp_path), PROGRAMS).node(3)


def test_unknown_service_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"no service mlfow; it has etcd, .*mlflow"):
        lab.Lab.of(replace(Settings(), state=tmp_path), PROGRAMS).services.named("mlfow")


def test_exports_are_what_the_rest_of_the_project_reads(tmp_path: Path) -> None:
    state = State(tmp_path / "with space")
    text = environment.exports(environment.variables(Settings(), state), state)
    exports = dict(shlex.split(line)[1].split("=", 1) for line in text.splitlines())
    assert exports["REGISTRY"] == "10.88.0.1:5000"
    assert exports["AWS_ENDPOINT_URL"] == exports["MLFLOW_S3_ENDPOINT_URL"] == "http://10.88.0.1:9000"
    assert exports["MLFLOW_TRACKING_URI"] == "http://10.88.0.1:5001"
    assert exports["PROMETHEUS_URL"] == "http://10.88.0.1:9090"
    assert exports["KUBECONFIG"] == f"{tmp_path}/with space/conf/admin.conf"
    assert exports["PATH"] == f"{tmp_path}/with space/bin:$PATH"
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"} <= set(exports)


def test_variables_that_start_mlflow_are_those_of_the_installed_version() -> None:
    spec = importlib.util.find_spec("mlflow")
    assert spec is not None
    assert spec.origin is not None
    constants = (Path(spec.origin).parent / "server" / "constants.py").read_text()
    names = dict(re.findall(r'^(\w+_ENV_VAR) = "(\w+)"$', constants, re.MULTILINE))
    assert names["BACKEND_STORE_URI_ENV_VAR"] == mlflow.STORE
    assert names["ARTIFACT_ROOT_ENV_VAR"] == mlflow.ARTIFACTS


def test_ready_nodes_are_those_whose_ready_condition_is_true() -> None:
    def node(name: str, **conditions: str) -> dict[str, object]:
        listed = [{"type": kind, "status": status} for kind, status in conditions.items()]
        return {"metadata": {"name": name}, "status": {"conditions": listed}}

    nodes = {"items": [node("a", Ready="True"), node("b", Ready="Unknown"), node("c"), node("d", DiskPressure="True")]}
    assert ready_names(nodes) == {"a"}


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.21, "3.2 s"), (59.94, "59.9 s"), (153, "2 min 33 s"), (3600, "60 min 0 s")]
)
def test_elapsed_time_reads_well(seconds: float, text: str) -> None:
    assert elapsed(seconds) == text
