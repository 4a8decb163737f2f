"""The Open Inference Protocol (V2), HTTP: https://github.com/kserve/open-inference-protocol.

One input, `text`: BYTES, [n] or [n, 1]. Two outputs: `label`, BYTES [n], and `probabilities`, FP64 [n, labels], in the
order of the labels in the model's metadata. Either side may be JSON or, with the binary extension, binary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from sentiment_model import Prediction
from sentiment_serving import problems
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.wire import reading, tensors

BINARY = "application/octet-stream"
HEADER_LENGTH = "Inference-Header-Content-Length"
"""How many bytes of a body are its JSON; the binary tensors follow."""

INPUT, LABEL, PROBABILITIES = "text", "label", "probabilities"
OUTPUTS = (LABEL, PROBABILITIES)
SHAPE = f'Send {{"inputs": [{{"name": "{INPUT}", "shape": [1], "datatype": "BYTES", "data": ["..."]}}]}}.'

Parameters = dict[str, Any]


class InferInput(Struct):
    """A tensor of texts."""

    name: str
    shape: list[Annotated[int, Meta(ge=0)]]
    datatype: str
    parameters: Parameters | None = None
    data: list[str | list[str]] | None = None
    """Absent if the tensor is binary: `parameters.binary_data_size` is its size in bytes then."""


class RequestedOutput(Struct):
    """`parameters.binary_data` asks for bytes."""

    name: str
    parameters: Parameters | None = None


class InferRequest(Struct):
    """POST .../infer"""

    inputs: list[InferInput]
    id: str | None = None
    parameters: Parameters | None = None
    outputs: list[RequestedOutput] | None = None


class InferOutput(Struct, omit_defaults=True):
    """An answered tensor."""

    name: str
    shape: list[int]
    datatype: str
    parameters: Parameters | None = None
    data: Sequence[str | float] | None = None


class InferResponse(Struct, omit_defaults=True):
    """The response of POST .../infer"""

    model_name: str
    model_version: str
    outputs: list[InferOutput]
    id: str | None = None


class TensorMetadata(Struct):
    """-1 is a dimension of any size."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(Struct):
    """GET /v2/models/{name}"""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]
    parameters: Parameters


class ServerMetadata(Struct):
    """GET /v2"""

    name: str
    version: str
    extensions: list[str]


class Live(Struct):
    """GET /v2/health/live"""

    live: bool


class Ready(Struct):
    """GET /v2/health/ready"""

    ready: bool


class ModelReady(Struct):
    """GET /v2/models/{name}/ready"""

    name: str
    ready: bool


@dataclass(frozen=True, slots=True)
class InferQuery:
    """A decoded request of POST .../infer."""

    texts: list[str]
    id: str | None
    outputs: list[tuple[str, bool]]
    """Name, and whether it is requested as binary."""


_DECODER = msgspec.json.Decoder(InferRequest)
_encode = msgspec.json.Encoder().encode


def read(body: bytes, content_type: str, header_length: str) -> InferQuery:
    """Decode the body of POST .../infer.

    Args:
        body: JSON, with binary tensors behind it if `header_length` is set.
        content_type: JSON, application/octet-stream or none: Triton's client sends none.
        header_length: the header Inference-Header-Content-Length, empty when there is none.

    Raises:
        Problem: 400, 415, 422.
    """
    if content_type and not reading.is_json(content_type) and reading.media_type(content_type) != BINARY:
        raise problems.unsupported_media_type(f"Send JSON, or JSON and binary tensors with the header {HEADER_LENGTH}.")
    header, binary = _split(body, header_length)
    request = reading.decode(_DECODER, header, SHAPE)
    if len(request.inputs) != 1 or request.inputs[0].name != INPUT:
        raise reading.not_one_of(SHAPE, f"{len(request.inputs)} inputs, or one that is not named {INPUT}")
    given = request.inputs[0]
    if given.datatype != "BYTES":
        raise reading.not_one_of(SHAPE, "another datatype")
    texts = _texts(given, binary)
    if not texts or given.shape not in ([len(texts)], [len(texts), 1]):
        raise reading.not_one_of(
            SHAPE, f"{len(texts)} texts, and a shape that is neither [{len(texts)}] nor [{len(texts)}, 1]"
        )
    return InferQuery(texts, request.id, _wanted(request))


