"""The requests of POST /invocations that MLflow's scoring server accepts, and its response."""

import csv
import io
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from sentiment_model import Prediction
from sentiment_serving import problems
from sentiment_serving.wire import reading

CSV = "text/csv"
COLUMN = "text"
FORMATS = ("instances", "inputs", "dataframe_split", "dataframe_records")
SHAPE = (
    "Send one of instances, inputs, dataframe_split and dataframe_records: texts, or rows with a column named "
    f"{COLUMN}."
)

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


_DECODER = msgspec.json.Decoder(InvocationsRequest)
_encode = msgspec.json.Encoder().encode


def read(body: bytes, content_type: str) -> list[str]:
    """The texts of POST /invocations.

    Raises:
        Problem: 400, 415, 422.
    """
    if reading.media_type(content_type) == CSV:
        return _texts_of_csv(reading.utf8(body, "The CSV"))
    if not reading.is_json(content_type):
        raise problems.unsupported_media_type(f"Send JSON or CSV, with the Content-Type {reading.JSON} or {CSV}.")
    request = reading.decode(_DECODER, body, SHAPE)
    given = {name: value for name in FORMATS if (value := getattr(request, name)) is not None}
    if len(given) != 1:
        raise reading.not_one_of(SHAPE, f"{len(given)} of them")
    ((name, value),) = given.items()
    if isinstance(value, Split):
        return _texts_of_split(value)
    if isinstance(value, dict):
        return _texts_of_columns(value)
    return [_text_of_row(row, f"row {index} of {name}") for index, row in enumerate(value)]


def write(predictions: Sequence[Prediction]) -> bytes:
    """The response of POST /invocations."""
    return _encode(InvocationsResponse([Row(one.label, max(one.probabilities)) for one in predictions]))


def _texts_of_split(split: Split) -> list[str]:
    place = 0
    if split.columns is not None:
        place = _column(split.columns)
    texts = []
    for index, row in enumerate(split.data):
        if split.columns is not None and len(row) != len(split.columns):
            raise reading.not_one_of(SHAPE, f"row {index} with {len(row)} values for {len(split.columns)} columns")
        if place >= len(row):
            raise reading.not_one_of(SHAPE, f"row {index} without a value")
        texts.append(_text(row[place], f"row {index} of dataframe_split"))
    return texts


def _texts_of_columns(columns: dict[str, Any]) -> list[str]:
    if COLUMN not in columns:
        raise reading.not_one_of(SHAPE, f"columns, and none named {COLUMN}")
    values = columns[COLUMN]
    if not isinstance(values, list):
        return [_text(values, f"the column {COLUMN}")]
    return [_text_of_row(value, f"row {index} of the column {COLUMN}") for index, value in enumerate(values)]


def _texts_of_csv(text: str) -> list[str]:
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        raise problems.malformed("The body is not CSV as pandas' to_csv writes it.") from None
    if not rows:
        raise reading.not_one_of(SHAPE, "no header line")
    place = _column(rows[0])
    for index, row in enumerate(rows[1:]):
        if place >= len(row):
            raise reading.not_one_of(SHAPE, f"row {index} without a value")
    return [row[place] for row in rows[1:]]


def _column(columns: Sequence[Any]) -> int:
    """The index of the column of texts: the one with the right name, or the only one."""
    if COLUMN in columns:
        return columns.index(COLUMN)
    if len(columns) == 1:
        return 0
    raise reading.not_one_of(SHAPE, f"{len(columns)} columns, and none named {COLUMN}")


def _text_of_row(row: object, where: str) -> str:
    match row:
        case str():
            return row
        case {"text": value}:
            return _text_of_row(value, where) if isinstance(value, list) else _text(value, where)
        case [value]:
            return _text(value, where)
    raise reading.not_one_of(SHAPE, f"{where}, which is no text and has no value named {COLUMN}")


def _text(value: object, where: str) -> str:
    if isinstance(value, str):
        return value
    raise reading.not_one_of(SHAPE, f"{where}, which is no string")
