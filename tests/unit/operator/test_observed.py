"""Of several templates with one key, the one that was meant is found."""

from sentiment_operator.observed import Observation, Template


def template(key: str, image: str) -> Template:
    return Template(key=key, version="1", digest="", source_uri="", image=image, body={})


SEEN = Observation(templates=(template("a", "old"), template("a", "new"), template("b", "other")))


def test_the_image_decides_between_templates_of_one_key() -> None:
    found = SEEN.template("a", image="new")
    assert found is not None
    assert found.image == "new"


def test_without_that_image_the_first_template_is_taken() -> None:
    found = SEEN.template("a", image="unheard of")
    assert found is not None
    assert found.image == "old"


def test_an_unknown_key_finds_nothing() -> None:
    assert SEEN.template("c", image="new") is None
