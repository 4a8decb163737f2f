"""The environment, read once: what is given, what stands in for it, what is refused."""

from pathlib import Path

import pytest

from sentiment_serving.identity import ModelIdentity
from sentiment_serving.settings import FetchSettings, ServeSettings, VerifySettings, identity_from_environ, log_level
from sentiment_serving.termination import Reason, Termination
from tests.unit.serving.tiny_model import write_version

DIGEST = "sha256:" + "0" * 64


def test_fetch_reads_its_three_variables() -> None:
    environ = {"MODEL_URI": "s3://mlflow/1/m", "MODEL_DIGEST": DIGEST, "MODEL_DIR": "/model"}
    assert FetchSettings.from_environ(environ) == FetchSettings(
        uri="s3://mlflow/1/m", digest=DIGEST, folder=Path("/model"), allow_http=False
    )


def test_a_digest_without_its_prefix_gets_it() -> None:
    environ = {"MODEL_URI": "s3://b/m", "MODEL_DIGEST": "0" * 64, "MODEL_DIR": "/model"}
    assert FetchSettings.from_environ(environ).digest == DIGEST


@pytest.mark.parametrize("missing", ["MODEL_URI", "MODEL_DIGEST", "MODEL_DIR"])
def test_fetch_names_the_variable_that_is_missing(missing: str) -> None:
    environ = {"MODEL_URI": "s3://b/m", "MODEL_DIGEST": DIGEST, "MODEL_DIR": "/model"}
    del environ[missing]
    with pytest.raises(Termination, match=f"{missing} is not set") as caught:
        FetchSettings.from_environ(environ)
    assert caught.value.reason is Reason.BAD_CONFIGURATION


@pytest.mark.parametrize("digest", ["sha256:12", "md5:" + "0" * 32, "sha256:" + "A" * 64, "sha256:" + "0" * 65])
def test_a_digest_of_another_form_is_refused(digest: str) -> None:
    environ = {"MODEL_URI": "s3://b/m", "MODEL_DIGEST": digest, "MODEL_DIR": "/model"}
    with pytest.raises(Termination, match="64 lower-case hex digits"):
        FetchSettings.from_environ(environ)


def test_serve_has_a_default_for_everything() -> None:
    settings = ServeSettings.from_environ({})
    assert settings.port == 5000
    assert settings.host in ("::", "0.0.0.0")  # noqa: S104
    assert settings.drain_seconds < settings.shutdown_seconds <= 20


def test_the_short_way_is_left_out_on_demand() -> None:
    assert ServeSettings.from_environ({}).fast_path
    assert not ServeSettings.from_environ({"SENTIMENT_FAST_PATH": "0"}).fast_path


def test_limits_come_from_the_environment() -> None:
    environ = {"THREADS": "1", "MAX_WAITING": "2", "MAX_SENDING": "3", "MAX_TEXTS": "4"}
    limits = ServeSettings.from_environ(environ).limits
    assert (limits.working, limits.waiting, limits.sending, limits.texts) == (1, 2, 3, 4)


