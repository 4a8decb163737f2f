"""The environment, read once: what is given, what stands in for it, what is refused."""

from pathlib import Path

import pytest

from sentiment_serving.identity import ModelIdentity
from sentiment_serving.settings import FetchSettings, ServeSettings, identity_from_environ, log_level
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
