"""Decodes request bodies. Problems name types, places and sizes, and never quote the body."""

from collections.abc import Sized
from typing import TypeVar

import msgspec

from sentiment_serving import problems
from sentiment_serving.problems import Problem

JSON = "application/json"

Message = TypeVar("Message")


def media_type(content_type: str) -> str:
    """The type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def is_json(content_type: str) -> bool:
    """Whether a Content-Type announces JSON."""
    kind = media_type(content_type)
    return kind == JSON or (kind.startswith("application/") and kind.endswith("+json"))


def require_json(content_type: str) -> None:
    """Refuse every other media type.

    Raises:
        Problem: 415.
    """
    if content_type != JSON and not is_json(content_type):
        raise problems.unsupported_media_type("Send JSON, with the header Content-Type: application/json.")


def decode(decoder: msgspec.json.Decoder[Message], data: bytes | msgspec.Raw, shape: str, path: str = "$") -> Message:
    """The message in `data`.

    Args:
        decoder: of the type that is expected.
        data: JSON in UTF-8.
        shape: a sentence that describes what to send.
        path: of `data` in the body.

    Raises:
        Problem: 400, when it is not JSON; 422, when it is JSON of another shape.
    """
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        # The sentence names kinds and a place such as `$.texts[3]`, never a value.
        raise problems.unprocessable(f"{shape} {_found(error, path)}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise problems.malformed(f"The body is not JSON in UTF-8 ({_why(error)}). {shape}") from None


def utf8(data: bytes, what: str) -> str:
    """Text in UTF-8.

    Args:
        what: the subject of the sentence if it is not.

    Raises:
        Problem: 400.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise problems.malformed(f"{what} is not UTF-8: see its byte {error.start}.") from None


def require_at_most(most: int, texts: Sized) -> None:
    """Refuse more texts than the limit. Readers stop at the first one beyond it.

    Raises:
        Problem: 413.
    """
    if len(texts) > most:
        raise problems.too_large(f"At most {most} texts in one request, found more. Send them in several requests.")


def not_one_of(shape: str, found: str) -> Problem:
    """422: JSON with too many or too few members."""
    return problems.unprocessable(f"{shape} Found {found}.")


def _found(error: msgspec.ValidationError, path: str) -> str:
    sentence = str(error)
    if path == "$":
        return sentence
    before, at, place = sentence.rpartition(" - at `$")
    return f"{before}{at[:-1]}{path}{place}" if at else f"{sentence} - at `{path}`"


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "a string has bytes that are not UTF-8"
    return str(error).removeprefix("JSON is malformed: ").rstrip(".")
