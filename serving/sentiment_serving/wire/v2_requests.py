"""Reads the requests of the Open Inference Protocol: what `sentiment_serving.wire.v2` describes, within limits."""

from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from sentiment_serving import problems
from sentiment_serving.wire import reading, tensors
from sentiment_serving.wire.elements import ABSENT, NULL, Elements, is_null, kind, short
from sentiment_serving.wire.v2 import BINARY, HEADER_LENGTH, INPUT, LABEL, OUTPUTS, PROBABILITIES, SHAPE, InferQuery


class _ReceivedParameters(Struct):
    """The parameters that have a meaning here, yet to be decoded. Others are skipped."""

    binary_data_size: Raw = NULL
    binary_data_output: Raw = NULL
    binary_data: Raw = ABSENT
    classification: Raw = NULL


class _ReceivedInput(Struct):
    """`InferInput`, its arrays yet to be decoded."""

    name: str
    shape: Raw
    datatype: str
    parameters: _ReceivedParameters | None = None
    data: Raw = NULL


class _ReceivedOutput(Struct):
    """`RequestedOutput`."""

    name: str
    parameters: _ReceivedParameters | None = None


class _Received(Struct):
    """`InferRequest`, its arrays yet to be decoded."""

    inputs: Raw
    id: str | None = None
    parameters: _ReceivedParameters | None = None
    outputs: Raw = NULL


_DATA = "$.inputs[0].data"
_DECODER = msgspec.json.Decoder(_Received)
_TEXT = msgspec.json.Decoder(str)
_INPUTS = Elements[_ReceivedInput](_ReceivedInput, 1)
_OUTPUTS = Elements[_ReceivedOutput](_ReceivedOutput, len(OUTPUTS))
_SHAPE = Elements[int](Annotated[int, Meta(ge=0)], 2)
_NO_PARAMETERS = _ReceivedParameters()
_FALSE = frozenset((b"null", b"false", b"0", b'""', b"[]", b"{}"))


class InferReader:
    """Reads the bodies of POST .../infer.

    Args:
        most: how many texts a request may have.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._data = Elements[Raw](Raw, most)
        self._row = Elements[str](str, most)

    def read(self, body: bytes, content_type: str, header_length: str) -> InferQuery:
        """Decode a body.

        Args:
            body: JSON, with binary tensors behind it if `header_length` is set.
            content_type: JSON, application/octet-stream or none: Triton's client sends none.
            header_length: the header Inference-Header-Content-Length, empty when there is none.

        Raises:
            Problem: 400, 413, 415, 422.
        """
        if content_type and not reading.is_json(content_type) and reading.media_type(content_type) != BINARY:
            raise problems.unsupported_media_type(
                f"Send JSON, or JSON and binary tensors with the header {HEADER_LENGTH}."
            )
        header, binary = _split(body, header_length)
        request = reading.decode(_DECODER, header, SHAPE)
        inputs = _INPUTS.decode(request.inputs, SHAPE, "$.inputs")
        if len(inputs) != 1 or inputs[0].name != INPUT:
            found = "several" if len(inputs) > 1 else len(inputs)
            raise reading.not_one_of(SHAPE, f"{found} inputs, or one that is not named {INPUT}")
        given = inputs[0]
        if given.datatype != "BYTES":
            raise reading.not_one_of(SHAPE, "another datatype")
        texts = self._texts(given, binary)
        reading.require_at_most(self._most, texts)
        shape = _SHAPE.decode(given.shape, SHAPE, "$.inputs[0].shape")
        if not texts or shape not in ([len(texts)], [len(texts), 1]):
            raise reading.not_one_of(
                SHAPE, f"{len(texts)} texts, and a shape that is neither [{len(texts)}] nor [{len(texts)}, 1]"
            )
        return InferQuery(texts, request.id, _wanted(request))

    def _texts(self, given: _ReceivedInput, binary: bytes) -> list[str]:
        """The texts, at most one more than allowed."""
        size = (given.parameters or _NO_PARAMETERS).binary_data_size
        if is_null(size):
            if is_null(given.data) or binary:
                raise reading.not_one_of(SHAPE, "no data, or bytes behind the JSON that no tensor claims")
            return self._texts_of_json(given.data)
        if not is_null(given.data):
            raise reading.not_one_of(SHAPE, "both data and binary_data_size")
        if short(size) != b"%d" % len(binary):
            raise reading.not_one_of(SHAPE, f"{len(binary)} bytes behind the JSON and another binary_data_size")
        return tensors.read_strings(binary, INPUT, self._most)

    def _texts_of_json(self, data: Raw) -> list[str]:
        texts: list[str] = []
        for index, row in enumerate(self._data.decode(data, SHAPE, _DATA)):
            path = f"{_DATA}[{index}]"
            if kind(row) == b"[":
                texts += self._row.decode(row, SHAPE, path)
            else:
                texts.append(reading.decode(_TEXT, row, SHAPE, path))
            if len(texts) > self._most:
                break
        return texts


def _split(body: bytes, header_length: str) -> tuple[bytes, bytes]:
    if not header_length:
        return body, b""
    plain = header_length.isascii() and header_length.isdigit() and len(header_length) < 12
    if not plain or int(header_length) > len(body):
        raise problems.malformed(f"{HEADER_LENGTH} must be the size of the JSON in bytes, at most that of the body.")
    return body[: int(header_length)], body[int(header_length) :]


def _wanted(request: _Received) -> list[tuple[str, bool]]:
    binary = short((request.parameters or _NO_PARAMETERS).binary_data_output) == b"true"
    outputs = [] if is_null(request.outputs) else _OUTPUTS.decode(request.outputs, SHAPE, "$.outputs")
    if not outputs:
        return [(name, binary) for name in OUTPUTS]
    wanted = []
    for output in outputs:
        parameters = output.parameters or _NO_PARAMETERS
        if output.name not in OUTPUTS or short(parameters.classification) not in _FALSE:
            raise problems.unprocessable(f"Ask for the outputs {LABEL} and {PROBABILITIES}, or name none for both.")
        own = parameters.binary_data
        wanted.append((output.name, binary if own is ABSENT else short(own) == b"true"))
    if len({name for name, _ in wanted}) != len(wanted):
        raise problems.unprocessable("Ask for each output once.")
    return wanted
