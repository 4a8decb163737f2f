"""How much one request may ask for."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Upper bounds, each refused with 413 and a sentence that names it."""

    body_bytes: int = 1024 * 1024
    """One request's body. About a second of work for the pure Python scorer."""
    texts: int = 1000
    """Texts in one request."""
    text_chars: int = 50_000
    """One text. The longest review of the IMDB set has about 14,000."""
