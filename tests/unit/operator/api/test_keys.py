"""Template keys, judged_key and revision names stay what the former release computed.

Running pods, ControllerRevisions and `status.rejected` carry these hashes. If one of them changed, a new operator would
roll out every SentimentModel again, or verify every rejected version again. A failure here is therefore a fault of the
code, never a reason to write tests/data/operator/keys.yaml anew.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from sentiment_operator.api.resource import SentimentModel, target_of

ROOT = Path(__file__).resolve()
while not (ROOT / "pyproject.toml").is_file():
    ROOT = ROOT.parent
RECORDED: dict[str, Any] = yaml.safe_load((ROOT / "tests" / "data" / "operator" / "keys.yaml").read_text())
CRD: dict[str, Any] = yaml.safe_load((ROOT / "crds" / "sentimentmodel.yaml").read_text())

HASHED = ("image", "resources", "podTemplate", "monitoring", "credentials")
"""Fields of the spec that enter a hash as they are, besides `rollout.verification` and `rollout.retryToken`."""

HASHED_DEFAULTS = {
    "monitoring": {},
    "monitoring.scrape": True,
    "rollout.retryToken": "",
    "rollout.verification": {},
    "rollout.verification.maxDisagreement": "0.20",
    "rollout.verification.parity": True,
    "rollout.verification.soakSeconds": 10,
}
"""Every default that the CRD of that release fills into a hashed field."""


@pytest.mark.parametrize("row", RECORDED["specs"], ids=lambda row: row["name"])
def test_keys_are_those_of_the_former_release(row: Mapping[str, Any]) -> None:
    metadata = {"name": "reviews", "namespace": "shop", "uid": "u", "generation": 1, "resourceVersion": "1"}
    model = SentimentModel.parse({"metadata": metadata, "spec": row["spec"]})
    recorded = RECORDED["target"]
    target = target_of(
        model.spec,
        version=recorded["version"],
        digest=recorded["digest"],
        source_uri=recorded["sourceUri"],
        image=model.spec.image or recorded["defaultImage"],
    )
    found = {"key": target.key, "judgedKey": target.judged_key, "revision": target.revision(model.name)}
    assert found == {name: row[name] for name in found}


def test_no_new_default_enters_a_hash() -> None:
    """The API server adds a new default to every stored SentimentModel: all hashes over that field would change."""
    spec = CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    found = {name: value for field in HASHED for name, value in _defaults(spec[field], field)}
    for field in ("verification", "retryToken"):
        found.update(_defaults(spec["rollout"]["properties"][field], f"rollout.{field}"))
    assert found == HASHED_DEFAULTS


def _defaults(schema: Mapping[str, Any], path: str) -> list[tuple[str, Any]]:
    own = [(path, schema["default"])] if "default" in schema else []
    return own + [one for name, sub in schema.get("properties", {}).items() for one in _defaults(sub, f"{path}.{name}")]
