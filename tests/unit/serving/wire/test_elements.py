"""However many elements an array has, no more than the limit and one are built."""

import json
import tracemalloc
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from sentiment_serving.problems import Problem
from sentiment_serving.wire.elements import Elements
from sentiment_serving.wire.mlflow import InvocationsReader
from sentiment_serving.wire.native import PredictReader
from sentiment_serving.wire.tensors import read_strings
from sentiment_serving.wire.v2_requests import InferReader
from testbed import hostile_requests as hostile

MOST = 1000
SHAPE = "Send texts."


@pytest.mark.parametrize("count", [0, 1, 2, 3])
@pytest.mark.parametrize("text", ["a", "a,b,c,d,e,f,g,h", '["a"'])
def test_up_to_the_limit_all_are_there(count: int, text: str) -> None:
    data = Raw(json.dumps([text] * count).encode())
    assert Elements[str](str, 3).decode(data, SHAPE) == [text] * count


@pytest.mark.parametrize("count", [4, 5, 5000])
def test_beyond_the_limit_there_is_one_more(count: int) -> None:
    data = Raw(json.dumps(["a"] * count).encode())
    assert Elements[str](str, 3).decode(data, SHAPE)[:5] == ["a"] * min(count, 4)


def test_a_limit_that_is_none_is_a_plain_list() -> None:
    assert len(Elements[int](int, 1_000_000).decode(Raw(b"[" + b"1," * 20_000 + b"1]"), SHAPE)) == 20_001


@pytest.mark.parametrize("length", [4, 4000])
@pytest.mark.parametrize(
    ("wrong", "found"),
    [("1", "Expected `str`, got `int` - at `$.texts[1]`."), ("null", "Expected `str`, got `null` - at `$.texts[1]`.")],
)
def test_the_wrong_type_is_422_with_its_place(length: int, wrong: str, found: str) -> None:
    data = Raw(b'["a",' + wrong.encode() + b',"a"' * length + b"]")
    with pytest.raises(Problem) as raised:
        Elements[str](str, MOST).decode(data, SHAPE, "$.texts")
    assert (raised.value.status, raised.value.detail) == (422, f"{SHAPE} {found}")


@pytest.mark.parametrize(("data", "kind"), [(b"{}", "object"), (b"3", "int"), (b"null", "null")])
def test_what_is_no_array_is_422(data: bytes, kind: str) -> None:
    with pytest.raises(Problem) as raised:
        Elements[str](str, MOST).decode(Raw(data), SHAPE, "$.texts")
    assert raised.value.detail == f"{SHAPE} Expected `array`, got `{kind}` - at `$.texts`."


@pytest.mark.parametrize("large", hostile.large(), ids=lambda large: large.name)
def test_reading_any_body_takes_a_few_megabytes(large: hostile.Large) -> None:
    readers: dict[str, Any] = {
        "/predict": lambda: PredictReader(MOST).read(large.body),
        "/explain": lambda: None,
        "/invocations": lambda: InvocationsReader(MOST).read(large.body, large.headers["Content-Type"]),
        "/v2/models/reviews/infer": lambda: InferReader(MOST).read(
            large.body, large.headers.get("Content-Type", ""), large.headers.get("Inference-Header-Content-Length", "")
        ),
    }
    status = 200
    tracemalloc.start()
    try:
        readers[large.path]()
    except Problem as problem:
        status = problem.status
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert status in (200, 413, 422)
    # Text of wide characters and the rows of a CSV have four bytes for one of the body.
    assert peak < 16 * len(large.body)


def read_csv(body: bytes) -> list[str]:
    return InvocationsReader(2).read(body, "text/csv")


def test_a_csv_is_read_to_the_first_row_beyond_the_limit() -> None:
    assert read_csv(b"text\na\nb\n") == ["a", "b"]
    with pytest.raises(Problem) as raised:
        # The quote that is not closed would be 400.
        read_csv(b'text\na\nb\nc\n"')
    assert raised.value.status == 413
    assert "At most 2 texts" in raised.value.detail


def test_a_csv_of_empty_lines_has_an_end() -> None:
    assert read_csv(b"text\n" + b"\n" * 1000 + b"a\n") == ["a"]
    with pytest.raises(Problem) as raised:
        read_csv(b"text\n" + b"\n" * 200_000)
    assert raised.value.status == 413


def test_a_table_has_a_limited_number_of_columns() -> None:
    reader = InvocationsReader(MOST)
    names = ["text", *(str(number) for number in range(999))]
    split = {"dataframe_split": {"columns": names, "data": [names]}}
    assert reader.read(json.dumps(split).encode(), "application/json") == ["text"]
    split["dataframe_split"]["columns"] = [*names, "one more"]
    with pytest.raises(Problem) as raised:
        reader.read(json.dumps(split).encode(), "application/json")
    assert raised.value.status == 413


def test_a_binary_tensor_is_read_to_the_first_element_beyond_the_limit() -> None:
    element = b"\x01\x00\x00\x00a"
    assert read_strings(element * 2, "text", 2) == ["a", "a"]
    # What follows is no element.
    assert read_strings(element * 3 + b"\xff", "text", 2) == ["a"] * 3


def infer(data: Any, count: int, **parameters: Any) -> list[str]:
    tensor = {"name": "text", "shape": [count], "datatype": "BYTES", "data": data}
    return InferReader(2).read(msgspec.json.encode({"inputs": [tensor], **parameters}), "application/json", "").texts


@pytest.mark.parametrize("data", [["a", "b"], [["a"], ["b"]], [["a", "b"]], ["a", ["b"]]])
def test_a_tensor_is_flat_or_nested(data: Any) -> None:
    assert infer(data, 2) == ["a", "b"]


@pytest.mark.parametrize("data", [["a"] * 3, [["a"]] * 9, [["a"] * 9], ["a", ["b", "c"]]])
def test_too_many_texts_in_a_tensor_are_413(data: Any) -> None:
    with pytest.raises(Problem) as raised:
        infer(data, 9)
    assert raised.value.status == 413


@pytest.mark.parametrize("escaped", [b"te\\u0078t", b"text"])
def test_the_name_of_a_column_may_be_escaped(escaped: bytes) -> None:
    body = b'{"dataframe_split":{"columns":["id","%b"],"data":[[[1,{}],"good"]],"index":[[]]}}' % escaped
    assert InvocationsReader(2).read(body, "application/json") == ["good"]


@pytest.mark.parametrize("name", ["instances", "inputs", "dataframe_records"])
def test_members_that_are_not_used_may_hold_anything(name: str) -> None:
    body = {name: [{"text": "good", "id": [1, {"a": []}]}], "params": {"a": [[]]}, "zebra": [{}]}
    assert InvocationsReader(2).read(json.dumps(body).encode(), "application/json") == ["good"]


@pytest.mark.parametrize("row", ["good", ["good"], 1, None])
def test_a_record_is_an_object(row: Any) -> None:
    with pytest.raises(Problem) as raised:
        InvocationsReader(2).read(json.dumps({"dataframe_records": [row]}).encode(), "application/json")
    assert raised.value.status == 422
