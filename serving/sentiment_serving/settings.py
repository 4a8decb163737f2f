"""Settings from the environment, checked once at the start. An invalid one ends the process with BadConfiguration."""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sentiment_model.manifest import MANIFEST, MODEL, digest_of
from sentiment_model.registered_name import why_refused
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.limits import Limits
from sentiment_serving.termination import Reason, Termination

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PRINTABLE = re.compile(r"[\x21-\x7e]{1,200}")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, kw_only=True)
class FetchSettings:
    """Which model to fetch, and the folder to put it into."""

    uri: str
    """MODEL_URI: the root of the version's artifacts."""
    digest: str
    """MODEL_DIGEST: `sha256:` and 64 hex digits."""
    folder: Path
    """MODEL_DIR"""
    allow_http: bool = False
    """FETCH_ALLOW_HTTP=1: allow MODEL_URI to be http://. The files are still checked against the digest, but anyone on
    the network path can read the model."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], *, folder: Path | None = None) -> "FetchSettings":
        """Read the environment; `folder` replaces MODEL_DIR.

        Raises:
            Termination: BadConfiguration; the message states what to set.
        """
        uri = _required(environ, "MODEL_URI", "the root of the version's artifacts, such as s3://bucket/path")
        digest = _required(environ, "MODEL_DIGEST", "the version's tag sentiment.digest")
        return cls(
            uri=uri,
            digest=_digest(digest),
            folder=folder or Path(_required(environ, "MODEL_DIR", "the folder to put the model into")),
            allow_http=environ.get("FETCH_ALLOW_HTTP") == "1",
        )


@dataclass(frozen=True, kw_only=True)
class ServeSettings:
    """How to serve: everything but the model."""

    host: str
    """HOST: the address to listen at; by default all, including IPv6 if the machine has it."""
    port: int = 5000
    """PORT"""
    connections: int = 1024
    """MAX_CONNECTIONS: open connections, including idle ones. Further ones wait to be accepted, even a probe's."""
    limits: Limits
    """MAX_BODY_BYTES, MAX_TEXTS, MAX_TEXT_CHARS; THREADS, MAX_WAITING, MAX_SENDING, BODY_TIMEOUT_SECONDS"""
    fast_path: bool = True
    """SENTIMENT_FAST_PATH=0: route every request through Flask."""
    drain_seconds: float = 5.0
    """DRAIN_SECONDS: how long the server still accepts requests after SIGTERM; each response closes its connection.
    This is long enough for every busy client to send one more request and see its connection closed."""
    shutdown_seconds: float = 20.0
    """SHUTDOWN_SECONDS: how long after SIGTERM the process ends at the latest. Together with the preStop pause of
    5 seconds this stays below the pod's grace period of 30."""

    @classmethod
    def from_environ(
        cls, environ: Mapping[str, str], *, host: str | None = None, port: int | None = None
    ) -> "ServeSettings":
        """Read the environment; the arguments take precedence over HOST and PORT.

        Raises:
            Termination: BadConfiguration; the message states what to set.
        """
        limits = Limits(
            body_bytes=_whole(environ, "MAX_BODY_BYTES", Limits.body_bytes, maximum=1 << 30),
            texts=_whole(environ, "MAX_TEXTS", Limits.texts, maximum=1_000_000),
            text_chars=_whole(environ, "MAX_TEXT_CHARS", Limits.text_chars, maximum=1 << 30),
            working=_whole(environ, "THREADS", Limits.working, maximum=256),
            waiting=_whole(environ, "MAX_WAITING", Limits.waiting, maximum=1024),
            sending=_whole(environ, "MAX_SENDING", Limits.sending, maximum=1024),
            body_seconds=_whole(environ, "BODY_TIMEOUT_SECONDS", int(Limits.body_seconds), maximum=3600),
        )
        drain = _seconds(environ, "DRAIN_SECONDS", cls.drain_seconds)
        shutdown = _seconds(environ, "SHUTDOWN_SECONDS", cls.shutdown_seconds)
        if drain > shutdown:
            raise _bad(f"DRAIN_SECONDS ({drain:g}) must not be more than SHUTDOWN_SECONDS ({shutdown:g}).")
        return cls(
            host=host or environ.get("HOST") or ("::" if socket.has_dualstack_ipv6() else "0.0.0.0"),  # noqa: S104
            port=port if port is not None else _whole(environ, "PORT", cls.port, maximum=65535),
            connections=_whole(environ, "MAX_CONNECTIONS", cls.connections, maximum=65535),
            limits=limits,
            fast_path=environ.get("SENTIMENT_FAST_PATH") != "0",
            drain_seconds=drain,
            shutdown_seconds=shutdown,
        )


