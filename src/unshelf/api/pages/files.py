"""Files of the web application: read once at the start, with the compressed forms that the build has put beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from unshelf.contracts.protocols.pages import ASSETS

BUILT = Path(__file__).parent / "built"
"""Where `make web` puts the pages; the wheel has them there."""
_INDEX = "index.html"
_EMBEDDED = "embed.html"
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".json": "application/json",
}


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A file of the pages with its forms: by the encoding, `""` for the file as it is."""

    content_type: str
    forms: Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class PageFiles:
    """The documents that pages begin with, and the assets by their paths, such as `/assets/index-1a2b3c.js`."""

    document: str
    embedded: str
    """The document of apps in frames of other pages."""
    assets: Mapping[str, Asset]


def read_pages(folder: Path = BUILT) -> PageFiles | None:
    """Read what was built; None where nothing was, as in a source checkout before `make web`."""
    index, embedded = folder / _INDEX, folder / _EMBEDDED
    if not (index.is_file() and embedded.is_file()):
        return None
    found = sorted((folder / ASSETS.strip("/")).iterdir())
    assets = {ASSETS + path.name: _read(path) for path in found if path.suffix in _TYPES}
    return PageFiles(document=index.read_text(), embedded=embedded.read_text(), assets=assets)


def _read(path: Path) -> Asset:
    forms = {"": path.read_bytes()}
    for encoding, suffix in _ENCODINGS.items():
        compressed = path.with_name(path.name + suffix)
        if compressed.is_file():
            forms[encoding] = compressed.read_bytes()
    return Asset(content_type=_TYPES[path.suffix], forms=forms)
