"""The states of a server: starting, ready once the model has predicted, draining until the last response."""

import math
from enum import Enum

from sentiment_model import Scorer
from sentiment_serving.termination import Reason, Termination

_PROBE_TEXT = "A good story, but badly paced."


class _State(Enum):
    STARTING = "starting; its model has not made a prediction yet"
    READY = "ready"
    DRAINING = "draining and about to stop"


class Lifecycle:
    """Whether to send requests here. The state only moves forward: starting, ready, draining."""

    def __init__(self) -> None:
        self._state = _State.STARTING

    @property
    def ready(self) -> bool:
        """True after a real prediction succeeded and until draining begins."""
        return self._state is _State.READY

    @property
    def draining(self) -> bool:
        """True while requests are still answered but connections are no longer kept."""
        return self._state is _State.DRAINING

    @property
    def description(self) -> str:
        """The state as /readyz shows it."""
        return self._state.value

    def prove(self, scorer: Scorer) -> None:
        """Make the first prediction; ready afterwards.

        Raises:
            Termination: LoadFailed, when there is no prediction or it is not a distribution over the labels.
        """
        try:
            prediction = scorer.predict(_PROBE_TEXT)
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
        """Begin to drain."""
        self._state = _State.DRAINING
