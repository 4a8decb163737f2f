"""docs/reference.md names every field of a SentimentModel, docs/troubleshooting.md every reason."""

import pytest
import yaml

from docs import reference
from docs.reference import ROOT
from sentiment_operator.api.errors import RegistryError
from sentiment_serving import termination
from sentiment_serving.verifying import verdict

TROUBLESHOOTING = (ROOT / "docs" / "troubleshooting.md").read_text()
STATES = yaml.safe_load((ROOT / "tests" / "data" / "operator" / "states.yaml").read_text())


def test_the_reference_is_that_of_the_resource_definition() -> None:
    assert reference.page() == reference.PAGE.read_text(), "run `make reference`"


def test_every_field_of_the_spec_is_in_the_reference() -> None:
    for field in ("spec.model.alias", "spec.rollout.verification.maxDisagreement", "status.rejected[].reason"):
        assert f"`{field}`" in reference.PAGE.read_text()


def reasons_of_conditions() -> set[str]:
    """The reasons that the table of states shows, whatever the condition."""
    return {
        finding.partition("/")[2]
        for state in STATES
        for finding in state["then"].values()
        if isinstance(finding, str) and "/" in finding and finding.partition("/")[2].isalpha()
    }


def reasons_of_the_registry() -> set[str]:
    return {error.reason for error in RegistryError.__subclasses__()}


def reasons_of_pods() -> set[str]:
    return {reason.value for module in (termination, verdict) for reason in module.Reason}


@pytest.mark.parametrize("reason", sorted(reasons_of_conditions() | reasons_of_the_registry() | reasons_of_pods()))
def test_every_reason_has_a_place_in_troubleshooting(reason: str) -> None:
    assert f"`{reason}`" in TROUBLESHOOTING
