"""Reads and writes tables row by row, so that they may exceed memory: CSV or JSON Lines, gzipped or not."""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sentiment_model.unicode import is_encodable
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.paths import TABLE_SUFFIXES
from sentiment_pipeline.progress import Advance

_MAX_FIELD_BYTES = 16 << 20
"""The default of `csv`, 128 KiB, is shorter than a long review."""

_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001 - spreadsheets read the wide forms, too
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Row:
    """A row by column name; the values of a CSV file are strings."""

    line: int
    """The number of its first line, from 1."""
    values: dict[str, Any]


@dataclass(frozen=True)
class BadRow:
    """A line that is not a row, and why."""

    line: int
    reason: str


def check_suffix(path: Path) -> None:
    """Check that a file name ends in the suffix of a supported format.

    Raises:
        DataError: it does not.
    """
    if not path.name.lower().endswith(TABLE_SUFFIXES):
        raise DataError(f"{path.name} must end in {', '.join(TABLE_SUFFIXES)}")


def read_rows(path: Path, advance: Advance = lambda amount: None) -> Iterator[Row | BadRow]:
    """Yield the rows of a UTF-8 file; a line that is not a row is yielded as BadRow, and reading goes on.

    Args:
        path: the file; its suffix determines the format.
        advance: called with the number of bytes read since its last call.

    Raises:
        DataError: the file as a whole does not have the format of its suffix.
    """
    check_suffix(path)
    try:
        with path.open("rb") as raw, _unpacked(path, raw) as file:
            done = 0
            for row in _json_rows(file) if is_json_lines(path) else _csv_rows(file):
                yield row
                position = raw.tell()
                advance(position - done)
                done = position
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise DataError(f"{path.name} is not a complete gzip file") from None


@contextmanager
def writing_rows(
    path: Path, columns: Sequence[str], *, escape_formulas: bool = False
) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Open a file for writing; the context manager yields a function that writes a row.

    A CSV file has the given columns. A row may lack some of them. Values other than strings are written as JSON.

    Args:
        escape_formulas: of a CSV file, see `without_formula`.
    """
    with path.open("wb") as raw, _packed(path, raw) as file:
        if is_json_lines(path):
            yield lambda row: _write_line(file, row)
        else:
            writer = csv.writer(_LineFeeds(file), lineterminator="\r\n")
            escaped = without_formula if escape_formulas else str
            writer.writerow([escaped(column) for column in columns])
            yield lambda row: writer.writerow([escaped(_cell(row.get(column))) for column in columns])


class _LineFeeds:
    """Ends rows in line feeds, for a writer that ends them in CR LF and so quotes a cell with either.

    A writer that ends rows in line feeds leaves a carriage return unquoted, and readers begin a row there.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")


def without_formula(cell: str) -> str:
    """A cell of a CSV file that no spreadsheet evaluates: one that could be a formula gets an apostrophe in front.

    Those are texts that begin as in OWASP's page "CSV Injection". A number, such as -1.5, stays a number.
    """
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def is_json_lines(path: Path) -> bool:
    """Whether the suffix is that of JSON Lines, whose rows may have any columns; otherwise it is CSV."""
    return path.name.lower().endswith((".jsonl", ".jsonl.gz"))


def _is_packed(path: Path) -> bool:
    return path.name.lower().endswith(".gz")


def _unpacked(path: Path, raw: IO[bytes]) -> IO[str]:
    # Bytes that are not UTF-8 become lone surrogates, so that the error can name the line.
    binary: Any = gzip.GzipFile(fileobj=raw) if _is_packed(path) else raw
    return io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")


@contextmanager
def _packed(path: Path, raw: IO[bytes]) -> Iterator[IO[str]]:
    if not _is_packed(path):
        with _text(raw) as file:
            yield file
        return
    # Without file name and time, equal rows give equal bytes.
    with gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed, _text(packed) as file:
        yield file


def _text(binary: Any) -> IO[str]:
    # A lone surrogate within nested JSON is written as an escape.
    return io.TextIOWrapper(binary, encoding="utf-8", errors="backslashreplace", newline="")


def _csv_rows(file: IO[str]) -> Iterator[Row | BadRow]:
    csv.field_size_limit(_MAX_FIELD_BYTES)
    reader = csv.reader(file, strict=True)
    columns: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(line, f"not CSV: {error}")
            continue
        if not fields:
            continue
        if not columns:
            columns = fields
            if len(set(columns)) != len(columns):
                raise DataError("the first line names a column twice; every column needs a name of its own")
        elif len(fields) != len(columns):
            yield BadRow(line, f"expected {len(columns)} fields as in the first line, found {len(fields)}")
        elif not all(map(is_encodable, fields)):
            yield BadRow(line, "not UTF-8")
        else:
            yield Row(line, dict(zip(columns, fields, strict=True)))


def _json_rows(file: IO[str]) -> Iterator[Row | BadRow]:
    for line, content in enumerate(file, start=1):
        if not content.strip():
            continue
        try:
            values = json.loads(content)
        except (json.JSONDecodeError, RecursionError):
            yield BadRow(line, "not JSON")
            continue
        if not is_encodable(content):
            yield BadRow(line, "not UTF-8")
        elif not isinstance(values, dict):
            yield BadRow(line, "not a JSON object")
        else:
            yield Row(line, values)


def _write_line(file: IO[str], row: dict[str, Any]) -> None:
    file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
