"""Ends a verification before all its checks are made."""

from sentiment_serving.verifying.verdict import Reason


class EarlyVerdict(Exception):
    """The verdict is decided: no further check would change it.

    The message is one or two sentences with the next step, free of texts and secrets.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
