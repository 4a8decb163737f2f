"""The result of `verify` for a candidate: one outcome, one reason, the checks behind it. The operator reads it.

It is the container's termination message, so it is small. It holds ids and labels but never a text. Other programs
depend on the format; tests/data/verdicts has an example of each reason.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sentiment_model.text import one_line
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.termination import MAX_BYTES, termination_log

FORMAT = "sentiment.dev/verdict/v1"

MAX_FLIPS = 10
MAX_ID_CHARS = 64
_MAX_DETAIL_CHARS = 256
_MAX_MESSAGE_CHARS = 800
_MAX_NAME_CHARS = 200
_DIGEST_CHARS = 71
_DECIMALS = 6


class Outcome(StrEnum):
    """What follows from a verdict."""

    PASSED = "passed"
    """The candidate may serve."""
    FAILED = "failed"
    """The model is bad: verifying it again would change nothing."""
    FAULT = "fault"
    """The model could not be verified; its environment must be repaired."""


class Reason(StrEnum):
    """Why a verdict has its outcome."""

    ALL_CHECKS_PASSED = "AllChecksPassed"
    CHECKS_SKIPPED = "ChecksSkipped"

    PARITY_FAILED = "ParityFailed"
    DISAGREEMENT_TOO_HIGH = "DisagreementTooHigh"
    QUALITY_TOO_LOW = "QualityTooLow"
    LOAD_FAILED = "LoadFailed"
    UNSUPPORTED_FORMAT = "UnsupportedFormat"

    QUALITY_SET_MISSING = "QualitySetMissing"
    QUALITY_SET_MALFORMED = "QualitySetMalformed"
    QUALITY_SET_TOO_SMALL = "QualitySetTooSmall"
    CANDIDATE_SILENT = "CandidateSilent"
    ANOTHER_MODEL_ANSWERED = "AnotherModelAnswered"
    ANSWER_NOT_UNDERSTOOD = "AnswerNotUnderstood"
    BAD_CONFIGURATION = "BadConfiguration"

    @property
    def outcome(self) -> Outcome:
        """The outcome that this reason explains."""
        if self in (Reason.ALL_CHECKS_PASSED, Reason.CHECKS_SKIPPED):
            return Outcome.PASSED
        return Outcome.FAILED if self in _AGAINST_THE_MODEL else Outcome.FAULT


_AGAINST_THE_MODEL = frozenset(
    {
        Reason.PARITY_FAILED,
        Reason.DISAGREEMENT_TOO_HIGH,
        Reason.QUALITY_TOO_LOW,
        Reason.LOAD_FAILED,
        Reason.UNSUPPORTED_FORMAT,
    }
)


class CheckName(StrEnum):
    """The checks, in their order."""

    PARITY = "parity"
    DISAGREEMENT = "disagreement"
    QUALITY = "quality"
    SOAK = "soak"


class CheckOutcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check."""

    name: CheckName
    outcome: CheckOutcome
    detail: str
    """A phrase: the figures, or why it was skipped."""
    rows: int | None = None
    """How many texts were compared."""
    flipped: int | None = None
    """How many of them had an unexpected answer."""
    value: float | None = None
    """The measured value, compared with `limit`."""
    limit: float | None = None

    @classmethod
    def skipped(cls, name: CheckName, why: str) -> "Check":
        """A check that was not made, and why."""
        return cls(name=name, outcome=CheckOutcome.SKIPPED, detail=why)


@dataclass(frozen=True, kw_only=True)
class Flip:
    """A text with an unexpected label or probability, by its id."""

    id: str
    expected: str
    got: str
    check: CheckName


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The result of one verification."""

    model: ModelIdentity
    reason: Reason
    message: str
    """One or two sentences with the next step, without texts."""
    checks: Sequence[Check] = ()
    flips: Sequence[Flip] = ()

    @property
    def outcome(self) -> Outcome:
        """The outcome that the reason implies."""
        return self.reason.outcome

    def to_json(self) -> bytes:
        """ASCII JSON of at most 4096 bytes, Kubernetes' limit; with at most 10 flips, fewer if they do not fit."""
        count = min(len(self.flips), MAX_FLIPS)
        chars = _MAX_MESSAGE_CHARS
        while len(data := self._encode(count, chars)) > MAX_BYTES:
            if count:
                count -= 1
            else:
                chars = chars * 3 // 4
        return data

    def _encode(self, flips: int, chars: int) -> bytes:
        document = {
            "format": FORMAT,
            "model": {
                "name": _cut(self.model.name, min(chars, _MAX_NAME_CHARS)),
                "version": _cut(self.model.version, min(chars, _MAX_NAME_CHARS)),
                "digest": one_line(self.model.digest, _DIGEST_CHARS),
            },
            "outcome": self.outcome.value,
            "reason": self.reason.value,
            "message": _cut(self.message, chars),
            "checks": [_check(check, min(chars, _MAX_DETAIL_CHARS)) for check in self.checks],
            "flipped": [_flip(flip) for flip in self.flips[:flips]],
        }
        return json.dumps(document, separators=(",", ":")).encode()


def write(verdict: Verdict, environ: Mapping[str, str] = os.environ) -> None:
    """Write the verdict where Kubernetes reads it; on a laptop, without such a file, do nothing.

    Raises:
        OSError: the file cannot be written. The container must then fail, as it leaves no verdict.
    """
    if (path := termination_log(environ)) is not None:
        path.write_bytes(verdict.to_json())


def _check(check: Check, detail_chars: int) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": check.name.value,
        "outcome": check.outcome.value,
        "detail": _cut(check.detail, detail_chars),
    }
    if check.rows is not None:
        document["rows"] = check.rows
    if check.flipped is not None:
        document["flipped"] = check.flipped
    # Strings: some readers of JSON in Kubernetes reject fractions.
    if check.value is not None:
        document["value"] = figure(check.value)
    if check.limit is not None:
        document["limit"] = figure(check.limit)
    return document


def _flip(flip: Flip) -> dict[str, str]:
    return {
        "id": one_line(flip.id, MAX_ID_CHARS),
        "expected": one_line(flip.expected, MAX_ID_CHARS),
        "got": one_line(flip.got, MAX_ID_CHARS),
        "check": flip.check.value,
    }


def figure(value: float) -> str:
    """Format a number for a verdict: at most 6 decimals, without trailing zeros."""
    text = f"{value:.{_DECIMALS}f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def _cut(text: str, chars: int) -> str:
    """One safe line: rows, labels and answers of other servers are not ours."""
    line = one_line(text, len(text))
    return line if len(line) <= chars else line[: chars - 3].rstrip() + "..."
