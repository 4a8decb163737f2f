"""The headers that are part of the interface."""

REQUEST_ID = "X-Request-Id"
MODEL_VERSION = "X-Model-Version"
RETRY_AFTER = "Retry-After"
VERIFICATION = "Sentiment-Verification"
"""Marks a request of `verify`: answered like any other, counted in no metric."""
