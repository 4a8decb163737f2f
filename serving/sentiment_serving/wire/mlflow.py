"""The requests of POST /invocations that MLflow's scoring server accepts, and its response."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from sentiment_model import Prediction
from sentiment_serving import problems
from sentiment_serving.problems import Problem
from sentiment_serving.wire import reading
from sentiment_serving.wire.elements import ABSENT, NULL, Elements, Skipped, SkippedArray, is_null, kind

CSV = "text/csv"
COLUMN = "text"
FORMATS = ("instances", "inputs", "dataframe_split", "dataframe_records")
SHAPE = (
    "Send one of instances, inputs, dataframe_split and dataframe_records: texts, or rows with a column named "
    f"{COLUMN}."
)

_MOST_COLUMNS = 1000
_MOST_EMPTY_LINES = 100_000
# A text may be as long as the whole body, which has its own limit.
csv.field_size_limit(1 << 30)

Rows = list[str | dict[str, Any] | list[Any]]


class Split(Struct):
    """pandas' `to_dict(orient="split")`."""

    data: list[list[Any]]
    columns: list[Any] | None = None
    index: list[Any] | None = None


class InvocationsRequest(Struct):
    """Exactly one of the four formats; `params` are accepted and not used."""

    instances: Rows | None = None
    inputs: Rows | dict[str, Any] | None = None
    dataframe_split: Split | None = None
    dataframe_records: list[dict[str, Any]] | None = None
    params: dict[str, Any] | None = None


class Row(Struct):
    """One text, as the model's pyfunc returns it."""

    label: str
    probability: Annotated[float, Meta(description="Of that label.")]


class InvocationsResponse(Struct):
    """In the order of the rows."""

    predictions: list[Row]


class _Received(Struct):
    """`InvocationsRequest`, its rows yet to be decoded."""

    instances: Raw = NULL
    inputs: Raw = NULL
    dataframe_split: Raw = NULL
    dataframe_records: Raw = NULL
    params: Skipped | None = None


class _ReceivedSplit(Struct):
    """`Split`, its rows yet to be decoded."""

    data: Raw
    columns: Raw = NULL
    index: SkippedArray | None = None


class _Record(Struct):
    """A row by its columns, or all rows: only the texts are used."""

    text: Raw = ABSENT


_DECODER = msgspec.json.Decoder(_Received)
_SPLIT = msgspec.json.Decoder(_ReceivedSplit)
_RECORD = msgspec.json.Decoder(_Record)
_TEXT = msgspec.json.Decoder(str)
_ROWS = b'"{['
"""What a row may begin with."""
_encode = msgspec.json.Encoder().encode


