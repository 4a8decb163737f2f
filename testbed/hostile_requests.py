"""Malformed and hostile requests, generated from a seed so that a failure can be reproduced, and the largest bodies."""

import json
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MARK = "zebra"
"""A word in the text, names, path or headers of every request: it must not appear in any answer or log."""

PATHS = ("/predict", "/explain", "/invocations", "/v2/models/reviews/infer", "/v2/models/reviews/versions/14/infer")
JSON = "application/json"
TYPES = (*[JSON] * 12, "text/csv", "application/octet-stream", "text/plain", "multipart/form-data", MARK, "")

_SHAPES: tuple[Callable[[object], object], ...] = (
    lambda value: {"text": value},
    lambda value: {"texts": [value]},
    lambda value: {"texts": value, "text": value},
    lambda value: {"instances": [value]},
    lambda value: {"inputs": value},
    lambda value: {"inputs": {"text": value}},
    lambda value: {"dataframe_split": {"columns": ["text", MARK], "data": [[value, MARK]]}},
    lambda value: {"dataframe_records": [{"text": value, MARK: MARK}]},
    lambda value: {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": value}]},
    lambda value: {"inputs": [{"name": "text", "shape": value, "datatype": "BYTES", "data": [MARK]}]},
    lambda value: {"inputs": [{"name": MARK, "shape": [1], "datatype": value, "data": [MARK]}], "outputs": value},
    lambda value: value,
    lambda value: {MARK: value},
)


def _values(random: random.Random) -> object:
    deep: object = MARK
    for _ in range(random.choice((3, 50, 2000))):
        deep = [deep] if random.random() < 0.5 else {MARK: deep}
    return random.choice(
        (
            MARK,
            "\ud800 zebra",
            "\x00\x1b[31mzebra\r\nSet-Cookie: zebra",
            "<script>zebra</script>",
            "zebra" * random.choice((1, 20_000)),
            None,
            True,
            -1,
            10 ** random.choice((3, 19, 400, 4000)),
            1e308,
            [],
            {},
            [MARK] * 5000,
            [[MARK]],
            {MARK: MARK},
            deep,
        )
    )


def _body(random: random.Random) -> bytes:
    value = random.choice(_SHAPES)(_values(random))
    try:
        body = json.dumps(value).encode()
    except RecursionError:
        body = b"[" * 100_000 + b'"zebra"' + b"]" * 100_000
    match random.randrange(10):
        case 0:
            body = body[: random.randrange(len(body) + 1)]
        case 1:
            place = random.randrange(len(body) + 1)
            body = body[:place] + random.randbytes(random.randrange(1, 9)) + body[place:]
        case 2:
            body = body.replace(b"zebra", b"zebra\xff\xed\xa0\x80")
        case 3:
            body = random.randbytes(random.randrange(2000)) + b"zebra"
        case 4:
            body = body.replace(b"1", b"1" * 50_000, 1)
        case 5:
            body = b'text\n"zebra\n' + body
    return body


def _binary(random: random.Random) -> tuple[bytes, str]:
    data = b"".join(struct.pack("<I", random.choice((0, 5, 6, 2**31, 2**32 - 1))) + b"zebra" for _ in range(3))
    size = random.choice((len(data), len(data), 0, -1, 2**40, True, MARK))
    given = {"name": "text", "shape": [3], "datatype": "BYTES", "parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [given], "parameters": {"binary_data_output": True}}).encode()
    length = random.choice((str(len(head)), str(len(head)), "0", "-1", "9" * 400, MARK, ""))
    return head + data, length


def requests(seed: int, count: int) -> Iterator[tuple[str, str, bytes, dict[str, str]]]:
    """Well-formed HTTP: method, path, body, headers."""
    source = random.Random(seed)
    for _ in range(count):
        headers = {"Content-Type": source.choice(TYPES)}
        method, path = "POST", source.choice(PATHS)
        if source.random() < 0.2:
            body, headers["Inference-Header-Content-Length"] = _binary(source)
        else:
            body = _body(source)
        match source.randrange(12):
            case 0:
                method = source.choice(("GET", "PUT", "DELETE", "HEAD", "OPTIONS", "ZEBRA"))
            case 1:
                path = source.choice(("/zebra", "/%2e%2e/zebra", "/v2/models/zebra/infer", "/predict/zebra", "//zebra"))
            case 2:
                path += "?zebra=zebra&x=%ff%00"
            case 3:
                headers["X-Request-Id"] = source.choice(("zebra zebra", "zebra" * 50, "ze\tbra", "-zebra"))
            case 4:
                headers["Content-Encoding"] = source.choice(("gzip", "zebra"))
            case 5:
                headers["Accept"] = headers["User-Agent"] = "zebra, application/openmetrics-text; version=zebra"
        yield method, path, body, headers


_HEAD = b"POST /predict HTTP/1.1\r\nHost: zebra\r\nContent-Type: application/json\r\n"

RAW = (
    b"\x00\xffzebra\r\n\r\n",
    b"\x16\x03\x01\x02\x00zebra",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nzebra",
    b"GET zebra HTTP/9.9\r\n\r\n",
    b"GET /" + b"zebra" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: x\r\n" + b"X-Zebra: zebra\r\n" * 5000 + b"\r\n",
    b"GET /livez HTTP/1.1\r\nHost: x\r\nzebra zebra\r\n\r\n",
    b"GET /\xff\xfezebra HTTP/1.1\r\nHost: \xff\r\n\r\n",
    _HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nzebra",
    _HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nzebra\r\n0\r\n\r\n",
    _HEAD + b"Content-Length: -5\r\n\r\nzebra",
    _HEAD + b"Content-Length: 99999999999999999999999999\r\n\r\nzebra",
    _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzebra\r\nzebra\r\n0\r\n\r\n",
    _HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nzebra",
    _HEAD + b"Transfer-Encoding: zebra\r\n\r\nzebra",
    _HEAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nzebra",
    _HEAD + b"Expect: zebra\r\nContent-Length: 5\r\n\r\nzebra",
    _HEAD + b"Content-Length: 500\r\n\r\nzebra",
    _HEAD + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: zebra\r\n\r\n",
)
"""Byte sequences that are malformed HTTP or edge cases of it; each may be cut anywhere."""


LARGEST = 1024 * 1024 - 200
"""Size in bytes that no body of `large` exceeds: below the default limit."""


@dataclass(frozen=True)
class Large:
    """A body that is small enough to be read and made to cost as much memory as possible."""

    name: str
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": JSON})


def large() -> list[Large]:
    """One of each kind: every format, with too many of whatever it may repeat."""
    infer = "/v2/models/reviews/infer"
    tensor = b'"name":"text","datatype":"BYTES"'
    repeated: tuple[tuple[str, bytes, bytes, bytes], ...] = (
        ("/predict", b'{"texts":[', b"]}", b'""'),
        ("/predict", b'{"texts":[', b"]}", b'"ab"'),
        ("/predict", b'{"text":"good","zebra":[', b"]}", b"[[]]"),
        ("/explain", b'{"text":"good","zebra":[', b"]}", b'{"":{}}'),
        *(
            ("/invocations", b'{"%s":[' % name, b"]}", element)
            for name in (b"instances", b"inputs", b"dataframe_records")
            for element in (b"{}", b"[]", b"[[],[]]", b"1", b'"ab"', b'{"":[]}', b'{"text":""}', _NESTED)
        ),
        ("/invocations", b'{"inputs":{"text":[', b"]}}", b"[]"),
        ("/invocations", b'{"inputs":{"text":[""],"zebra":[', b"]}}", b"[]"),
        *(
            ("/invocations", b'{"dataframe_split":{"columns":["text"],"data":[', b"]}}", element)
            for element in (b"[]", b'[""]', b"[[],[]]", _NESTED)
        ),
        ("/invocations", b'{"dataframe_split":{"data":[[', b"]]}}", b"[]"),
        ("/invocations", b'{"dataframe_split":{"data":[["good"]],"columns":[', b"]}}", b'"ab"'),
        ("/invocations", b'{"dataframe_split":{"data":[["good"]],"index":[', b"]}}", b"[]"),
        ("/invocations", b'{"instances":["good"],"params":{"zebra":[', b"]}}", b"[[]]"),
        ("/invocations", b'{"instances":["good"],"zebra":[', b"]}", _NESTED),
        *((infer, b'{"inputs":[{%s,"shape":[1],"data":[' % tensor, b"]}]}", one) for one in (b"[]", b'[""]', b'""')),
        (infer, b'{"inputs":[{%s,"shape":[1],"data":[[' % tensor, b"]]}]}", b'"ab"'),
        (infer, b'{"inputs":[{%s,"data":["good"],"shape":[' % tensor, b"]}]}", b"1234"),
        (infer, b'{"inputs":[', b"]}", b'{%s,"shape":[],"data":[]}' % tensor),
        (infer, b'{"inputs":[{%s,"shape":[1],"data":["good"]}],"outputs":[' % tensor, b"]}", b'{"name":"label"}'),
        (infer, b'{"inputs":[{%s,"shape":[1],"data":["good"]}],"parameters":{"zebra":[' % tensor, b"]}}", b"[[]]"),
        (infer, b'{"inputs":[{%s,"shape":[1],"data":["good"],"parameters":{"zebra":[' % tensor, b"]}}]}", b"{}"),
    )
    found = [
        Large(f"{path} {before.decode()}{_short(one)}", path, _repeat(before, one, after))
        for path, before, after, one in repeated
    ]
    keys = b",".join(b'"%x":1' % number for number in range(90_000))
    found.append(Large("/invocations params of many keys", "/invocations", b'{"inputs":["good"],"params":{%s}}' % keys))
    found.append(Large("/invocations a record of many keys", "/invocations", b'{"dataframe_records":[{%s}]}' % keys))
    csv = {"Content-Type": "text/csv"}
    found.append(Large("/invocations CSV of short rows", "/invocations", b"text\n" + b"a\n" * (LARGEST // 2 - 3), csv))
    found.append(
        Large("/invocations CSV of empty columns", "/invocations", b"," * 500_000 + b"\n" + b"," * 500_000, csv)
    )
    found.append(Large("/invocations CSV of empty lines", "/invocations", b"text\n" + b"\n" * (LARGEST - 5), csv))
    wide = ("x" * 1100 + "\U0001f642").encode()
    found.append(Large("/predict texts of wide characters", "/predict", _repeat(b'{"texts":[', b'"%s"' % wide, b"]}")))
    data = b"\x00" * 1_040_000
    head = b'{"inputs":[{%s,"shape":[260000],"parameters":{"binary_data_size":%d}}]}' % (tensor, len(data))
    found.append(
        Large(
            f"{infer} binary elements without bytes",
            infer,
            head + data,
            {"Inference-Header-Content-Length": str(len(head))},
        )
    )
    return found


_NESTED = b"[" * 400 + b"]" * 400


def _repeat(before: bytes, element: bytes, after: bytes) -> bytes:
    """As many elements as fit."""
    count = (LARGEST - len(before) - len(after)) // (len(element) + 1)
    return before + b",".join([element] * count) + after


def _short(element: bytes) -> str:
    return f"{element[:12].decode()}..."
