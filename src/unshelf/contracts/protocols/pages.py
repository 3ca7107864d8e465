"""Pages: which requests ask for the web application, and not for the API. Gateways and control agree on it here."""

import re

ASSETS = "/assets/"
"""Where the scripts, styles and pictures of the pages lie. They hold nothing that a token guards."""
_PROGRAMS = ("/api/", "/v2/", "/mlflow/", "/v1/")
_READING = ("GET", "HEAD")
_EMBEDDED_APP = re.compile(r"/apps/([a-z0-9._-]{1,64})/embed")
EMBEDDED_API = "/api/v1/embedded-apps/"
"""The routes of embedded apps, which read no cookie, and no token but those of apps."""


def is_page_request(method: str, path: str, *, accept: str | None, authorization: str | None) -> bool:
    """Whether a request is for a file of the web application, or for the document that every page begins with.

    A browser that opens an address says that it takes HTML, and sends no Authorization. Every path that no program uses leads to the same
    document, so that nobody learns by it what there is."""
    if method not in _READING or authorization is not None or path.startswith(_PROGRAMS):
        return False
    return path.startswith(ASSETS) or "text/html" in (accept or "").lower()


def embedded_app(path: str) -> str | None:
    """Return the app whose document for frames this path is; None: it is another page's."""
    match = _EMBEDDED_APP.fullmatch(path)
    return None if match is None else match[1]


def takes_any_origin(path: str) -> bool:
    """Whether a page of any origin may ask for this: what an embedded app, whose origin is opaque, loads and asks."""
    return path.startswith((ASSETS, EMBEDDED_API))
