"""The verdict that `verify` leaves as the termination message of a candidate's judge. Pure.

Serving writes it (`sentiment_serving.verifying.verdict`); tests/data/verdicts holds examples that
both sides are tested with.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal, Self

from msgspec import structs

from sentiment_operator.api.stored import Stored

FORMAT = "sentiment.dev/verdict/v1"

Outcome = Literal["passed", "failed", "fault"]

VERDICTS_OF_VERIFY = frozenset(
    {"ParityFailed", "DisagreementTooHigh", "QualityTooLow", "UnsupportedFormat", "LoadFailed"}
)
PASSES_OF_VERIFY = frozenset({"AllChecksPassed", "ChecksSkipped"})

MAX_FLIPPED = 10
MAX_CHECKS = 8


class Check(Stored, frozen=True, kw_only=True):
    """One check and what came of it. `value` and `limit` are numbers as text."""

    name: str = ""
    outcome: str = ""
    detail: str = ""
    rows: int | None = None
    flipped: int | None = None
    value: str = ""
    limit: str = ""


class Flip(Stored, frozen=True, kw_only=True):
    """A row that was answered otherwise than expected, by its id."""

    id: str = ""
    expected: str = ""
    got: str = ""
    check: str = ""


class Verdict(Stored, frozen=True, kw_only=True):
    """What came of judging one candidate."""

    version: str = ""
    digest: str = ""
    revision: str = ""
    outcome: str = ""
    reason: str = ""
    message: str = ""
    time: str = ""
    checks: tuple[Check, ...] = ()
    flipped: tuple[Flip, ...] = ()

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """Read what `render` made (for the status), or the parts of a message that have the same shape."""
        texts = {name: _text(body.get(name)) for name in ("version", "digest", "revision", "outcome", "reason", "time")}
        return cls(
            **texts,
            message=_text(body.get("message"), 1000),
            checks=tuple(_check(one) for one in _mappings(body.get("checks"), MAX_CHECKS)),
            flipped=tuple(_flip(one) for one in _mappings(body.get("flipped"), MAX_FLIPPED)),
        )


def read_verdict(message: str, *, digest: str) -> Verdict | None:
    """The verdict on the model of that digest; None for any other text, or one on another model."""
    try:
        body = json.loads(message)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or body.get("format") != FORMAT or not isinstance(body.get("model"), dict):
        return None
    judged = body["model"]
    verdict = Verdict.parse(body)
    known = {"passed": PASSES_OF_VERIFY, "failed": VERDICTS_OF_VERIFY, "fault": None}
    if judged.get("digest") != digest or verdict.outcome not in known or not verdict.reason.isalnum():
        return None
    reasons = known[verdict.outcome]
    if reasons is not None and verdict.reason not in reasons:
        return None
    return structs.replace(verdict, version=_text(judged.get("version")), digest=digest)


def _check(body: Mapping[str, Any]) -> Check:
    texts = {name: _text(body.get(name)) for name in ("name", "outcome", "detail", "value", "limit")}
    return Check(**texts, rows=_count(body.get("rows")), flipped=_count(body.get("flipped")))


def _flip(body: Mapping[str, Any]) -> Flip:
    return Flip(**{name: _text(body.get(name), 64) for name in ("id", "expected", "got", "check")})


def _mappings(values: object, most: int) -> list[Mapping[str, Any]]:
    return [one for one in values if isinstance(one, Mapping)][:most] if isinstance(values, list) else []


def _text(value: object, most: int = 256) -> str:
    """One line of at most `most` characters: the message was written by the image that is judged."""
    if not isinstance(value, str):
        return ""
    # What comes back from the API server must be what was written: no half of a surrogate pair, no blank at the end.
    storable = value.encode("utf-8", "replace").decode()
    return " ".join(storable.split())[:most].rstrip()


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None
