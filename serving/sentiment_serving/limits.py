"""How much one request may ask for, and how many may ask at a time."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Upper bounds; more in one request is refused with 413, more requests with 503, and a sentence that says so."""

    body_bytes: int = 1024 * 1024
    """One request's body. About a second of work for the pure Python scorer."""
    texts: int = 1000
    """Texts in one request."""
    text_chars: int = 50_000
    """One text. The longest review of the IMDB set has about 14,000."""
    working: int = 8
    """Requests at work at the same time. More would not be faster: the interpreter runs one at a time."""
    waiting: int = 32
    """Requests that wait for that."""
    sending: int = 64
    """Requests whose body is still on its way. A client that sends slowly holds one of these."""
    large_body_bytes: int = 32 * 1024
    """From here on a body is a large one: a batch, or a very long text."""

    @property
    def threads(self) -> int:
        """How many threads all these requests have."""
        return self.working + self.waiting + self.sending

    @property
    def large(self) -> int:
        """How many large requests may be at work or wait: others then always find room to wait."""
        return self.working + self.waiting // 2
