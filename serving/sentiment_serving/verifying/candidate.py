"""The candidate's server: requests predictions from it until its answers decide the verdict or the time is over."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from sentiment_serving.identity import ModelIdentity
from sentiment_serving.verifying.checks import Prediction
from sentiment_serving.verifying.client import (
    REQUEST_SECONDS,
    AnsweringModel,
    InvalidPrediction,
    MalformedAnswer,
    RequestFailed,
    Server,
    UnexpectedStatus,
    batches,
)
from sentiment_serving.verifying.early_verdict import EarlyVerdict
from sentiment_serving.verifying.verdict import Reason

READY_PAUSE_SECONDS = 0.2


def times(count: int) -> str:
    """The count in words."""
    return "once" if count == 1 else f"{count} times"


@dataclass
class Deadline:
    """When to stop waiting, on the monotonic clock."""

    end: float

    @property
    def left_seconds(self) -> float:
        """Negative after the deadline."""
        return self.end - time.monotonic()


class Candidate:
    """The candidate's server. Its answers must carry the version and the digest that are to be verified."""

    def __init__(self, url: str, *, model: ModelIdentity, deadline: Deadline) -> None:
        self._server = Server(url, keep=True)
        self._model = model
        self._deadline = deadline
        self.interruptions = 0
        """How often the candidate has stopped answering."""
        self._was_ready = False

    def wait_until_ready(self) -> None:
        """Return once it is ready.

        Raises:
            EarlyVerdict: CandidateSilent, when the deadline passes first.
        """
        while not self._server.ready():
            self._check_time()
            time.sleep(READY_PAUSE_SECONDS)
        self._was_ready = True

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Predict the texts, in batches.

        Raises:
            Unavailable: it has stopped answering.
            EarlyVerdict: its answer decides the verdict, or the deadline has passed.
        """
        answers: list[Prediction] = []
        for batch in batches(texts):
            self._check_time()
            seconds = min(REQUEST_SECONDS, max(1.0, self._deadline.left_seconds))
            try:
                model, predictions = self._server.predict(texts[batch], seconds=seconds)
            except (UnexpectedStatus, MalformedAnswer, InvalidPrediction) as error:
                _raise_verdict_on(error)
            self._check_model(model)
            answers += predictions
        return answers

    def close(self) -> None:
        """Close the connection."""
        self._server.close()

    def _check_time(self) -> None:
        if self._deadline.left_seconds > 0:
            return
        if not self._was_ready:
            found = "was not ready in time"
        elif self.interruptions:
            found = f"stopped answering {times(self.interruptions)} and was not steady in time"
        else:
            found = "answered too slowly to be verified in time"
        raise EarlyVerdict(
            Reason.CANDIDATE_SILENT,
            f"The candidate {found}. See the log of its container `serving`, and what spec.resources allow it.",
        )

    def _check_model(self, model: AnsweringModel) -> None:
        expected = (self._model.version, self._model.digest)
        if (model.version, model.digest) != expected:
            raise EarlyVerdict(
                Reason.ANOTHER_MODEL_ANSWERED,
                f"Expected answers of version {expected[0]} with the digest {expected[1]}, and found some of version "
                f"{model.version[:20]!a} with {(model.digest or 'no digest')[:80]}. Something else listens at the "
                "candidate's address.",
            )


def _raise_verdict_on(error: RequestFailed) -> NoReturn:
    match error:
        case InvalidPrediction():
            reason, advice = Reason.LOAD_FAILED, "Train and register the model again."
        case UnexpectedStatus(status=status) if status >= 500:
            reason, advice = Reason.LOAD_FAILED, "See the log of its container `serving`."
        case UnexpectedStatus():
            reason, advice = (
                Reason.BAD_CONFIGURATION,
                "Check the limits of the server (MAX_BODY_BYTES, MAX_TEXT_CHARS).",
            )
        case _:
            reason, advice = Reason.ANSWER_NOT_UNDERSTOOD, "Check that spec.image is an image of the serving server."
    raise EarlyVerdict(reason, f"The candidate was asked to predict texts, and {error}. {advice}") from None
