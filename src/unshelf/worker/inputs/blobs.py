"""Bytes and images: base64 text in JSON and CSV, bytes where a protocol has them; an image is the bytes of an image file."""

import base64
import binascii
import importlib
import io
import warnings
from collections.abc import Callable
from typing import Any

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
"""Formats of image files that are opened. Pillow knows others, some of which it leaves to programs of the machine."""


def read_bytes(value: Any) -> bytes:
    """The bytes that base64 text stands for; bytes are themselves. Raises ValueError for anything else."""
    if type(value) is bytes:
        return value
    if type(value) is not str:
        raise ValueError
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError from None


def is_image(column: "dict[str, Any]") -> bool:
    """Whether the model takes the column's values as images of Pillow."""
    return str(column.get("items") or "").partition("[")[0] == "image"


def image_reader(column: "dict[str, Any]") -> "Callable[[Any], Any]":
    """Return what opens an image, in the mode that `items` names (`image[RGB]`); it raises ValueError for what is none."""
    images: Any = importlib.import_module("PIL.Image")
    mode = column["items"].partition("[")[2].rstrip("]")

    def read(value: Any) -> Any:
        data = read_bytes(value)
        try:
            with warnings.catch_warnings():
                # A small file may say that it is a picture of gigabytes.
                warnings.simplefilter("error", images.DecompressionBombWarning)
                with images.open(io.BytesIO(data), formats=FORMATS) as image:
                    image.load()
                    return image.convert(mode or image.mode)
        except MemoryError:
            raise
        except Exception:  # of whichever class the reader of its format has for it
            raise ValueError from None

    return read
