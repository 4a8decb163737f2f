"""The operator's tags in MLflow: where a version serves, why it was rejected; nothing waits for MLflow."""

import pytest

from sentiment_pipeline.tracking.runs import connect
from testbed.resource import Resource
from testbed.versions import Registry
from testbed.waiting import eventually

pytestmark = pytest.mark.e2e


def tag(resource: Resource, version: str, kind: str) -> str:
    """The tag of that kind that the resource left on a version; empty if there is none."""
    tags = connect().get_model_version(resource.model, version).tags
    return str(tags.get(f"{kind}.{resource.namespace}.{resource.name}", ""))


def test_a_tag_shows_since_when_a_version_serves(served: Resource) -> None:
    since = served.status()["serving"]["sinceTime"]
    eventually(lambda: tag(served, "1", "deployed") == since, "the tag", seconds=30)


def test_a_tag_shows_why_a_version_was_rejected(served: Resource, registry: Registry) -> None:
    version = registry.publish_unreadable(served.model)
    served.patch_version(version)
    assert served.wait().reason == "Rejected"
    why = served.conditions()["ModelVerified"][1]
    eventually(lambda: tag(served, version, "rejected") == why, "the tag", seconds=30)
    assert tag(served, version, "deployed") == ""
