"""Candidates that `verify` cannot check as usual, and their verdicts.

| the candidate | verdict |
|---|---|
| has no usable golden rows | UnsupportedFormat |
| restarts during the checks | that of the new process |
| never starts, or ends and does not restart | CandidateSilent |
| fails to predict | LoadFailed |
| is another model, or no prediction server | AnotherModelAnswered, AnswerNotUnderstood |
"""

import json
import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from sentiment_model.manifest import GOLDEN, MANIFEST
from testbed.servers import free_port
from testbed.waiting import eventually
from tests.integration.serving.process import Server
from tests.integration.serving.verifying import Verifying, Version, check_of, make, run, settings, verdict_on
from tests.integration.serving.web import Answer, WebServer, respond

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("golden", ["", "words\n", '{"id": "1", "text": "a", "label": "b"}\n', "null\n"])
def test_golden_rows_that_cannot_be_read_are_a_verdict(golden: str, tmp_path: Path) -> None:
    version = make(tmp_path / "version", "15", golden=golden)
    verdict = Verifying(version, f"http://127.0.0.1:{free_port()}", tmp_path).verdict()
    assert (verdict["outcome"], verdict["reason"]) == ("failed", "UnsupportedFormat")
    assert GOLDEN in verdict["message"]


def test_files_of_another_version_are_a_fault(good: Version, candidate: Server, tmp_path: Path) -> None:
    verdict = verdict_on(good, candidate, tmp_path, MODEL_DIGEST="sha256:" + "0" * 64)
    assert (verdict["outcome"], verdict["reason"]) == ("fault", "BadConfiguration")
    without = make(tmp_path / "version", "15")
    (without.folder / MANIFEST).unlink()
    assert verdict_on(without, candidate, tmp_path)["reason"] == "BadConfiguration"


def test_another_model_at_the_candidates_address_is_a_fault(good: Version, candidate: Server, tmp_path: Path) -> None:
    verdict = verdict_on(good, candidate, tmp_path, MODEL_VERSION="15")
    assert (verdict["outcome"], verdict["reason"]) == ("fault", "AnotherModelAnswered")


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (respond(500, b"{}"), "failed", "LoadFailed"),
        (respond(200, b"zebra"), "fault", "AnswerNotUnderstood"),
        (respond(413, b"{}"), "fault", "BadConfiguration"),
    ],
)
def test_failures_to_predict_are_classified(
    answer: Answer, outcome: str, reason: str, good: Version, tmp_path: Path
) -> None:
    def ready(handler: BaseHTTPRequestHandler) -> None:
        respond(200)(handler) if handler.path == "/readyz" else answer(handler)

    with WebServer(ready) as web:
        verdict = Verifying(good, web.url, tmp_path).verdict()
    assert (verdict["outcome"], verdict["reason"]) == (outcome, reason)
    assert "zebra" not in json.dumps(verdict)


def test_a_setting_that_makes_no_sense_is_a_fault(good: Version, candidate: Server, tmp_path: Path) -> None:
    verdict = verdict_on(good, candidate, tmp_path, MAX_DISAGREEMENT="20 %")
    assert (verdict["outcome"], verdict["reason"]) == ("fault", "BadConfiguration")
    assert "MAX_DISAGREEMENT" in verdict["message"]


def test_a_candidate_that_restarts_during_the_soak_is_verified_again(good: Version, tmp_path: Path) -> None:
    port = free_port()
    with run(good, port) as server:
        verifying = Verifying(good, server.url, tmp_path, SOAK_SECONDS="3", LOG_LEVEL="DEBUG")
        eventually(lambda: verifying.logged("soaking"), "the soak")
        server.terminate(signal.SIGKILL)
        server.wait()
        eventually(lambda: verifying.logged("starting the checks again"), "the notice")
    with run(good, port):
        verdict = verifying.verdict()
    assert verdict["reason"] == "AllChecksPassed"
    assert "stopped answering once" in check_of(verdict, "soak")["detail"]


def test_a_candidate_that_drains_has_stopped_answering(good: Version, tmp_path: Path) -> None:
    with run(good) as server:
        verifying = Verifying(good, server.url, tmp_path, SOAK_SECONDS="3", VERIFY_SECONDS="3", LOG_LEVEL="DEBUG")
        eventually(lambda: verifying.logged("soaking"), "the soak")
        server.terminate()
        verdict = verifying.verdict()
    assert (verdict["outcome"], verdict["reason"]) == ("fault", "CandidateSilent")
    assert "stopped answering" in verdict["message"]


def test_a_candidate_that_never_comes_is_a_fault(good: Version, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    verdict = Verifying(good, nowhere, tmp_path, READY_SECONDS="1").verdict()
    assert (verdict["outcome"], verdict["reason"]) == ("fault", "CandidateSilent")
    assert "not ready" in verdict["message"]


def test_a_candidate_that_comes_late_is_waited_for(good: Version, tmp_path: Path) -> None:
    port = free_port()
    verifying = Verifying(good, f"http://127.0.0.1:{port}", tmp_path)
    with run(good, port):
        assert verifying.verdict()["reason"] == "AllChecksPassed"


def test_the_kubelets_signal_ends_it_without_a_verdict(good: Version, tmp_path: Path) -> None:
    verifying = Verifying(good, f"http://127.0.0.1:{free_port()}", tmp_path, LOG_LEVEL="DEBUG")
    eventually(lambda: verifying.logged("waiting"), "its start")
    verifying.process.terminate()
    assert verifying.process.wait(10) == 128 + signal.SIGTERM
    assert not (tmp_path / "termination").exists()


def test_a_place_for_the_verdict_that_cannot_be_written_is_a_failure(
    good: Version, candidate: Server, tmp_path: Path
) -> None:
    env = settings(good, candidate.url, tmp_path / "missing" / "log")
    command = [sys.executable, "-m", "sentiment_serving", "verify"]
    done = subprocess.run(command, env=env, capture_output=True, timeout=60, check=False)
    assert done.returncode not in (0, os.EX_DATAERR)
