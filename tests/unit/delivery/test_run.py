"""`make run` names what is missing, and does not run beside an operator in the cluster."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from delivery.cluster import ROOT, DeliveryError
from delivery.run import NEEDS, scale_down, settings

SHELL = {"KUBECONFIG": __file__, "MLFLOW_TRACKING_URI": "http://mlflow:5000", "SERVING_IMAGE": "serving:dev"}


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_URI", "SERVING_IMAGE", "KUBECONFIG"])
def test_a_missing_variable_is_named(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("delivery.run.RECORD", tmp_path / "images.json")
    with pytest.raises(DeliveryError) as raised:
        settings({**SHELL, name: ""})
    assert [needed for needed in NEEDS if f"{needed} (" in str(raised.value)] == [name]


def test_a_kubeconfig_that_is_not_there_is_named() -> None:
    with pytest.raises(DeliveryError, match=r"KUBECONFIG is /nowhere, and there is no such file"):
        settings({**SHELL, "KUBECONFIG": "/nowhere"})


def test_the_kubeconfig_in_the_home_folder_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").touch()
    assert settings({**SHELL, "KUBECONFIG": ""})["KUBECONFIG"] == str(tmp_path / ".kube" / "config")


def test_settings_of_the_shell_win_over_those_for_development() -> None:
    assert settings(SHELL)["METRICS_PORT"] == "9091"
    assert settings({**SHELL, "METRICS_PORT": "0"})["METRICS_PORT"] == "0"


def test_a_namespace_narrows_what_is_watched() -> None:
    assert "WATCH_NAMESPACE" not in settings(SHELL)
    assert settings({**SHELL, "WATCH_NAMESPACE": "a"}, namespace="b")["WATCH_NAMESPACE"] == "b"


def test_an_operator_in_the_cluster_is_to_be_scaled_down_first() -> None:
    installed = [
        {"metadata": {"namespace": "sentiment-system", "name": "sentiment-operator"}, "spec": {"replicas": 1}},
        {"metadata": {"namespace": "team-a", "name": "sentiment-operator"}, "spec": {"replicas": 0}},
    ]
    assert scale_down(json.dumps({"items": installed})) == [
        "kubectl -n sentiment-system scale deployment/sentiment-operator --replicas=0"
    ]


def test_the_command_reports_what_is_missing_in_one_line(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "delivery.run"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("make: make run needs these variables to be set: KUBECONFIG (")
    assert done.stderr.count("\n") == 1
