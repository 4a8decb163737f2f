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
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.wire import tensors

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


_encode = msgspec.json.Encoder().encode


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
