"""Verifies a candidate before any user's request can reach it: waits until it is ready and makes the checks.

All checks must pass on one process of the candidate. If it ends in between, its earlier answers are discarded and the
checks start again with the process that replaces it.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sentiment_serving import logs
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.settings import VerifySettings, log_level
from sentiment_serving.termination import Termination
from sentiment_serving.verifying import checks
from sentiment_serving.verifying.candidate import READY_PAUSE_SECONDS, Candidate, Deadline, times
from sentiment_serving.verifying.checks import Finding, Prediction
from sentiment_serving.verifying.client import Unavailable
from sentiment_serving.verifying.early_verdict import EarlyVerdict
from sentiment_serving.verifying.rows import GoldenRow, read_golden, read_quality_set
from sentiment_serving.verifying.serving_version import predictions_of_serving_version
from sentiment_serving.verifying.verdict import Check, CheckName, CheckOutcome, Reason, Verdict, figure

SOAK_PAUSE_SECONDS = 0.25
SOAK_TEXTS = 20
SOAK_TEXT_CHARS = 2000

_REASONS = {
    CheckName.PARITY: Reason.PARITY_FAILED,
    CheckName.DISAGREEMENT: Reason.DISAGREEMENT_TOO_HIGH,
    CheckName.QUALITY: Reason.QUALITY_TOO_LOW,
}
_SENTENCES = {
    CheckName.PARITY: "The server does not compute what the estimator computed at training time: {detail}. Model file "
    "and golden rows do not belong together: export and register the model again.",
    CheckName.DISAGREEMENT: "The version contradicts what serves: {detail}, a share of {value} where {limit} is "
    "allowed. If the change is wanted, raise spec.rollout.verification.maxDisagreement.",
    CheckName.QUALITY: "The version is not good enough on the quality set: {detail}, and {limit} is asked for. Train a "
    "better one, or lower spec.rollout.verification.minAccuracy.",
}

_LOG = logging.getLogger("sentiment_serving.verify")


def verify_from_environ(environ: Mapping[str, str]) -> Verdict:
    """Verify the candidate that the environment names. Every failure is a verdict, not an exception."""
    try:
        logs.configure(log_level(environ))
        settings = VerifySettings.from_environ(environ)
    except Termination as error:
        model = ModelIdentity(
            name=environ.get("MODEL_NAME", ""),
            version=environ.get("MODEL_VERSION", ""),
            digest=environ.get("MODEL_DIGEST", ""),
        )
        return Verdict(model=model, reason=Reason.BAD_CONFIGURATION, message=error.message)
    verdict = verify(settings)
    fields = {"outcome": verdict.outcome.value, "reason": verdict.reason.value}
    _LOG.info("verified version %s", settings.model.version, extra={"fields": fields})
    return verdict


def verify(settings: VerifySettings) -> Verdict:
    """Verify a candidate: at most `ready_seconds` until it is ready, then at most `verify_seconds` + `soak_seconds`."""
    deadline = Deadline(time.monotonic() + settings.ready_seconds)
    candidate = Candidate(settings.candidate_url, model=settings.model, deadline=deadline)
    try:
        golden = read_golden(settings.folder, settings.model.digest)
        _LOG.debug("waiting for the candidate")
        candidate.wait_until_ready()
        deadline.end = time.monotonic() + settings.verify_seconds + settings.soak_seconds
        while True:
            try:
                return _CheckRun(settings, candidate, golden).verdict()
            except Unavailable as error:
                candidate.interruptions += 1
                _LOG.warning("starting the checks again: %s", error)
                time.sleep(READY_PAUSE_SECONDS)
                candidate.wait_until_ready()
    except EarlyVerdict as early:
        return Verdict(model=settings.model, reason=early.reason, message=early.message)
    finally:
        candidate.close()


@dataclass
class _CheckRun:
    """One run of all checks on one process of the candidate."""

    settings: VerifySettings
    candidate: Candidate
    golden: Sequence[GoldenRow]
    findings: list[Finding] = field(default_factory=list)

    def verdict(self) -> Verdict:
        """Make the checks.

        Raises:
            Unavailable: the candidate has stopped answering.
            EarlyVerdict: the verdict is decided before the last check.
        """
        answers = self.candidate.predict([row.text for row in self.golden])
        self.findings.append(self._parity(answers))
        self.findings.append(self._disagreement(answers))
        try:
            self.findings.append(self._quality())
        except EarlyVerdict as early:
            # A failed check of the model takes precedence over one that could not be made.
            self._skip(CheckName.QUALITY, f"could not be checked: {early.reason.value}")
            self._skip(CheckName.SOAK, "not reached")
            return self._failure() or self._conclude(early.reason, early.message)
        if failure := self._failure():
            return failure
        self.findings.append(Finding(self._soak(answers)))
        return self._passed()

    def _parity(self, answers: Sequence[Prediction]) -> Finding:
        if not self.settings.parity:
            return Finding(Check.skipped(CheckName.PARITY, "switched off"))
        return checks.parity(self.golden, answers)

    def _disagreement(self, answers: Sequence[Prediction]) -> Finding:
        settings = self.settings
        if settings.serving_url is None:
            return Finding(Check.skipped(CheckName.DISAGREEMENT, settings.disagreement_skipped))
        serving = predictions_of_serving_version(
            settings.serving_url, settings.serving_digest, [row.text for row in self.golden]
        )
        return checks.disagreement(self.golden, answers, serving, limit=settings.max_disagreement)

    def _quality(self) -> Finding:
        accuracy = self.settings.min_accuracy
        if accuracy is None:
            return Finding(Check.skipped(CheckName.QUALITY, "no minAccuracy is asked for"))
        smallest = checks.smallest_sufficient_set(accuracy)
        rows = read_quality_set(self.settings.quality_folder, smallest=smallest)
        return checks.quality(rows, self.candidate.predict([row.text for row in rows]), min_accuracy=accuracy)

    def _soak(self, answers: Sequence[Prediction]) -> Check:
        seconds = self.settings.soak_seconds
        if seconds <= 0:
            return Check.skipped(CheckName.SOAK, "switched off")
        small = [n for n, row in enumerate(self.golden) if len(row.text) <= SOAK_TEXT_CHARS][:SOAK_TEXTS] or [0]
        _LOG.debug("soaking for %g s", seconds)
        end = time.monotonic() + seconds
        requests = 0
        while time.monotonic() < end:
            number = small[requests % len(small)]
            (answer,) = self.candidate.predict([self.golden[number].text])
            requests += 1
            if answer.label != answers[number].label:
                raise EarlyVerdict(
                    Reason.PARITY_FAILED,
                    "The candidate gave one text two labels. See the log of its container `serving`; a model of this "
                    "format always answers alike.",
                )
            time.sleep(min(SOAK_PAUSE_SECONDS, max(0.0, end - time.monotonic())))
        detail = f"{requests} right answers in {seconds:g} s"
        if self.candidate.interruptions:
            detail += f", after it had stopped answering {times(self.candidate.interruptions)}"
        return Check(name=CheckName.SOAK, outcome=CheckOutcome.PASSED, detail=detail, rows=requests)

    def _failure(self) -> Verdict | None:
        for finding in self.findings:
            check = finding.check
            if check.outcome is CheckOutcome.FAILED:
                if all(other.check.name is not CheckName.SOAK for other in self.findings):
                    self._skip(CheckName.SOAK, "not reached")
                value, limit = figure(check.value or 0.0), figure(check.limit or 0.0)
                message = _SENTENCES[check.name].format(detail=check.detail, value=value, limit=limit)
                return self._conclude(_REASONS[check.name], message)
        return None

    def _passed(self) -> Verdict:
        passed = [finding.check.name for finding in self.findings if finding.check.outcome is CheckOutcome.PASSED]
        if not passed:
            return self._conclude(Reason.CHECKS_SKIPPED, "Nothing was checked: all checks are switched off or skipped.")
        skipped = [
            f"{finding.check.name} ({finding.check.detail})"
            for finding in self.findings
            if finding.check.outcome is CheckOutcome.SKIPPED
        ]
        message = f"Passed: {', '.join(passed)}."
        if skipped:
            message += f" Not checked: {', '.join(skipped)}."
        return self._conclude(Reason.ALL_CHECKS_PASSED, message)

    def _skip(self, name: CheckName, why: str) -> None:
        self.findings.append(Finding(Check.skipped(name, why)))

    def _conclude(self, reason: Reason, message: str) -> Verdict:
        flips = [flip for finding in self.findings for flip in finding.flips]
        return Verdict(
            model=self.settings.model,
            reason=reason,
            message=message,
            checks=[finding.check for finding in self.findings],
            flips=flips,
        )
