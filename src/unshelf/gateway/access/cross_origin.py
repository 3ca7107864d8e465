"""Requests from web pages of other origins: those that a model lists may call it, by the CORS protocol of the Fetch standard.

Callers present a token in a header that their page sets. Credentials of the browser's own, such as cookies, are never allowed."""

from unshelf.gateway.http.exchange import Headers
from unshelf.gateway.http.response import Response
from unshelf.gateway.routing.index import Table

_METHOD_ASKED = "access-control-request-method"
_REMEMBERED_SECONDS = 600
"""How long a browser may go without asking again; each request itself is checked all the same."""
_PREFLIGHT = (
    ("access-control-allow-methods", "POST"),
    (
        "access-control-allow-headers",
        "authorization, content-encoding, content-type, traceparent, unshelf-params, x-prediction-cost, x-request-timeout",
    ),
    ("access-control-max-age", str(_REMEMBERED_SECONDS)),
)  # fmt: skip
_READABLE = ("access-control-expose-headers", "retry-after, server-timing, x-prediction-cost, x-prediction-id")


def lets_in(table: Table, reference: str, origin: str) -> bool:
    """Whether pages of this origin may call the model that a reference names."""
    model = table.models.get(reference.partition("@")[0].partition(":")[0])
    return model is not None and origin in model.origins


def answer_headers(origin: str) -> tuple[tuple[str, str], ...]:
    """The headers by which a browser shows an answer to a page of an origin that was let in."""
    return (("access-control-allow-origin", origin), ("vary", "origin"), _READABLE)


def is_preflight(method: str, headers: Headers) -> bool:
    """Whether a browser asks, before a page's request, if it may send it."""
    return method == "OPTIONS" and "origin" in headers and _METHOD_ASKED in headers


def preflight_answer(origin: str) -> Response:
    """The answer that lets the request of a page of this origin follow."""
    return Response(204, (*answer_headers(origin)[:2], *_PREFLIGHT), b"")
