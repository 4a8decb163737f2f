"""Which answers of the registry are still needed."""

from sentiment_operator.api.names import Key
from sentiment_operator.api.resource import Reference
from sentiment_operator.registry.references import References

ONE, OTHER = Key("shop", "reviews"), Key("shop", "comments")
FOURTEEN, FIFTEEN = (Reference(name="sentiment-reviews", version=number, alias="") for number in ("14", "15"))


def test_a_reference_is_forgotten_with_the_last_resource_that_asks_about_it() -> None:
    forgotten: list[Reference] = []
    references = References(forgotten.append)
    for key in (ONE, OTHER, ONE):
        references.use(key, FOURTEEN)
    references.drop(ONE)
    assert forgotten == []
    references.use(OTHER, FIFTEEN)
    assert forgotten == [FOURTEEN]
    references.drop(OTHER)
    references.drop(OTHER)
    assert forgotten == [FOURTEEN, FIFTEEN]
