"""How each protocol's requests and answers are written: content types, and the V2 header for binary tensors."""

import re

from unshelf.contracts.protocols import frames
from unshelf.gateway.errors import ProblemError

NATIVE = "native"
MLFLOW = "mlflow"
V2 = "v2"
ARROW = "arrow"
GRPC = "grpc"

BINARY_HEADER = "inference-header-content-length"
JSON = "application/json"
ARROW_STREAM = "application/vnd.apache.arrow.stream"
EVENT_STREAM = "text/event-stream"
_OCTETS = "application/octet-stream"
_CSV = "text/csv"
_ACCEPTED = {
    NATIVE: f"application/json or {ARROW_STREAM}",
    MLFLOW: "application/json or text/csv",
    V2: "application/json, or application/octet-stream with Inference-Header-Content-Length",
}
_REMEMBERED = 1024
TYPE_CHARACTERS = 256
"""The longest Content-Type that is read. It is read on the event loop, where everybody waits for it."""
_ACCEPT_CHARACTERS = 4096
"""How much of an Accept header is read; browsers send some two hundred characters."""
_PARAMETER = re.compile(r';\s*([^\s;="]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]*)')
_ESCAPED = re.compile(r"\\(.)")
_known: dict[tuple[str, str], int] = {}


def frame_kind(protocol: str, content_type: str, *, binary: bool) -> int:
    """The frame's protocol number. Raises ProblemError (unsupported_media_type)."""
    if binary and protocol == V2:
        if _read(content_type)[0] not in ("", JSON, _OCTETS):
            raise _unsupported(protocol, content_type)
        return frames.V2
    kind = _known.get((protocol, content_type))
    if kind is None:
        media_type, charset = _read(content_type)
        if charset not in ("", "utf-8", "utf8", "us-ascii"):
            raise ProblemError(
                "unsupported_media_type", f"The charset {charset[:40]!a} is not taken.", hint="Send UTF-8."
            )
        kind = _kind(protocol, media_type)
        if not kind:
            raise _unsupported(protocol, content_type)
        if len(_known) < _REMEMBERED:
            _known[protocol, content_type] = kind
    return kind


def check_length(content_type: str) -> None:
    """Raise ProblemError (unsupported_media_type) for a Content-Type that is too long to be read."""
    if len(content_type) > TYPE_CHARACTERS:
        raise ProblemError(
            "unsupported_media_type",
            f"The Content-Type header has {len(content_type)} characters; at most {TYPE_CHARACTERS} are read.",
            hint="Send the media type alone, such as application/json.",
        )


def is_arrow(content_type: str) -> bool:
    """Whether a body is an Arrow IPC stream."""
    return content_type.partition(";")[0].strip().lower() == ARROW_STREAM


def wants_arrow(accept: str | None) -> bool:
    """Whether the caller asks for the answer as an Arrow IPC stream."""
    return accept is not None and any(is_arrow(wish) for wish in accept[:_ACCEPT_CHARACTERS].split(","))


def wants_events(accept: str | None) -> bool:
    """Whether the caller asks for the answer as server-sent events."""
    return accept is not None and EVENT_STREAM in accept[:_ACCEPT_CHARACTERS].lower()


def json_length(header: str | None, body: bytes) -> int:
    """The length of the JSON part of a V2 body with binary tensors; 0 without the header. Raises ProblemError."""
    if header is None:
        return 0
    length = int(header) if header.isascii() and header.isdigit() and len(header) < 16 else -1
    if not 0 < length <= len(body):
        raise ProblemError(
            "malformed_request",
            f"Inference-Header-Content-Length is {header[:40]!a}, but the body has {len(body)} bytes.",
            hint="It counts the bytes of the JSON part, with which the body begins.",
        )
    return length


def answer_headers(protocol: str, output_header: int) -> list[tuple[str, str]]:
    """The headers that say how the body of a 200 answer is written."""
    if protocol == V2 and output_header:
        return [("content-type", _OCTETS), (BINARY_HEADER, str(output_header))]
    if protocol == ARROW and output_header:
        return [("content-type", ARROW_STREAM)]
    return [("content-type", JSON)]


def _kind(protocol: str, media_type: str) -> int:
    """The frame's protocol number; 0 when the protocol does not take the media type."""
    if protocol == MLFLOW and media_type == _CSV:
        return frames.MLFLOW_CSV
    if media_type in ("", JSON) or (media_type.startswith("application/") and media_type.endswith("+json")):
        return {NATIVE: frames.NATIVE, MLFLOW: frames.MLFLOW_JSON, V2: frames.V2}[protocol]
    return 0


def _read(content_type: str) -> tuple[str, str]:
    """The media type and the charset of a Content-Type header, both in lower case; empty when there is none. Raises ProblemError."""
    check_length(content_type)
    media_type, _, _ = content_type.partition(";")
    charset = ""
    for name, value in _PARAMETER.findall(content_type, len(media_type)):
        if name.lower() == "charset":
            charset = _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value
            break
    return media_type.strip().lower(), charset.strip().lower()


def _unsupported(protocol: str, content_type: str) -> ProblemError:
    shown = ascii(content_type[:80]) if content_type else "a body without a type"
    elsewhere = ""
    if protocol == NATIVE and content_type.lower().startswith(_CSV):
        elsewhere = " CSV is taken at /models/NAME/invocations."
    return ProblemError(
        "unsupported_media_type", f"The content type {shown} is not taken here.",
        hint=f"Send {_ACCEPTED[protocol]} in the Content-Type header.{elsewhere}",
    )  # fmt: skip