class InvocationsReader:
    """Reads the bodies of POST /invocations.

    Rows are decoded one by one, and of each only its text, so that no body takes much more memory than its texts.

    Args:
        most: how many texts a request may have.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows = Elements[Raw](Raw, most)
        self._values = Elements[Raw](Raw, _MOST_COLUMNS)

    def read(self, body: bytes, content_type: str) -> list[str]:
        """The texts.

        Raises:
            Problem: 400, 413, 415, 422.
        """
        if reading.media_type(content_type) == CSV:
            texts = _texts_of_csv(reading.utf8(body, "The CSV"), self._most)
        elif reading.is_json(content_type):
            texts = self._texts_of_json(body)
        else:
            raise problems.unsupported_media_type(f"Send JSON or CSV, with the Content-Type {reading.JSON} or {CSV}.")
        reading.require_at_most(self._most, texts)
        return texts

    def _texts_of_json(self, body: bytes) -> list[str]:
        request = reading.decode(_DECODER, body, SHAPE)
        given = {name: value for name in FORMATS if not is_null(value := getattr(request, name))}
        if len(given) != 1:
            raise reading.not_one_of(SHAPE, f"{len(given)} of them")
        ((name, value),) = given.items()
        if name == "dataframe_split":
            return self._texts_of_split(reading.decode(_SPLIT, value, SHAPE, "$.dataframe_split"))
        if name == "inputs" and kind(value) == b"{":
            return self._texts_of_columns(reading.decode(_RECORD, value, SHAPE, "$.inputs").text)
        rows = self._rows.decode(value, SHAPE, f"$.{name}")
        kinds = b"{" if name == "dataframe_records" else _ROWS
        return [self._text_of_row(row, f"row {index} of {name}", kinds) for index, row in enumerate(rows)]

    def _texts_of_split(self, split: _ReceivedSplit) -> list[str]:
        place, width = 0, None
        if not is_null(split.columns):
            columns = self._values.decode(split.columns, SHAPE, "$.dataframe_split.columns")
            _require_few(columns)
            width = len(columns)
            place = _column([_name(column) for column in columns])
        texts = []
        for index, row in enumerate(self._rows.decode(split.data, SHAPE, "$.dataframe_split.data")):
            values = self._values.decode(row, SHAPE, f"$.dataframe_split.data[{index}]")
            _require_few(values)
            if width is not None and len(values) != width:
                raise reading.not_one_of(SHAPE, f"row {index} with {len(values)} values for {width} columns")
            if place >= len(values):
                raise reading.not_one_of(SHAPE, f"row {index} without a value")
            texts.append(_text(values[place], f"row {index} of dataframe_split"))
        return texts

    def _texts_of_columns(self, values: Raw) -> list[str]:
        if values is ABSENT:
            raise reading.not_one_of(SHAPE, f"columns, and none named {COLUMN}")
        where = f"the column {COLUMN}"
        if kind(values) != b"[":
            return [_text(values, where)]
        rows = self._rows.decode(values, SHAPE, f"$.inputs.{COLUMN}")
        return [self._text_of_row(row, f"row {index} of {where}", _ROWS) for index, row in enumerate(rows)]

    def _text_of_row(self, row: Raw, where: str, kinds: bytes) -> str:
        """The text of a row, which begins with one of `kinds`."""
        match kind(row) if kind(row) in kinds else b"":
            case b'"':
                return _text(row, where)
            case b"{":
                value = reading.decode(_RECORD, row, SHAPE).text
                if kind(value) == b"[":
                    return self._text_of_row(value, where, b"[")
                if value is not ABSENT:
                    return _text(value, where)
            case b"[":
                values = self._values.decode(row, SHAPE)
                if len(values) == 1:
                    return _text(values[0], where)
        raise reading.not_one_of(SHAPE, f"{where}, which is no text and has no value named {COLUMN}")


def write(predictions: Sequence[Prediction]) -> bytes:
    """The response of POST /invocations."""
    return _encode(InvocationsResponse([Row(one.label, max(one.probabilities)) for one in predictions]))


def _texts_of_csv(text: str, most: int) -> list[str]:
    """The texts of the rows, at most `most` + 1."""
    texts: list[str] = []
    place: int | None = None
    wrong: Problem | None = None
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for count, row in enumerate(_lines(rows, most)):
            if count == 0:
                try:
                    place = _column(row)
                except Problem as problem:
                    wrong = problem
            elif place is not None and place < len(row):
                texts.append(row[place])
            else:
                wrong = wrong or reading.not_one_of(SHAPE, f"row {count - 1} without a value")
            if count > most:
                break
    except csv.Error:
        raise problems.malformed("The body is not CSV as pandas' to_csv writes it.") from None
    if wrong is None and place is None:
        wrong = reading.not_one_of(SHAPE, "no header line")
    if wrong is not None:
        raise wrong
    return texts


def _lines(rows: Iterable[list[str]], most: int) -> Iterator[list[str]]:
    """The rows that are not empty."""
    for line, row in enumerate(rows):
        if row:
            yield row
        elif line > most + _MOST_EMPTY_LINES:
            raise problems.too_large(f"The CSV has more than {_MOST_EMPTY_LINES} empty lines. Leave them out.")


def _column(columns: Sequence[str | None]) -> int:
    """The index of the column of texts: the one with the right name, or the only one."""
    if COLUMN in columns:
        return columns.index(COLUMN)
    if len(columns) == 1:
        return 0
    raise reading.not_one_of(SHAPE, f"{len(columns)} columns, and none named {COLUMN}")


def _name(column: Raw) -> str | None:
    """The name of a column; None for a number or the like."""
    return reading.decode(_TEXT, column, SHAPE) if kind(column) == b'"' else None


def _require_few(values: Sequence[Raw]) -> None:
    if len(values) > _MOST_COLUMNS:
        raise problems.too_large(f"A table may have at most {_MOST_COLUMNS} columns. Send the column {COLUMN} only.")


def _text(value: Raw, where: str) -> str:
    if kind(value) == b'"':
        return reading.decode(_TEXT, value, SHAPE)
    raise reading.not_one_of(SHAPE, f"{where}, which is no string")
