"""Requests the serving version's predictions through its Service; the candidate is compared with them."""

import time
from collections.abc import Sequence
from contextlib import suppress

from sentiment_serving.verifying.checks import Prediction
from sentiment_serving.verifying.client import RequestFailed, Server, batches

TRIES = 3
PAUSE_SECONDS = 0.5
"""Between two attempts at one batch, each on a new connection: the Service may route to a pod of another version, or to
one that has just ended."""

REQUEST_SECONDS = 10.0
TOTAL_SECONDS = 30.0
"""The rest counts as unanswered after this. The candidate closes a connection that has been idle for 75 s, which would
look like the end of its process."""


def predictions_of_serving_version(url: str, digest: str, texts: Sequence[str]) -> list[Prediction | None]:
    """The predictions of the pods that serve `digest`, in the order of the texts; None where there was none.

    After the first batch without an answer no further one is requested.
    """
    server = Server(url, keep=False)
    end = time.monotonic() + TOTAL_SECONDS
    answers: list[Prediction | None] = [None] * len(texts)
    for batch in batches(texts):
        found = _ask(server, digest, texts[batch])
        if found is None or time.monotonic() > end:
            break
        answers[batch] = found
    return answers


def _ask(server: Server, digest: str, texts: Sequence[str]) -> Sequence[Prediction] | None:
    for number in range(TRIES):
        if number:
            time.sleep(PAUSE_SECONDS)
        with suppress(RequestFailed):
            model, predictions = server.predict(texts, seconds=REQUEST_SECONDS)
            if model.digest == digest:
                return predictions
    return None