@dataclass(frozen=True, kw_only=True)
class VerifySettings:
    """Which candidate to verify, and with which checks."""

    model: ModelIdentity
    """MODEL_NAME, MODEL_VERSION, MODEL_DIGEST: the identity that the candidate must report."""
    folder: Path
    """MODEL_DIR: the version's files, including the golden rows."""
    candidate_url: str = "http://127.0.0.1:5000"
    """CANDIDATE_URL"""
    parity: bool = True
    """PARITY"""
    serving_url: str | None = None
    """SERVING_URL: the Service of the serving version; None if there is no version to compare with."""
    serving_digest: str = ""
    """SERVING_DIGEST: only answers that carry it count."""
    disagreement_skipped: str = "nothing to compare with was named"
    """DISAGREEMENT_SKIPPED: why there is no SERVING_URL."""
    max_disagreement: float = 0.2
    """MAX_DISAGREEMENT: the largest share of golden texts whose label may differ from the serving version's."""
    min_accuracy: float | None = None
    """MIN_ACCURACY: the accuracy that must be reached with confidence; None if quality is not checked."""
    quality_folder: Path = Path("/quality")
    """QUALITY_DIR: where the ConfigMap with the quality set is mounted."""
    soak_seconds: float = 10.0
    """SOAK_SECONDS: how long the candidate must keep answering after the other checks; 0: no soak."""
    ready_seconds: float = 4200.0
    """READY_SECONDS: how long to wait until the candidate is first ready. Longer than any startupDeadlineSeconds,
    which the operator enforces."""
    verify_seconds: float = 300.0
    """VERIFY_SECONDS: how long all checks but the soak may take after the first readiness, including restarts."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "VerifySettings":
        """Read the environment.

        Raises:
            Termination: BadConfiguration; the message states what to set.
        """
        model = ModelIdentity(
            name=_model_name(_required(environ, "MODEL_NAME", "the registered model's name")),
            version=_version(_required(environ, "MODEL_VERSION", "the version's number")),
            digest=_digest(_required(environ, "MODEL_DIGEST", "the version's tag sentiment.digest")),
        )
        serving_url = _http_url(environ, "SERVING_URL")
        serving_digest = ""
        if serving_url is not None:
            digest = _required(environ, "SERVING_DIGEST", "the digest of the version that serves")
            serving_digest = _digest(digest, "SERVING_DIGEST")
        return cls(
            model=model,
            folder=Path(_required(environ, "MODEL_DIR", "the folder with the version's files")),
            candidate_url=_http_url(environ, "CANDIDATE_URL") or cls.candidate_url,
            parity=_flag(environ, "PARITY", default=cls.parity),
            serving_url=serving_url,
            serving_digest=serving_digest,
            disagreement_skipped=environ.get("DISAGREEMENT_SKIPPED") or cls.disagreement_skipped,
            max_disagreement=_share(environ, "MAX_DISAGREEMENT", cls.max_disagreement),
            min_accuracy=_share(environ, "MIN_ACCURACY", 0.0) if environ.get("MIN_ACCURACY") else None,
            quality_folder=Path(environ.get("QUALITY_DIR") or cls.quality_folder),
            soak_seconds=_seconds(environ, "SOAK_SECONDS", cls.soak_seconds),
            ready_seconds=_seconds(environ, "READY_SECONDS", cls.ready_seconds),
            verify_seconds=_seconds(environ, "VERIFY_SECONDS", cls.verify_seconds),
        )


def identity_from_environ(environ: Mapping[str, str], model: Path) -> ModelIdentity:
    """MODEL_NAME, MODEL_VERSION and MODEL_DIGEST; a local file without them gets `local` and the
    digest of the manifest beside it.

    Raises:
        Termination: BadConfiguration, when no model can have the name, or the version cannot be a header's value.
    """
    digest = environ.get("MODEL_DIGEST", "")
    manifest = model.parent / MANIFEST
    if not digest and model.name == MODEL and manifest.is_file():
        digest = digest_of(manifest.read_bytes())
    return ModelIdentity(
        name=_model_name(environ.get("MODEL_NAME") or "local"),
        version=_version(environ.get("MODEL_VERSION") or "local"),
        digest=_digest(digest) if digest else "",
    )


def log_level(environ: Mapping[str, str]) -> str:
    """LOG_LEVEL, INFO when it is not set.

    Raises:
        Termination: BadConfiguration.
    """
    level = (environ.get("LOG_LEVEL") or "INFO").upper()
    if level not in _LEVELS:
        raise _bad(f"LOG_LEVEL must be one of {', '.join(_LEVELS)}, and is {level[:20]!a}.")
    return level


def _required(environ: Mapping[str, str], name: str, what: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise _bad(f"{name} is not set. Set it to {what}.")
    return value


def _digest(text: str, name: str = "MODEL_DIGEST") -> str:
    text = text if text.startswith("sha256:") else f"sha256:{text}"
    if not _DIGEST.fullmatch(text):
        raise _bad(
            f"{name} must be sha256: followed by 64 lower-case hex digits, and is {text[:80]!a}. "
            "Set it to the version's tag sentiment.digest."
        )
    return text


def _model_name(name: str) -> str:
    if refused := why_refused(name):
        raise _bad(f"MODEL_NAME {refused}. Set it to the name of the registered model in MLflow.")
    return name


def _version(version: str) -> str:
    if not _PRINTABLE.fullmatch(version):
        raise _bad("MODEL_VERSION must be 1 to 200 printable ASCII characters without spaces, as in the registry.")
    return version


def _whole(environ: Mapping[str, str], name: str, default: int, *, maximum: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or len(text) > 12 or not 1 <= int(text) <= maximum:
        raise _bad(f"{name} must be a whole number from 1 to {maximum}, and is {text[:20]!a}.")
    return int(text)


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name) or str(default)
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", text, re.ASCII):
        raise _bad(f"{name} must be a number of seconds such as 5 or 0.5, and is {text[:20]!a}.")
    return float(text)


def _share(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name) or str(default)
    if not re.fullmatch(r"0(\.\d{1,6})?|1(\.0{1,6})?", text, re.ASCII):
        raise _bad(f"{name} must be a share from 0 to 1 such as 0.2, and is {text[:20]!a}.")
    return float(text)


def _flag(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    match environ.get(name) or None:
        case None:
            return default
        case "true":
            return True
        case "false":
            return False
        case text:
            raise _bad(f"{name} must be true or false, and is {text[:20]!a}.")


def _http_url(environ: Mapping[str, str], name: str) -> str | None:
    text = environ.get(name)
    if not text:
        return None
    try:
        parts = urlsplit(text)
        usable = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0 and parts.path in ("", "/")
    except ValueError:
        usable = False
    if not usable:
        raise _bad(f"{name} must be a URL such as http://127.0.0.1:5000, and is {text[:100]!a}.")
    return text


def _bad(message: str) -> Termination:
    return Termination(Reason.BAD_CONFIGURATION, message)
