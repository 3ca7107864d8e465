"""Serving the pages: the document with a strict policy of what it may load, and assets that browsers keep for good."""

import secrets
from collections.abc import Callable, Sequence

from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from unshelf.api.pages.embedding import ANY_ORIGIN
from unshelf.api.pages.files import Asset, PageFiles
from unshelf.contracts.protocols.pages import ASSETS, embedded_app, is_page_request
from unshelf.foundation.web.problems import problem_response

NONCE = "__NONCE__"
"""The mark in the built document, in the place of which each answer has a number of its own."""
_NOT_BUILT = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Unshelf</title><h1>The pages are not built here</h1>"
    "<p>This is a source checkout: <code>make web</code> builds them, then the server has to be started again. "
    "The API and the command line work without them.</p></html>"
)
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)
_SANDBOX = "; sandbox allow-scripts"
"""The origin of a document with it is opaque: no cookie, no storage, no way to our other pages."""
_SAFETY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_CSP = "content-security-policy"
_BY_TLS_ALONE = {"strict-transport-security": "max-age=31536000"}
_DOCUMENT = {"cache-control": "no-cache", "vary": "accept"}


class Pages:
    """Around the API: answers what browsers open, and leaves everything else to the API."""

    def __init__(
        self,
        app: ASGIApp,
        files: PageFiles | None,
        embedded_in: Callable[[str], Sequence[str]] = lambda _app: (),
        *,
        is_tls: bool = False,
    ) -> None:
        """`files`: None where the pages were not built. `embedded_in`: origins of the pages that may embed an app. `is_tls`: whether people
        reach the server by TLS alone, which their browsers are to remember."""
        self._always = _BY_TLS_ALONE if is_tls else {}
        self._app = app
        self._files = files
        self._embedded_in = embedded_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a page or an asset, or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        path = scope["path"]
        if not is_page_request(
            scope["method"], path, accept=headers.get("accept"), authorization=headers.get("authorization")
        ):
            await self._app(scope, receive, send)
            return
        if path.startswith(ASSETS):
            found = self._files.assets.get(path) if self._files is not None else None
            answer = _no_such_file() if found is None else _asset(found, headers.get("accept-encoding", ""))
        elif (app := embedded_app(path)) is not None:
            answer = self._embedded(await run_in_threadpool(self._embedded_in, app))
        else:
            answer = self._document()
        if scope["method"] == "HEAD":
            answer.body = b""
        await answer(scope, receive, send)

    def _document(self) -> Response:
        nonce = secrets.token_urlsafe(16)
        text = _NOT_BUILT if self._files is None else self._files.document.replace(NONCE, nonce)
        policy = _POLICY.format(nonce=nonce, ancestors="'none'")
        return Response(text, media_type="text/html", headers=_SAFETY | _DOCUMENT | self._always | {_CSP: policy})

    def _embedded(self, origins: Sequence[str]) -> Response:
        """Answer the document of an app in a frame: for these pages alone, with an origin of its own."""
        nonce = secrets.token_urlsafe(16)
        text = _NOT_BUILT if self._files is None else self._files.embedded.replace(NONCE, nonce)
        policy = _POLICY.format(nonce=nonce, ancestors=" ".join(origins) or "'none'") + _SANDBOX
        headers = _SAFETY | _DOCUMENT | {_CSP: policy, "referrer-policy": "no-referrer"}
        return Response(text, media_type="text/html", headers=headers)


def _asset(found: Asset, accepted: str) -> Response:
    """The smallest form that the browser takes. Its name changes with its content, so it is never asked for again."""
    taken = {each.partition(";")[0].strip() for each in accepted.lower().split(",")}
    encoding = next((each for each in ("br", "gzip") if each in taken and each in found.forms), "")
    headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding", **_SAFETY}
    headers[ANY_ORIGIN] = "*"  # scripts of embedded apps come from an opaque origin; assets are the same for everybody
    if encoding:
        headers["content-encoding"] = encoding
    return Response(found.forms[encoding], media_type=found.content_type, headers=headers)


def _no_such_file() -> Response:
    return problem_response("not_found", "The web application has no such file.", headers={"cache-control": "no-store"})