def test_arguments_win_over_the_environment() -> None:
    settings = ServeSettings.from_environ({"PORT": "1", "HOST": "::1"}, host="127.0.0.1", port=2)
    assert (settings.host, settings.port) == ("127.0.0.1", 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "tcp://10.0.0.1:5000"),
        ("THREADS", "-1"),
        ("MAX_TEXTS", "many"),
        ("MAX_BODY_BYTES", "9" * 30),
        ("MAX_TEXT_CHARS", "٣"),
        ("DRAIN_SECONDS", "-1"),
        ("DRAIN_SECONDS", "nan"),
        ("DRAIN_SECONDS", "21"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(Termination, match=name) as caught:
        ServeSettings.from_environ({name: value})
    assert caught.value.reason is Reason.BAD_CONFIGURATION


def test_the_identity_comes_from_the_environment() -> None:
    environ = {"MODEL_NAME": "reviews", "MODEL_VERSION": "14", "MODEL_DIGEST": "0" * 64}
    identity = identity_from_environ(environ, Path("/model/model.safetensors"))
    assert identity == ModelIdentity(name="reviews", version="14", digest=DIGEST)


def test_a_file_beside_its_manifest_has_that_digest(tmp_path: Path) -> None:
    digest = write_version(tmp_path)
    identity = identity_from_environ({}, tmp_path / "model.safetensors")
    assert identity == ModelIdentity(name="local", version="local", digest=digest)


def test_a_file_alone_has_none(tmp_path: Path) -> None:
    assert identity_from_environ({}, tmp_path / "model.safetensors").digest == ""


@pytest.mark.parametrize("version", ["1\nSet-Cookie: a=b", "1 2", "ü", "1" * 201])
def test_a_version_that_cannot_be_a_header_is_refused(version: str) -> None:
    with pytest.raises(Termination, match="MODEL_VERSION"):
        identity_from_environ({"MODEL_VERSION": version}, Path("model.safetensors"))


def test_log_levels() -> None:
    assert log_level({}) == "INFO"
    assert log_level({"LOG_LEVEL": "debug"}) == "DEBUG"
    with pytest.raises(Termination, match="LOG_LEVEL"):
        log_level({"LOG_LEVEL": "loud"})


VERIFY = {"MODEL_DIR": "/model", "MODEL_NAME": "reviews", "MODEL_VERSION": "14", "MODEL_DIGEST": DIGEST}


def test_verify_needs_a_candidate_and_has_a_default_for_the_rest() -> None:
    settings = VerifySettings.from_environ(VERIFY)
    assert settings.model == ModelIdentity(name="reviews", version="14", digest=DIGEST)
    assert settings.candidate_url == "http://127.0.0.1:5000"
    assert settings.parity
    assert settings.serving_url is None
    assert settings.min_accuracy is None
    assert (settings.max_disagreement, settings.soak_seconds) == (0.2, 10.0)


@pytest.mark.parametrize("missing", VERIFY)
def test_verify_names_the_variable_that_is_missing(missing: str) -> None:
    with pytest.raises(Termination, match=f"{missing} is not set") as caught:
        VerifySettings.from_environ({**VERIFY, missing: ""})
    assert caught.value.reason is Reason.BAD_CONFIGURATION


def test_what_serves_is_known_by_its_digest() -> None:
    url = {"SERVING_URL": "http://reviews.default.svc:80"}
    with pytest.raises(Termination, match="SERVING_DIGEST is not set"):
        VerifySettings.from_environ(VERIFY | url)
    settings = VerifySettings.from_environ(VERIFY | url | {"SERVING_DIGEST": "0" * 64})
    assert settings.serving_digest == DIGEST


def test_verify_takes_its_limits_as_they_stand_in_a_resource() -> None:
    limits = {"PARITY": "false", "MAX_DISAGREEMENT": "0.015", "MIN_ACCURACY": "0.90", "SOAK_SECONDS": "3600"}
    settings = VerifySettings.from_environ(VERIFY | limits)
    assert not settings.parity
    assert (settings.max_disagreement, settings.min_accuracy, settings.soak_seconds) == (0.015, 0.9, 3600.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARITY", "yes"),
        ("MAX_DISAGREEMENT", "20"),
        ("MAX_DISAGREEMENT", "-0.1"),
        ("MAX_DISAGREEMENT", "nan"),
        ("MIN_ACCURACY", "1.1"),
        ("MIN_ACCURACY", "90 %"),
        ("SOAK_SECONDS", "long"),
        ("CANDIDATE_URL", "127.0.0.1:5000"),
        ("CANDIDATE_URL", "https://127.0.0.1:5000"),
        ("CANDIDATE_URL", "http://127.0.0.1:70000"),
        ("SERVING_URL", "http:///predict"),
        ("SERVING_URL", "http://reviews/predict"),
        ("MODEL_DIGEST", "sha256:12"),
        ("MODEL_VERSION", "1 4"),
    ],
)
def test_verify_refuses_a_value_that_makes_no_sense_by_name(name: str, value: str) -> None:
    with pytest.raises(Termination, match=name) as caught:
        VerifySettings.from_environ({**VERIFY, name: value})
    assert caught.value.reason is Reason.BAD_CONFIGURATION
