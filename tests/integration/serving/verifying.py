"""Versions on disk, their servers, and `verify` at work on them."""

import json
import subprocess
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_model import LinearModel
from sentiment_serving.termination import MAX_BYTES
from sentiment_serving.verifying.verdict import FORMAT
from tests.integration.serving.process import Server, environment, serving
from tests.unit.serving.tiny_model import GOLDEN_TEXTS, write_version


@dataclass
class Version:
    """A registered version on disk."""

    folder: Path
    digest: str
    number: str


def make(folder: Path, number: str, model: LinearModel | None = None, *, golden: str | None = None) -> Version:
    return Version(folder, write_version(folder, model, golden=golden), number)


def run(version: Version, port: int | None = None) -> AbstractContextManager[Server]:
    return serving(version.folder, version.number, env={"MODEL_DIGEST": version.digest}, port=port)


def settings(version: Version, url: str, log: Path, **env: str) -> dict[str, str]:
    return environment(
        MODEL_DIR=str(version.folder),
        MODEL_NAME="reviews",
        MODEL_VERSION=version.number,
        MODEL_DIGEST=version.digest,
        CANDIDATE_URL=url,
        DISAGREEMENT_SKIPPED="nothing serves yet",
        SOAK_SECONDS="0",
        TERMINATION_LOG=str(log),
        **env,
    )


class Verifying:
    """A running `verify`."""

    def __init__(self, version: Version, url: str, folder: Path, **env: str) -> None:
        self._log = folder / "termination"
        self._output, self._errors = folder / "output", folder / "errors"
        command = [sys.executable, "-m", "sentiment_serving", "verify"]
        with self._output.open("w") as output, self._errors.open("w") as errors:
            self.process = subprocess.Popen(
                command, env=settings(version, url, self._log) | env, stdout=output, stderr=errors
            )

    def logged(self, message: str) -> bool:
        """Whether its log has the message."""
        return message in self._errors.read_text()

    def verdict(self) -> dict[str, Any]:
        """What it leaves behind in the end."""
        assert self.process.wait(60) == 0, self._errors.read_text()
        data = self._log.read_bytes()
        assert len(data) <= MAX_BYTES
        assert self._output.read_bytes() == data + b"\n"
        verdict = json.loads(data)
        assert verdict["format"] == FORMAT
        for text in (*GOLDEN_TEXTS, " film."):
            assert text not in data.decode()
            assert text not in self._errors.read_text()
        assert isinstance(verdict, dict)
        return verdict


def verdict_on(version: Version, server: Server, folder: Path, **env: str) -> dict[str, Any]:
    return Verifying(version, server.url, folder, **env).verdict()


def outcomes(verdict: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["outcome"] for check in verdict["checks"]}


def check_of(verdict: dict[str, Any], name: str) -> dict[str, Any]:
    (check,) = [check for check in verdict["checks"] if check["name"] == name]
    assert isinstance(check, dict)
    return check
