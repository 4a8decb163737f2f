"""The real server: its process, its HTTP, and the ways it refuses to start."""

import http.client
import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentiment_model.manifest import MODEL
from sentiment_serving.termination import FORMAT, Reason, Termination
from testbed.servers import free_port
from testbed.waiting import eventually
from tests.integration.serving.process import Server, environment, run, serving
from tests.unit.serving.tiny_model import write_version

pytestmark = pytest.mark.integration

HEADERS = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model."""
    folder = tmp_path_factory.mktemp("model")
    write_version(folder)
    return folder


@pytest.fixture(scope="module")
def server(model_dir: Path) -> Iterator[Server]:
    """A server that all tests here share."""
    with serving(model_dir, "14", env={"MAX_BODY_BYTES": "100000", "THREADS": "4"}) as server:
        yield server


def ask(server: Server, body: object, headers: dict[str, str] = HEADERS) -> http.client.HTTPResponse:
    connection = server.connect()
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("POST", "/predict", data, headers | {"Connection": "close"})
    return connection.getresponse()


def test_predictions_over_the_wire(server: Server) -> None:
    with ask(server, {"texts": ["A great story.", "not good 👎"]}) as response:
        assert response.status == 200
        assert response.headers["X-Model-Version"] == "14"
        document = json.load(response)
    assert [one["label"] for one in document["predictions"]] == ["positive", "negative"]


def test_a_connection_is_kept_until_draining(server: Server) -> None:
    connection = server.connect()
    connection.connect()
    first = connection.sock
    for _ in range(20):
        connection.request("POST", "/predict", b'{"text": "good"}', HEADERS)
        with connection.getresponse() as response:
            assert response.status == 200
            response.read()
    assert connection.sock is first
    connection.close()


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_over_the_limit_is_refused_and_the_client_can_read_it(server: Server, chunked: bool) -> None:
    connection = server.connect()
    pieces = (b"x" * 10_000 for _ in range(300))
    body = pieces if chunked else b"".join(pieces)
    connection.request("POST", "/predict", body, HEADERS, encode_chunked=chunked)
    with connection.getresponse() as response:
        assert response.status == 413
        assert "100000 bytes" in json.load(response)["detail"]
    connection.close()


def test_a_chunked_body_is_a_body(server: Server) -> None:
    connection = server.connect()
    connection.request("POST", "/predict", iter([b'{"text": ', b'"good"}']), HEADERS, encode_chunked=True)
    with connection.getresponse() as response:
        assert json.load(response)["label"] == "positive"
    connection.close()


def test_a_client_that_disconnects_midway_does_not_disturb_others(server: Server) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    with ask(server, {"text": "good"}) as response:
        assert response.status == 200


def test_slow_clients_fewer_than_the_threads_hold_no_probe(server: Server) -> None:
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
    try:
        for client in slow:
            client.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert [server.status("/livez") for _ in range(20)] == [200] * 20
    finally:
        for client in slow:
            client.close()


def test_the_server_is_one_process(server: Server) -> None:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    assert children.split() == []


def test_metrics_are_those_of_the_process(server: Server) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as response:
        text = response.read().decode()
    assert "sentiment_model_info{" in text
    assert "process_resident_memory_bytes" in text


def test_a_file_is_served_without_any_environment(model_dir: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "sentiment_serving", "serve", "--port", str(port), "--host", "127.0.0.1"]
    with subprocess.Popen([*command, "--model", str(model_dir / MODEL)], env=environment()) as process:
        server = Server(process, port)  # type: ignore[arg-type]
        eventually(lambda: server.status("/readyz") == 200, "readiness")
        with ask(server, {"text": "good"}) as response:
            assert json.load(response)["model"]["version"] == "local"
        process.terminate()
        assert process.wait(30) == 0


def test_neither_text_nor_path_is_ever_logged(model_dir: Path, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log, serving(model_dir, env={"LOG_LEVEL": "DEBUG"}, stderr=log) as server:
        for body in (b'{"text": "zebra"}', b'{"text": "zebra', b'{"zebra": 1}', b"\xff zebra"):
            ask(server, body).close()
        assert server.status("/zebra?zebra=zebra") == 404
        for raw in (b"ZEBRA zebra\r\n\r\n", b"POST /predict HTTP/1.1\r\nzebra zebra\r\n\r\n", b"\x00zebra\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.sendall(raw)
                client.recv(1000)
        server.terminate()
        assert server.wait() == 0
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) > 5
    assert not [line for line in lines if "zebra" in line.lower()]
    assert all(isinstance(json.loads(line), dict) for line in lines)


def test_the_log_names_the_implementation_that_scores(model_dir: Path, tmp_path: Path) -> None:
    env = {"SENTIMENT_NATIVE": "0", "LOG_LEVEL": "INFO"}
    with (tmp_path / "log").open("w") as log, serving(model_dir, env=env, stderr=log) as server:
        server.terminate()
        assert server.wait() == 0
    messages = [json.loads(line)["message"] for line in (tmp_path / "log").read_text().splitlines()]
    assert any(message.endswith("scoring in python") for message in messages)


def refused(tmp_path: Path, reason: Reason, *arguments: str, **env: str) -> str:
    """Start a server that must not come up; returns its message."""
    ended = run("serve", tmp_path / "termination", environment(PORT=str(free_port()), **env), *arguments)
    assert ended.termination is not None
    assert ended.termination["format"] == FORMAT
    assert ended.termination["reason"] == reason.value
    assert ended.code == Termination(reason, "").exit_code
    assert ended.log[-1]["message"] == ended.termination["message"]
    assert not [line for line in ended.log if "listening" in line["message"]]
    return ended.termination["message"]


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / MODEL).write_text("words, words, words")
    assert MODEL in refused(tmp_path, Reason.UNSUPPORTED_FORMAT, MODEL_DIR=str(tmp_path))


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    write_version(tmp_path)
    (tmp_path / MODEL).write_bytes((tmp_path / MODEL).read_bytes()[:-8])
    assert "damaged" in refused(tmp_path, Reason.LOAD_FAILED, MODEL_DIR=str(tmp_path))


def test_no_model_at_all_is_refused(tmp_path: Path) -> None:
    assert "MODEL_DIR" in refused(tmp_path, Reason.BAD_CONFIGURATION)
    assert MODEL in refused(tmp_path, Reason.BAD_CONFIGURATION, MODEL_DIR=str(tmp_path))


def test_a_setting_out_of_range_is_refused(model_dir: Path, tmp_path: Path) -> None:
    assert "MAX_TEXTS" in refused(tmp_path, Reason.BAD_CONFIGURATION, MODEL_DIR=str(model_dir), MAX_TEXTS="many")


def test_a_port_that_is_taken_is_refused(model_dir: Path, tmp_path: Path, server: Server) -> None:
    message = refused(tmp_path, Reason.BAD_CONFIGURATION, "--model", str(model_dir / MODEL), "--port", str(server.port))
    assert str(server.port) in message
