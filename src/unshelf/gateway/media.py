"""How each protocol's requests and answers are written: content types, and the V2 header for binary tensors."""

from email.message import Message

from unshelf.contracts import frames
from unshelf.gateway.problems import Refused

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
_known: dict[tuple[str, str], int] = {}


def frame_kind(protocol: str, content_type: str, *, binary: bool) -> int:
    """The frame's protocol number. Raises Refused (unsupported_media_type)."""
    if binary and protocol == V2:
        if _read(content_type)[0] not in ("", JSON, _OCTETS):
            raise _unsupported(protocol, content_type)
        return frames.V2
    kind = _known.get((protocol, content_type))
    if kind is None:
        media_type, charset = _read(content_type)
        if charset not in ("", "utf-8", "utf8", "us-ascii"):
            raise Refused("unsupported_media_type", f"the charset {charset[:40]!a} is not taken", hint="send UTF-8")
        kind = _kind(protocol, media_type)
        if not kind:
            raise _unsupported(protocol, content_type)
        if len(_known) < _REMEMBERED:
            _known[protocol, content_type] = kind
    return kind


def is_arrow(content_type: str) -> bool:
    """Whether a body is an Arrow IPC stream."""
    return content_type.partition(";")[0].strip().lower() == ARROW_STREAM


def wants_arrow(accept: str | None) -> bool:
    """Whether the caller asks for the answer as an Arrow IPC stream."""
    return accept is not None and any(is_arrow(wish) for wish in accept.split(","))


def wants_events(accept: str | None) -> bool:
    """Whether the caller asks for the answer as server-sent events."""
    return accept is not None and EVENT_STREAM in accept.lower()


def json_length(header: str | None, body: bytes) -> int:
    """The length of the JSON part of a V2 body with binary tensors; 0 without the header. Raises Refused."""
    if header is None:
        return 0
    length = int(header) if header.isascii() and header.isdigit() and len(header) < 16 else -1
    if not 0 < length <= len(body):
        raise Refused(
            "malformed_request",
            f"Inference-Header-Content-Length is {header[:40]!a}, but the body has {len(body)} bytes",
            hint="it counts the bytes of the JSON part, with which the body begins",
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
    """The media type and the charset of a Content-Type header, both in lower case; empty when there is none."""
    if not content_type.strip():
        return "", ""
    message = Message()
    message["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
    charset = message.get_param("charset", "")
    text = charset if isinstance(charset, str) else ""
    return content_type.partition(";")[0].strip().lower(), text.strip().lower()


def _unsupported(protocol: str, content_type: str) -> Refused:
    shown = ascii(content_type[:80]) if content_type else "a body without a type"
    return Refused(
        "unsupported_media_type", f"the content type {shown} is not taken here",
        hint=f"send {_ACCEPTED[protocol]} in the Content-Type header",
    )  # fmt: skip
