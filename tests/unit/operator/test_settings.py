"""The operator's settings."""

import re
from pathlib import Path

import pytest

from sentiment_operator.__main__ import arguments
from sentiment_operator.settings import Settings, SettingsError

MLFLOWS_OWN = {"MLFLOW_TRACKING_USERNAME", "_PASSWORD", "_TOKEN"}
"""Variables that MLflow's client reads itself, as the page writes them."""

NEEDED = {"MLFLOW_TRACKING_URI": "http://mlflow", "SERVING_IMAGE": "serving:1"}


def test_two_settings_are_needed_and_the_rest_has_defaults() -> None:
    settings = Settings.from_environment(NEEDED)
    assert settings == Settings(mlflow_tracking_uri="http://mlflow", serving_image="serving:1")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match="MLFLOW_TRACKING_URI and SERVING_IMAGE must be set"):
        Settings.from_environment({"SERVING_IMAGE": "  "})


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        (
            "arn:aws:sagemaker:eu-west-1:111122223333:mlflow-tracking-server/x",
            "must be the address of an MLflow server",
        ),
        ("databricks", "must be the address of an MLflow server"),
        ("databricks-uc", "must be the address of an MLflow server"),
        ("uc:http://catalog", "must be the address of an MLflow server"),
        ("sqlite:///mlflow.db", "must be the address of an MLflow server"),
        ("file:///mlruns", "must be the address of an MLflow server"),
        ("/mlruns", "must be the address of an MLflow server"),
        ("mlflow:5000", "must be the address of an MLflow server"),
        ("http://", "must be the address of an MLflow server"),
        ("http://:5000", "must be the address of an MLflow server"),
        ("http://[mlflow", "cannot be read as an address"),
        ("http://mlflow:99999", "cannot be read as an address"),
        ("http://mlflow?token=secret", "without a query"),
        ("http://user:secret@mlflow:5000", "put them into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
        ("https://user@mlflow", "put them into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
        ("postgresql://user:secret@host/db", "put them into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
        ("user:secret@mlflow:5000", "put them into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
    ],
)
def test_a_registry_that_is_no_server_is_refused_at_the_start(uri: str, found: str) -> None:
    with pytest.raises(SettingsError, match=found) as refused:
        Settings.from_environment({**NEEDED, "MLFLOW_TRACKING_URI": uri})
    assert str(refused.value).startswith("MLFLOW_TRACKING_URI must ")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "uri", ["http://mlflow.mlflow.svc:5000", "https://mlflow.example.com/path/", "HTTP://[::1]:80"]
)
def test_a_server_is_accepted(uri: str) -> None:
    assert Settings.from_environment({**NEEDED, "MLFLOW_TRACKING_URI": uri}).mlflow_tracking_uri == uri


def test_settings_are_read_by_their_type() -> None:
    given = {**NEEDED, "RESYNC_SECONDS": "30", "WORKERS": "8", "ALLOW_HTTP_SOURCES": "true", "WATCH_NAMESPACE": "a"}
    settings = Settings.from_environment(given)
    assert (settings.resync_seconds, settings.workers) == (30.0, 8)
    assert settings.allow_http_sources is True
    assert settings.watch_namespace == "a"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("WORKERS", "many", "a whole number, 0 or more"),
        ("WORKERS", "1.5", "a whole number, 0 or more"),
        ("RESYNC_SECONDS", "-1", "a number of seconds, 0 or more"),
        ("RESYNC_SECONDS", "nan", "a number of seconds, 0 or more"),
        ("ALLOW_HTTP_SOURCES", "yes", "true or false"),
        ("ALLOWED_SERVICE_TYPES", "clusterip", "ClusterIP, NodePort or LoadBalancer, or several"),
        ("ALLOWED_SERVICE_TYPES", "ClusterIP,", "ClusterIP, NodePort or LoadBalancer, or several"),
        ("ALLOWED_SERVICE_TYPES", "ClusterIP NodePort", "ClusterIP, NodePort or LoadBalancer, or several"),
        ("ALLOWED_SERVICE_ANNOTATIONS", ",", "annotations, or how they begin"),
        ("ALLOWED_SERVICE_ANNOTATIONS", "example.com/*", "annotations, or how they begin"),
        ("MLFLOW_ARTIFACT_ORIGINS", "artifacts.example.com", "scheme, host and port of servers"),
        ("MLFLOW_ARTIFACT_ORIGINS", "https://u:p@artifacts.example.com", "scheme, host and port of servers"),
        ("MLFLOW_ARTIFACT_ORIGINS", "https://artifacts.example.com/path", "scheme, host and port of servers"),
        ("ALLOWED_MODELS", "reviews", "each namespace (or *) once"),
        ("ALLOWED_MODELS", "team-a=", "each namespace (or *) once"),
        ("ALLOWED_MODELS", "team-a=x,team-b=y", "each namespace (or *) once"),
        ("ALLOWED_MODELS", "team-a=x;", "each namespace (or *) once"),
        ("ALLOWED_MODELS", "team-a=x;team-a=y", "each namespace (or *) once"),
        ("ALLOWED_MODELS", "team-*=x", "each namespace (or *) once"),
        ("ALLOWED_MODELS", "Team=x", "each namespace (or *) once"),
        ("ALLOWED_MODELS", "=x", "each namespace (or *) once"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(name: str, text: str, expected: str) -> None:
    sentence = f"{re.escape(f'{name} must be {expected}')}.*{re.escape(f', and is {text!r}.')}"
    with pytest.raises(SettingsError, match=sentence):
        Settings.from_environment({**NEEDED, name: text})


def test_lists_are_read_by_their_separators() -> None:
    settings = Settings.from_environment(
        {
            **NEEDED,
            "ALLOWED_SERVICE_TYPES": "ClusterIP, NodePort",
            "ALLOWED_SERVICE_ANNOTATIONS": "service.beta.kubernetes.io/,example.com/x",
            "ALLOWED_MODELS": "team-a=reviews, sentiment-*; *=shared",
        }
    )
    assert settings.allowed_service_types == ("ClusterIP", "NodePort")
    assert settings.allowed_service_annotations == ("service.beta.kubernetes.io/", "example.com/x")
    assert settings.allowed_models == {"team-a": ("reviews", "sentiment-*"), "*": ("shared",)}


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_list_allows_everything(text: str) -> None:
    lists = dict.fromkeys(("ALLOWED_SERVICE_TYPES", "ALLOWED_SERVICE_ANNOTATIONS", "ALLOWED_MODELS"), text)
    assert Settings.from_environment({**NEEDED, **lists}) == Settings.from_environment(NEEDED)


def test_every_setting_is_documented_and_no_other() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operator.md").read_text()
    table = page.partition("## Settings")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    documented = set(re.findall(r"`([A-Z_]+)`", "".join(cells)))
    assert documented - MLFLOWS_OWN == {name.upper() for name in Settings.__struct_fields__}


def test_an_empty_namespace_means_all() -> None:
    assert "--all-namespaces" in arguments("")
    assert arguments("shop")[-4:-2] == ["--namespace", "shop"]


def test_pods_may_log_in_at_the_tracking_server_and_at_the_servers_that_are_named() -> None:
    given = {"MLFLOW_TRACKING_URI": "https://mlflow.example.com:8443/base", "SERVING_IMAGE": "serving:1"}
    assert Settings.from_environment(given).credential_origins == ("https://mlflow.example.com:8443",)
    more = given | {"MLFLOW_ARTIFACT_ORIGINS": "https://a.example.com:5500, http://mlflow:5000"}
    assert Settings.from_environment(more).credential_origins == (
        "https://mlflow.example.com:8443",
        "https://a.example.com:5500",
        "http://mlflow:5000",
    )
