"""The real `serve` and `verify` with a registered model's name in which every character is a special one somewhere."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.serving.process import serving
from tests.integration.serving.verifying import make, verdict_on

pytestmark = pytest.mark.integration

AWKWARD = (
    'Sentiment "Reviews", it\'s 100%25 <b>a+b</b>'.replace("/", "|") + " ?#;=&@\\$$(PORT) {name} français 感情 😀 .."
)
LONG = 125 * "é😀"
INFER = {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["good"]}]}


@pytest.mark.parametrize(
    ("name", "env"), [(AWKWARD, {}), (LONG, {"SENTIMENT_FAST_PATH": "0"})], ids=["short way", "by way of Flask"]
)
def test_a_model_of_any_name_is_served_and_verified(name: str, env: Mapping[str, str], tmp_path: Path) -> None:
    version = make(tmp_path / "version", "14")
    with serving(version.folder, env={**env, "MODEL_NAME": name, "MODEL_VERSION": "14"}) as server:
        connection = server.connect()

        def post(path: str, body: object) -> dict[str, object]:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            found: dict[str, object] = json.loads(response.read())
            assert response.status == 200, found
            return found

        assert post("/predict", {"text": "good"})["model"] == {"name": name, "version": "14", "digest": version.digest}
        assert post(f"/v2/models/{quote(name)}/infer", INFER)["model_name"] == name
        assert post(f"/v2/models/{quote(name)}/versions/14/infer", INFER)["model_name"] == name
        connection.close()
        assert json.loads(server.get(f"/v2/models/{quote(name)}/ready")) == {"name": name, "ready": True}
        families = text_string_to_metric_families(server.get("/metrics"))
        samples = [one for family in families for one in family.samples if one.name == "sentiment_model_info"]
        assert [one.labels["name"] for one in samples] == [name]
        if not env:
            verdict = verdict_on(version, server, tmp_path, MODEL_NAME=name)
            assert (verdict["outcome"], verdict["reason"]) == ("passed", "AllChecksPassed")
