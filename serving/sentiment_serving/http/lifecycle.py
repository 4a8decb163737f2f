"""From the first proof that the model predicts to the last answer."""

import math
from enum import Enum

from sentiment_model import Scorer
from sentiment_serving.termination import Reason, Termination

_PROOF = "A good story, but not well told."


class _State(Enum):
    STARTING = "starting; its model has not made a prediction yet"
    READY = "ready"
    DRAINING = "draining and about to stop"


class Lifecycle:
    """Whether to send requests here. It only goes forward: starting, ready, draining."""

    def __init__(self) -> None:
        self._state = _State.STARTING

    @property
    def ready(self) -> bool:
        """True only after a real prediction succeeded and before the end begins."""
        return self._state is _State.READY

    @property
    def draining(self) -> bool:
        """True once the end has begun: requests are still answered, connections are not kept."""
        return self._state is _State.DRAINING

    @property
    def description(self) -> str:
        """For people who look at /readyz."""
        return self._state.value

    def prove(self, scorer: Scorer) -> None:
        """Make the first prediction; ready afterwards.

        Raises:
            Termination: LoadFailed, when there is no prediction or it is not a distribution over the labels.
        """
        try:
            prediction = scorer.predict(_PROOF)
        except Exception as error:
            raise Termination(
                Reason.LOAD_FAILED,
                f"The model could not make its first prediction: {type(error).__name__}. See the container's log, and "
                "try the file with `python -m sentiment_serving serve --model FILE`.",
            ) from error
        total = math.fsum(prediction.probabilities)
        if prediction.label not in scorer.labels or not math.isclose(total, 1.0, abs_tol=1e-6):
            raise Termination(
                Reason.LOAD_FAILED,
                f"The model's first prediction is not one: its probabilities add up to {total:.6g}. Train and register "
                "it again.",
            )
        if self._state is _State.STARTING:
            self._state = _State.READY

    def drain(self) -> None:
        """The end begins."""
        self._state = _State.DRAINING
