"""Ready only after a real prediction, never again once the end has begun."""

import dataclasses
import math

import pytest

from sentiment_model import Prediction, Scorer
from sentiment_serving.http.lifecycle import Lifecycle
from sentiment_serving.termination import Reason, Termination
from tests.unit.serving.tiny_model import tiny_model, tiny_scorer


class Broken(Scorer):
    """Loads, but does not predict."""

    def predict(self, text: str) -> Prediction:
        raise MemoryError(text)


class Lopsided(Scorer):
    """Predicts what is no distribution."""

    def predict(self, text: str) -> Prediction:
        return dataclasses.replace(super().predict(text), probabilities=(math.nan, 1.0))


def test_not_ready_before_the_first_prediction() -> None:
    lifecycle = Lifecycle()
    assert not lifecycle.ready
    assert "starting" in lifecycle.description
    lifecycle.prove(tiny_scorer())
    assert lifecycle.ready


@pytest.mark.parametrize("scorer", [Broken(tiny_model()), Lopsided(tiny_model())])
def test_a_model_that_does_not_predict_is_load_failed(scorer: Scorer) -> None:
    lifecycle = Lifecycle()
    with pytest.raises(Termination) as caught:
        lifecycle.prove(scorer)
    assert caught.value.reason is Reason.LOAD_FAILED
    assert not lifecycle.ready


def test_draining_is_not_ready_and_final() -> None:
    lifecycle = Lifecycle()
    lifecycle.prove(tiny_scorer())
    lifecycle.drain()
    lifecycle.prove(tiny_scorer())
    assert lifecycle.draining
    assert not lifecycle.ready
