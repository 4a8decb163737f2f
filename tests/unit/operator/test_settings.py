"""The operator's settings."""

import pytest

from sentiment_operator.__main__ import arguments
from sentiment_operator.settings import Settings, SettingsError

NEEDED = {"MLFLOW_TRACKING_URI": "http://mlflow", "SERVING_IMAGE": "serving:1"}


def test_two_settings_are_needed_and_the_rest_has_defaults() -> None:
    settings = Settings.from_environment(NEEDED)
    assert settings == Settings(mlflow_tracking_uri="http://mlflow", serving_image="serving:1")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match="MLFLOW_TRACKING_URI and SERVING_IMAGE must be set"):
        Settings.from_environment({"SERVING_IMAGE": "  "})


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
    ],
)
def test_what_cannot_be_read_is_refused_by_name(name: str, text: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be {expected}, and is '{text}'"):
        Settings.from_environment({**NEEDED, name: text})


def test_an_empty_namespace_means_all() -> None:
    assert "--all-namespaces" in arguments("")
    assert arguments("shop")[-4:-2] == ["--namespace", "shop"]