def write(
    query: InferQuery, predictions: Sequence[Prediction], labels: Sequence[str], identity: ModelIdentity
) -> tuple[bytes, int | None]:
    """The response, and the size of its JSON in bytes if binary tensors follow."""
    outputs, tail = [], []
    for name, binary in query.outputs:
        output = _output(name, predictions, len(labels), binary=binary)
        if binary:
            data = _bytes(name, predictions)
            output.parameters = {"binary_data_size": len(data)}
            tail.append(data)
        outputs.append(output)
    header = _encode(InferResponse(identity.name, identity.version, outputs, query.id))
    return b"".join((header, *tail)), len(header) if tail else None


def metadata(identity: ModelIdentity, labels: Sequence[str]) -> ModelMetadata:
    """The inputs and outputs of the model."""
    return ModelMetadata(
        name=identity.name,
        versions=[identity.version],
        platform="sentiment_safetensors",
        inputs=[TensorMetadata(INPUT, "BYTES", [-1])],
        outputs=[
            TensorMetadata(LABEL, "BYTES", [-1]),
            TensorMetadata(PROBABILITIES, "FP64", [-1, len(labels)]),
        ],
        parameters={"labels": list(labels), "digest": identity.digest or None},
    )


def _split(body: bytes, header_length: str) -> tuple[bytes, bytes]:
    if not header_length:
        return body, b""
    plain = header_length.isascii() and header_length.isdigit() and len(header_length) < 12
    if not plain or int(header_length) > len(body):
        raise problems.malformed(f"{HEADER_LENGTH} must be the size of the JSON in bytes, at most that of the body.")
    return body[: int(header_length)], body[int(header_length) :]


def _texts(given: InferInput, binary: bytes) -> list[str]:
    size = (given.parameters or {}).get("binary_data_size")
    if size is None:
        if given.data is None or binary:
            raise reading.not_one_of(SHAPE, "no data, or bytes behind the JSON that no tensor claims")
        return [text for row in given.data for text in ([row] if isinstance(row, str) else row)]
    if given.data is not None:
        raise reading.not_one_of(SHAPE, "both data and binary_data_size")
    if type(size) is not int or size != len(binary):
        raise reading.not_one_of(SHAPE, f"{len(binary)} bytes behind the JSON and another binary_data_size")
    return tensors.read_strings(binary, INPUT)


def _wanted(request: InferRequest) -> list[tuple[str, bool]]:
    binary = (request.parameters or {}).get("binary_data_output") is True
    if not request.outputs:
        return [(name, binary) for name in OUTPUTS]
    wanted = []
    for output in request.outputs:
        parameters = output.parameters or {}
        if output.name not in OUTPUTS or parameters.get("classification"):
            raise problems.unprocessable(f"Ask for the outputs {LABEL} and {PROBABILITIES}, or name none for both.")
        wanted.append((output.name, parameters.get("binary_data", binary) is True))
    if len({name for name, _ in wanted}) != len(wanted):
        raise problems.unprocessable("Ask for each output once.")
    return wanted


def _output(name: str, predictions: Sequence[Prediction], classes: int, *, binary: bool) -> InferOutput:
    count = len(predictions)
    if name == LABEL:
        return InferOutput(name, [count], "BYTES", data=None if binary else [one.label for one in predictions])
    return InferOutput(name, [count, classes], "FP64", data=None if binary else _numbers(predictions))


def _bytes(name: str, predictions: Sequence[Prediction]) -> bytes:
    if name == LABEL:
        return tensors.write_strings([one.label for one in predictions])
    return tensors.write_doubles(_numbers(predictions))


def _numbers(predictions: Sequence[Prediction]) -> list[float]:
    return [number for one in predictions for number in one.probabilities]
