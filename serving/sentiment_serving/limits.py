"""Limits on the size of one request and on the number of concurrent requests."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Upper bounds. A request above them gets 413, a request too many gets 503, a body that takes too long 408; the
    response states which limit applies."""

    body_bytes: int = 1024 * 1024
    """Body of one request. About a second of work for the pure Python scorer."""
    texts: int = 1000
    """Texts in one request."""
    text_chars: int = 50_000
    """One text. The longest review of the IMDB set has about 14,000."""
    working: int = 8
    """Requests processed at the same time. More would not be faster: the interpreter runs one thread at a time."""
    waiting: int = 32
    """Requests that wait to be processed."""
    sending: int = 64
    """Requests whose body is still being received. A client that sends slowly holds one of these."""
    body_seconds: float = 20.0
    """How long a body may take to arrive."""
    large_body_bytes: int = 32 * 1024
    """A body of this size or more is large: a batch, or a very long text."""

    @property
    def threads(self) -> int:
        """Threads for all these requests."""
        return self.working + self.waiting + self.sending

    @property
    def large(self) -> int:
        """How many large requests may be received, processed or wait; the rest of the queue stays free for small ones.
        Their bodies and texts are the largest part of the memory in use."""
        return self.working + self.waiting // 2
