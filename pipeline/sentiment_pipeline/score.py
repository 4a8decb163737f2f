"""`score`: label a file of texts of any size with a model file."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sentiment_model import Prediction, Scorer
from sentiment_model.manifest import MODEL
from sentiment_model.unicode import is_encodable
from sentiment_pipeline.data.reviews.tables import BadRow, Row, check_suffix, is_json_lines, read_rows, writing_rows
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.progress import Advance, progress

LABEL = "predicted_label"
PROBABILITY = "predicted_probability"

_ROWS_AT_ONCE = 1024
_LISTED = 10
"""How many bad rows are listed one by one."""


@dataclass
class Scored:
    """Counts of scored and bad rows."""

    rows: int = 0
    bad_rows: int = 0
    first_bad: list[BadRow] = field(default_factory=list)

    def note(self, bad: BadRow) -> None:
        """Count a bad row, and keep it if it is among the first."""
        self.bad_rows += 1
        if len(self.first_bad) < _LISTED:
            self.first_bad.append(bad)

    def sentences(self) -> list[str]:
        """The first bad rows, each as a sentence."""
        listed = [f"line {bad.line}: {bad.reason}" for bad in self.first_bad]
        more = self.bad_rows - len(listed)
        return [*listed, f"and {more:,} more"] if more else listed


def score(
    model: Path,
    data: Path,
    out: Path,
    *,
    text: str = "text",
    every_label: bool = False,
    skip_bad: bool = False,
    escape_formulas: bool = False,
) -> Scored:
    """Write the rows of `data` to `out`, each with the prediction for its text.

    Rows keep their order and columns. The columns `predicted_label` and `predicted_probability` are appended, and with
    `every_label` a column `probability_<label>` for each label. Memory holds about a thousand rows at a time. `out` is
    replaced as a whole, or not at all.

    Args:
        model: a model file, or the folder of a version.
        data: a CSV or JSON Lines file, gzipped or not.
        out: the file to write, in any of these formats.
        text: the column of the texts.
        every_label: write the probability of every label.
        skip_bad: leave out rows that cannot be read or have no text, instead of refusing the file.
        escape_formulas: of a CSV file that is opened in a spreadsheet, see `without_formula`.

    Raises:
        DataError: the file cannot be read, its columns are not the expected ones, or it has bad rows; or formulas are
            to be escaped in a file that is not CSV.
    """
    check_suffix(out)
    if escape_formulas and is_json_lines(out):
        raise DataError(f"formulas are escaped in CSV only, and {out.name} is JSON Lines: leave out --escape-formulas")
    scorer = Scorer.open(model / MODEL if model.is_dir() else model)
    scored = Scored()
    with progress(f"score {data.name}", data.stat().st_size, in_bytes=True) as advance, _replacing(out) as target:
        rows = _good_rows(data, text, scored, advance)
        first = next(rows, None)
        columns = [] if first is None else list(first.values)
        added = _added(scorer.labels, every_label=every_label)
        _check_columns(columns, added)
        with writing_rows(target, [*columns, *added], escape_formulas=escape_formulas) as write:
            known = set(columns)
            waiting = chain([] if first is None else [first], rows)
            while piece := list(islice(waiting, _ROWS_AT_ONCE)):
                predictions = scorer.predict_many(row.values[text] for row in piece)
                for row, prediction in zip(piece, predictions, strict=True):
                    if row.values.keys() <= known or is_json_lines(out):
                        write(row.values | _answers(prediction, scorer.labels, every_label=every_label))
                        scored.rows += 1
                    else:
                        extra = min(row.values.keys() - known)
                        scored.note(BadRow(row.line, f"column {extra!r} is not among those of the first row"))
        if scored.bad_rows and not skip_bad:
            raise DataError(
                f"{scored.bad_rows:,} rows of {data.name} cannot be scored, and nothing was written:",
                *(f"  {sentence}" for sentence in scored.sentences()),
                "fix them, or leave them out with --skip-bad-rows",
            )
        if first is None:
            raise DataError(f"{data.name} holds no row that can be scored")
    return scored


def _good_rows(data: Path, text: str, scored: Scored, advance: Advance) -> Iterator[Row]:
    checked = False
    for row in read_rows(data, advance):
        if isinstance(row, BadRow):
            scored.note(row)
            continue
        if not checked and text not in row.values:
            raise DataError(
                f"expected a column {text!r}, found {', '.join(row.values)}; name the right one with --text"
            )
        checked = True
        if not isinstance(row.values.get(text), str):
            scored.note(BadRow(row.line, f"no text in column {text!r}"))
        elif not all(is_encodable(value) for value in row.values.values() if isinstance(value, str)):
            scored.note(BadRow(row.line, "a lone surrogate (U+D800 to U+DFFF), which is not a character"))
        else:
            yield row


def _added(labels: Sequence[str], *, every_label: bool) -> list[str]:
    return [LABEL, PROBABILITY, *(f"probability_{label}" for label in labels if every_label)]


def _answers(prediction: Prediction, labels: Sequence[str], *, every_label: bool) -> dict[str, Any]:
    shares = [round(probability, 6) for probability in prediction.probabilities]
    answers: dict[str, Any] = {LABEL: prediction.label, PROBABILITY: max(shares)}
    if every_label:
        answers |= {f"probability_{label}": share for label, share in zip(labels, shares, strict=True)}
    return answers


def _check_columns(columns: Sequence[str], added: Sequence[str]) -> None:
    taken = [column for column in added if column in columns]
    if taken:
        raise DataError(
            f"the file has a column {taken[0]!r} already: rename it, because `score` writes a column of that name"
        )


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """A temporary file that replaces `out` on success and is removed otherwise."""
    out.parent.mkdir(parents=True, exist_ok=True)
    target = out.with_name(f".{os.getpid()}.{out.name}")
    try:
        yield target
        target.replace(out)
    finally:
        target.unlink(missing_ok=True)
