"""The headers that are part of the interface."""

REQUEST_ID = "X-Request-Id"
MODEL_VERSION = "X-Model-Version"
RETRY_AFTER = "Retry-After"
VERIFICATION = "Sentiment-Verification"
"""A request with it is one of `verify`: answered like any other, and counted in no metric."""
