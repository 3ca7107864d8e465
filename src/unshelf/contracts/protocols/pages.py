"""Pages: which requests ask for the web application, and not for the API. Gateways and control agree on it here."""

ASSETS = "/assets/"
"""Where the scripts, styles and pictures of the pages lie. They hold nothing that a token guards."""
_PROGRAMS = ("/api/", "/v2/", "/mlflow/", "/v1/")
_READING = ("GET", "HEAD")


def is_page_request(method: str, path: str, *, accept: str | None, authorization: str | None) -> bool:
    """Whether a request is for a file of the web application, or for the document that every page begins with.

    A browser that opens an address says that it takes HTML, and sends no Authorization. Every path that no program uses leads to the same
    document, so that nobody learns by it what there is."""
    if method not in _READING or authorization is not None or path.startswith(_PROGRAMS):
        return False
    return path.startswith(ASSETS) or "text/html" in (accept or "").lower()
