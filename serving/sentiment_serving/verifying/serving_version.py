"""The version that serves now, asked through its Service for what the candidate is compared with."""

import time
from collections.abc import Sequence
from contextlib import suppress

from sentiment_serving.verifying.checks import Prediction
from sentiment_serving.verifying.client import RequestFailed, Server, batches

TRIES = 3
PAUSE_SECONDS = 0.5
"""Between two tries of one batch, each on a new connection: the Service may lead to a pod of another version, or to one
that has just ended."""

REQUEST_SECONDS = 10.0
TOTAL_SECONDS = 30.0
"""What has not answered by then counts as silent. The candidate closes a connection that has been idle for 75 s, which
would read as the end of its process."""


def predictions_of_serving_version(url: str, digest: str, texts: Sequence[str]) -> list[Prediction | None]:
    """The answers of the pods that serve `digest`, in the order of the texts; None where there was none.

    A Service that has not answered one batch is asked no more.
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
