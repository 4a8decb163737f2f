"""Hostile text in the API server's answers, and in what the adapter sends to it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from kubernetes import client

from sentiment_operator.api.errors import ClusterError
from sentiment_operator.api.names import Key
from sentiment_operator.cluster import KubernetesCluster
from tests.unit.operator.scenes import candidate, model

pytestmark = pytest.mark.integration

FOREIGN = "denied by\x1b[2J\x9b31m\u202e\u2028policy\nReady True" + "x" * 9000
CLEAN = "denied by [2J 31m policy Ready True"
KEY = Key("shop", "reviews")


@contextmanager
def api_server(answers: dict[str, Any]) -> Iterator[tuple[KubernetesCluster, list[dict[str, Any]]]]:
    """The adapter on a server with an answer for each end of a path (404 for others), and the bodies that it got."""
    bodies: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}"))
            path = self.path.partition("?")[0]
            status, body = next((answers[end] for end in answers if path.endswith(end)), (404, {}))
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 - the names are http.server's

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        configuration = client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
        yield KubernetesCluster(client.ApiClient(configuration), 5), bodies
    finally:
        server.shutdown()
        server.server_close()


def test_why_a_job_gets_no_pod_is_one_safe_line() -> None:
    job = candidate(model(), version="14").body
    events = {"items": [{"lastTimestamp": "2026-05-04T12:00:00Z", "message": FOREIGN}]}
    answers = {
        "/jobs/reviews-candidate": (200, job),
        "/pods": (200, {"items": []}),
        "/controllerrevisions": (200, {"items": []}),
        "/events": (200, events),
    }
    with api_server(answers) as (cluster, _):
        found = cluster.observe(KEY).candidate
    assert found is not None
    assert found.creation_failure.startswith(CLEAN)
    assert len(found.creation_failure) <= 2000


@pytest.mark.parametrize("status", [403, 409, 422, 500])
def test_an_error_of_the_server_is_one_safe_line(status: int) -> None:
    refused = (status, {"kind": "Status", "message": FOREIGN})
    with api_server({"/reviews": refused}) as (cluster, _), pytest.raises(ClusterError) as caught:
        cluster.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "reviews", "namespace": "shop"}})
    assert CLEAN in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= 2000


def test_the_message_of_an_event_is_one_safe_line() -> None:
    with api_server({"/events": (201, {})}) as (cluster, bodies):
        cluster.record_event(model(), warning=True, reason="Rejected", message=FOREIGN, time="2026-05-04T12:00:00Z")
    (event,) = bodies
    assert event["message"].startswith(CLEAN)
    assert len(event["message"]) == 1024
