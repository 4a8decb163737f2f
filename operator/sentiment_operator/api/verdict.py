"""The verdict that the candidate's container `verify` writes as its termination message. Pure.

Serving writes it (`sentiment_serving.verifying.verdict`). Both sides are tested with the examples in
tests/data/verdicts.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self

from msgspec import structs

from sentiment_operator.api.stored import Stored
from sentiment_operator.api.text import one_line

FORMAT = "sentiment.dev/verdict/v1"

Outcome = Literal["passed", "failed", "fault"]

VERDICTS_OF_VERIFY = frozenset(
    {"ParityFailed", "DisagreementTooHigh", "QualityTooLow", "UnsupportedFormat", "LoadFailed"}
)
PASSES_OF_VERIFY = frozenset({"AllChecksPassed", "ChecksSkipped"})

MAX_FLIPPED = 10
MAX_CHECKS = 8
MAX_MESSAGE_CHARS = 1000

UNKNOWN_TO_IMAGE = "the image does not know it"
"""Why a requested check is missing from the verdict of an image that is older than the check."""


class Check(Stored, frozen=True, kw_only=True):
    """One check and its result. `value` and `limit` are numbers as text."""

    name: str = ""
    outcome: str = ""
    detail: str = ""
    rows: int | None = None
    flipped: int | None = None
    value: str = ""
    limit: str = ""


class Flip(Stored, frozen=True, kw_only=True):
    """A row with another answer than expected, by its id."""

    id: str = ""
    expected: str = ""
    got: str = ""
    check: str = ""


class Verdict(Stored, frozen=True, kw_only=True):
    """The result of verifying one candidate."""

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
        """Read what `render` wrote, or the parts of a message that have the same shape.

        Values of another type are read as empty, texts and lists are cut to their limits.
        """
        texts = {name: _text(body.get(name)) for name in ("version", "digest", "revision", "outcome", "reason", "time")}
        return cls(
            **texts,
            message=_text(body.get("message"), MAX_MESSAGE_CHARS),
            checks=tuple(_check(one) for one in _mappings(body.get("checks"), MAX_CHECKS)),
            flipped=tuple(_flip(one) for one in _mappings(body.get("flipped"), MAX_FLIPPED)),
        )


def requested_checks(verification: Mapping[str, Any]) -> tuple[str, ...]:
    """The checks that a candidate's verdict must list, by their names there.

    Args:
        verification: `spec.rollout.verification`. A check that it switches off is not requested.
    """
    wanted = {
        "parity": verification.get("parity", True),
        "disagreement": True,
        "quality": verification.get("qualitySet"),
        "soak": verification.get("soakSeconds", 10),
    }
    return tuple(name for name, on in wanted.items() if on)


def with_unknown_skipped(verdict: Verdict, requested: Iterable[str]) -> Verdict:
    """A verdict of `passed` that also lists the requested checks which its image does not know, as skipped.

    An image ignores the settings of checks that were added after it was built. That never counts against the model.
    """
    known = {check.name for check in verdict.checks}
    unknown = [name for name in requested if name not in known]
    if verdict.outcome != "passed" or not unknown:
        return verdict
    added = (Check(name=name, outcome="skipped", detail=UNKNOWN_TO_IMAGE) for name in unknown)
    sentences = (f"Check {name} was skipped: {UNKNOWN_TO_IMAGE}." for name in unknown)
    return structs.replace(
        verdict,
        checks=(*verdict.checks, *added)[:MAX_CHECKS],
        message=one_line(" ".join((verdict.message, *sentences)), MAX_MESSAGE_CHARS),
    )


def read_verdict(message: str, *, digest: str) -> Verdict | None:
    """The verdict in a termination message; None for any other text, or a verdict on another model."""
    try:
        body = json.loads(message)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or body.get("format") != FORMAT or not isinstance(body.get("model"), dict):
        return None
    verified = body["model"]
    verdict = Verdict.parse(body)
    known = {"passed": PASSES_OF_VERIFY, "failed": VERDICTS_OF_VERIFY, "fault": None}
    if verified.get("digest") != digest or verdict.outcome not in known:
        return None
    if not (verdict.reason.isascii() and verdict.reason.isalnum()):
        return None
    reasons = known[verdict.outcome]
    if reasons is not None and verdict.reason not in reasons:
        return None
    return structs.replace(verdict, version=_text(verified.get("version")), digest=digest)


def _check(body: Mapping[str, Any]) -> Check:
    texts = {name: _text(body.get(name)) for name in ("name", "outcome", "detail", "value", "limit")}
    return Check(**texts, rows=_count(body.get("rows")), flipped=_count(body.get("flipped")))


def _flip(body: Mapping[str, Any]) -> Flip:
    return Flip(**{name: _text(body.get(name), 64) for name in ("id", "expected", "got", "check")})


def _mappings(values: object, most: int) -> list[Mapping[str, Any]]:
    return [one for one in values if isinstance(one, Mapping)][:most] if isinstance(values, list) else []


def _text(value: object, most: int = 256) -> str:
    """One line of at most `most` characters: the image under test wrote the message."""
    return one_line(value, most) if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None
